//! SigLIP's loss: of every image and caption, whether they are a pair (Zhai et al. 2023, equation 1).

use burn::tensor::{Tensor, activation};

/// −(1/n) Σᵢⱼ ln σ(zᵢⱼ · lᵢⱼ), with z = 1 for pairs, which are on the diagonal, and −1 for all else.
///
/// # Shapes
/// logits `[n, n]` → `[1]`.
#[must_use]
pub fn siglip_loss(logits: Tensor<2>) -> Tensor<1> {
    let [pairs, _] = logits.dims();
    let against = Tensor::<2>::eye(pairs, &logits.device())
        .mul_scalar(-2.0)
        .add_scalar(1.0);
    softplus(logits * against).sum().div_scalar(pairs as f32)
}

/// ln(1 + eˣ) = −ln σ(−x), without overflow.
///
/// burn's own logarithm of σ is exact too, but its derivative is 1 minus a number near 1: nothing is left of the
/// derivative at most of the n² − n captions of other images. Here it is exact everywhere, at 0 as well.
///
/// # Shapes
/// Any shape; the output has the input's.
fn softplus(x: Tensor<2>) -> Tensor<2> {
    let above = activation::relu(x.clone());
    // −|x|, whose derivative at 0 is 1, to the 0 of `above`.
    let distance = x - above.clone().mul_scalar(2.0);
    above + distance.exp().log1p()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::tensor::{Device, TensorData};
    use safetensors::SafeTensors;
    use serde::Deserialize;

    use super::super::checkpoint::WEIGHTS;
    use super::super::{Clip, ClipConfig, ModelFile, parameters};
    use super::*;

    /// What tests/golden/siglip.py writes.
    #[derive(Deserialize)]
    struct Golden {
        losses: Vec<Case>,
        model: Model,
    }

    /// One batch, and what open_clip makes of it.
    #[derive(Deserialize)]
    struct Case {
        pairs: usize,
        logit_scale: f64,
        logit_bias: f64,
        images: Vec<f32>,
        texts: Vec<f32>,
        loss: f64,
        gradients: Gradients,
    }

    #[derive(Deserialize)]
    struct Gradients {
        images: Vec<f64>,
        texts: Vec<f64>,
        logit_scale: Vec<f64>,
        logit_bias: Vec<f64>,
    }

    /// A fresh model of open_clip's.
    #[derive(Deserialize)]
    struct Model {
        config: ClipConfig,
        shapes: BTreeMap<String, Vec<usize>>,
        logit_scale: f32,
        logit_bias: f32,
    }

    fn golden() -> Golden {
        serde_json::from_str(include_str!("../../tests/golden/siglip.json")).expect("a golden file")
    }

    fn model(case: &Case, device: &Device) -> Clip {
        let config = ClipConfig {
            init_logit_scale: Some(case.logit_scale),
            init_logit_bias: Some(case.logit_bias),
            ..golden().model.config
        };
        Clip::new(&config, 0, device)
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec::<f32>().expect("f32")
    }

    fn assert_close<const D: usize>(what: &str, ours: Option<Tensor<D>>, theirs: &[f64]) {
        let ours = host(ours.expect("a gradient"));
        assert_eq!(ours.len(), theirs.len(), "{what}");
        // Small ones are differences of large ones.
        let largest = theirs.iter().fold(1e-3, |most: f64, b| most.max(b.abs()));
        for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
            let error = (f64::from(*a) - b).abs();
            assert!(
                error <= 3e-6 * largest,
                "{what}[{at}]: {a}, open_clip has {b}"
            );
        }
    }

    #[test]
    fn loss_and_gradients_are_open_clips() {
        let device = Device::flex().autodiff();
        for case in &golden().losses {
            let model = model(case, &device);
            let rows = |values: &Vec<f32>| {
                let shape = [case.pairs, values.len() / case.pairs];
                Tensor::<2>::from_data(TensorData::new(values.clone(), shape), &device)
                    .require_grad()
            };
            let (images, texts) = (rows(&case.images), rows(&case.texts));
            let loss = siglip_loss(model.logits(images.clone(), texts.clone()));
            assert_close("loss", Some(loss.clone()), &[case.loss]);
            let found = loss.backward();
            let theirs = &case.gradients;
            assert_close("images", images.grad(&found), &theirs.images);
            assert_close("texts", texts.grad(&found), &theirs.texts);
            let scale = model.logit_scale.val().grad(&found);
            assert_close("logit_scale", scale, &theirs.logit_scale);
            let bias = model.logit_bias.as_ref().expect("the configuration's");
            assert_close("logit_bias", bias.val().grad(&found), &theirs.logit_bias);
        }
    }

    #[test]
    fn derivatives_are_exact_however_small_and_at_zero() {
        let device = Device::flex().autodiff();
        let logits = [[25.0, -25.0], [0.0, -80.0]];
        let logits = Tensor::<2>::from_data(logits, &device).require_grad();
        let loss = siglip_loss(logits.clone());
        let gradient = host(logits.grad(&loss.backward()).expect("a gradient"));
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let expected = [
            -sigmoid(-25.0),
            sigmoid(-25.0),
            sigmoid(0.0),
            -sigmoid(80.0),
        ];
        for (ours, expected) in gradient.iter().zip(expected) {
            let expected = expected / 2.0;
            let error = (f64::from(*ours) - expected).abs();
            assert!(error <= 1e-6 * expected.abs(), "{ours}, not {expected}");
        }
    }

    #[test]
    fn a_model_with_a_bias_is_written_as_open_clip_does() {
        let expected = golden().model;
        let model = Clip::new(&expected.config, 0, &Device::flex());
        let folder = tempfile::tempdir().expect("a folder");
        let file = ModelFile {
            model_cfg: expected.config,
            preprocess_cfg: Default::default(),
        };
        super::super::save(&model, &file, folder.path()).expect("written");
        let bytes = std::fs::read(folder.path().join(WEIGHTS)).expect("a file");
        let written = SafeTensors::deserialize(&bytes).expect("safetensors");
        let shapes = written
            .iter()
            .map(|(name, view)| (name.to_owned(), view.shape().to_vec()));
        assert_eq!(shapes.collect::<BTreeMap<_, _>>(), expected.shapes);
        let (read, read_file) =
            super::super::load(folder.path(), &Device::flex()).expect("what was written");
        assert_eq!(read_file, file);
        let read = parameters(&read);
        assert_eq!(read, parameters(&model));
        assert_eq!(read["logit_scale"].values, [expected.logit_scale]);
        assert_eq!(read["logit_bias"].values, [expected.logit_bias]);
    }

    #[test]
    fn a_bias_changes_no_other_weight() {
        let with = golden().model.config;
        let without = ClipConfig {
            init_logit_bias: None,
            ..with.clone()
        };
        let device = Device::flex();
        let mut with = parameters(&Clip::new(&with, 3, &device));
        assert!(with.remove("logit_bias").is_some());
        assert_eq!(with, parameters(&Clip::new(&without, 3, &device)));
    }

    #[test]
    fn a_bias_that_is_no_number_is_refused() {
        let config = ClipConfig {
            init_logit_bias: Some(-1e39),
            ..golden().model.config
        };
        let message = config.check().expect_err("too large").to_string();
        assert!(message.contains("init_logit_bias"), "{message}");
    }
}
