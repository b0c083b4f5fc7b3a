//! The whole model: two towers, a common space and a temperature.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::block::{LayerNorm, Pass, Transformer, gather};
use super::config::ClipConfig;
use super::init;
use super::kept_patches::KeptPatches;
use super::precision::Precision;
use super::text::{TokenBatch, TokenEmbedding, TokenRows};
use super::vision::Vision;

/// ln 100, above which the logit scale is not let.
const LARGEST_LOGIT_SCALE: f32 = 4.605_170_2;

/// A CLIP with open_clip's parameter names.
#[derive(Module, Debug)]
pub struct Clip {
    pub(super) visual: Vision,
    pub(super) token_embedding: TokenEmbedding,
    /// `[context, width]`.
    pub(super) positional_embedding: Param<Tensor<2>>,
    pub(super) transformer: Transformer,
    pub(super) ln_final: LayerNorm,
    /// `[width, embed_dim]`.
    pub(super) text_projection: Param<Tensor<2>>,
    /// ln of the factor on similarities, `[1]`.
    pub(super) logit_scale: Param<Tensor<1>>,
    /// What is added to logits, `[1]`; only a model made for the sigmoid loss has it.
    pub(super) logit_bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    pub(super) precision: Precision,
}

impl Clip {
    /// A freshly initialised model; the same seed gives the same weights on every device.
    #[must_use]
    pub fn new(config: &ClipConfig, seed: u64, device: &Device) -> Self {
        init::clip(config, Some(seed), device)
    }

    /// A model whose parameters are still to be filled in.
    pub(super) fn blank(config: &ClipConfig, device: &Device) -> Self {
        init::clip(config, None, device)
    }

    /// The same model with its matrix products computed in `precision`.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// Unit vectors of images.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`.
    #[must_use]
    pub fn encode_images(&self, images: Tensor<4>) -> Tensor<2> {
        self.encode_images_of(images, None)
    }

    /// Unit vectors of what is left of images whose other patches are dropped; with none, of whole images.
    ///
    /// Dropped patches cost no work in the tower.
    ///
    /// # Shapes
    /// images `[samples, 3, side, side]` → `[samples, embed_dim]`.
    ///
    /// # Panics
    /// When `kept` is of another number of images, or of images of another number of patches.
    #[must_use]
    pub fn encode_images_of(&self, images: Tensor<4>, kept: Option<&KeptPatches>) -> Tensor<2> {
        unit_rows(self.visual.forward(images, kept, self.precision))
    }

    /// Unit vectors of captions.
    ///
    /// # Shapes
    /// `[captions, embed_dim]`.
    #[must_use]
    pub fn encode_texts(&self, texts: &TokenBatch, device: &Device) -> Tensor<2> {
        let rows = texts.rows_for(device);
        let x = self.text_stem(&rows);
        self.text_head(self.transformer.forward(x, &self.text_pass(&rows)))
    }

    /// The tokens of captions at their places.
    ///
    /// # Shapes
    /// `[rows, width]`.
    pub(super) fn text_stem(&self, rows: &TokenRows) -> Tensor<2> {
        gather(self.token_embedding.weight.val(), rows.ids.clone())
            + gather(self.positional_embedding.val(), rows.places.clone())
    }

    /// How captions go through the blocks.
    pub(super) fn text_pass(&self, rows: &TokenRows) -> Pass {
        Pass {
            runs: rows.runs.clone(),
            causal: true,
            picked: Some(rows.ends.clone()),
            precision: self.precision,
        }
    }

    /// Unit vectors, from the last block's output at the ends of captions.
    ///
    /// # Shapes
    /// `[captions, width]` → `[captions, embed_dim]`.
    pub(super) fn text_head(&self, x: Tensor<2>) -> Tensor<2> {
        unit_rows(self.ln_final.forward(x).matmul(self.text_projection.val()))
    }

    /// Similarities of every image with every caption, times the learnt factor, plus the learnt bias where there is one.
    ///
    /// # Shapes
    /// images `[n, d]`, texts `[m, d]` → `[n, m]`.
    #[must_use]
    pub fn logits(&self, images: Tensor<2>, texts: Tensor<2>) -> Tensor<2> {
        let scale = self.logit_scale.val().exp().unsqueeze::<2>();
        let logits = images.matmul(texts.transpose()) * scale;
        match &self.logit_bias {
            Some(bias) => logits + bias.val().unsqueeze::<2>(),
            None => logits,
        }
    }

    /// The factor on similarities.
    #[must_use]
    pub fn temperature(&self) -> f32 {
        self.logit_scale.val().exp().into_scalar::<f32>()
    }

    /// Keeps the logit scale within [0, ln 100], as open_clip does after each update.
    #[must_use]
    pub fn with_clamped_logit_scale(mut self) -> Self {
        self.logit_scale = self.logit_scale.map(|scale| {
            let value = scale.clone().into_scalar::<f32>();
            if (0.0..=LARGEST_LOGIT_SCALE).contains(&value) {
                return scale;
            }
            let clamped = value.clamp(0.0, LARGEST_LOGIT_SCALE);
            let device = scale.device();
            Tensor::from_data(TensorData::new(vec![clamped], [1]), &device)
                .set_require_grad(scale.is_require_grad())
        });
        self
    }
}

/// Rows scaled to length one.
///
/// # Shapes
/// `[rows, dim]` → the same.
pub(super) fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    let lengths = x.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    x / lengths
}

/// Mean of the image→text and text→image cross-entropies, pair i being the right answer to i.
///
/// # Shapes
/// logits `[n, n]` → `[1]`.
#[must_use]
pub fn contrastive_loss(logits: Tensor<2>) -> Tensor<1> {
    let [pairs, _] = logits.dims();
    let diagonal = Tensor::<2>::eye(pairs, &logits.device());
    let by_image = activation::log_softmax(logits.clone(), 1);
    let by_text = activation::log_softmax(logits, 0);
    ((by_image + by_text) * diagonal)
        .sum()
        .mul_scalar(-0.5 / pairs as f32)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::optim::GradientsParams;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use serde::Deserialize;

    use super::super::{NamedTensor, names_and_shapes, with_parameters};
    use super::*;
    use crate::tokenizer::Tokenizer;

    /// What open_clip makes of the same weights and inputs; the script beside the file made it.
    #[derive(Deserialize)]
    struct Golden {
        config: ClipConfig,
        texts: Vec<String>,
        image_features: Vec<f32>,
        text_features: Vec<f32>,
        loss: f32,
        gradient_norms: BTreeMap<String, f32>,
    }

    fn golden() -> Vec<Golden> {
        serde_json::from_str(include_str!("../../tests/golden/clip.json")).expect("a golden file")
    }

    /// The script's `formula`.
    fn formula(name: &str, count: usize, scale: f64) -> Vec<f32> {
        let phase: usize = name
            .bytes()
            .enumerate()
            .map(|(at, byte)| (at + 1) * usize::from(byte))
            .sum();
        (0..count)
            .map(|i| (scale * (0.7 * i as f64 + phase as f64).sin()) as f32)
            .collect()
    }

    /// The script's `fill`.
    fn filled(config: &ClipConfig, device: &Device) -> Clip {
        let model = Clip::new(config, 0, device);
        let values = |name: &str, shape: &[usize]| {
            if name == "logit_scale" {
                return vec![20.0_f32.ln()];
            }
            let scale = if shape.len() > 1 { 0.1 } else { 0.05 };
            let offset = if name.ends_with("weight") && shape.len() == 1 {
                1.0
            } else {
                0.0
            };
            let values = formula(name, shape.iter().product(), scale);
            values.into_iter().map(|value| value + offset).collect()
        };
        let named = names_and_shapes(&model).into_iter().map(|(name, shape)| {
            let values = values(&name, &shape);
            (name, NamedTensor { shape, values })
        });
        with_parameters(model, named.collect())
    }

    fn pixels(device: &Device) -> Tensor<4> {
        let pixels = TensorData::new(formula("images", 3 * 3 * 24 * 24, 1.0), [3, 3, 24, 24]);
        Tensor::from_data(pixels, device)
    }

    fn inputs(golden: &Golden, device: &Device) -> (Tensor<4>, TokenBatch) {
        let tokenizer = Tokenizer::clip().expect("the embedded vocabulary");
        let tokens: Vec<Vec<u32>> = golden
            .texts
            .iter()
            .map(|text| tokenizer.encode(text, 16).expect("plain text"))
            .collect();
        (
            pixels(device),
            TokenBatch::new(&tokens, golden.config.text_cfg.pool_type),
        )
    }

    fn assert_close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
        assert_eq!(ours.len(), theirs.len(), "{what}");
        for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
            assert!(
                (a - b).abs() <= tolerance * b.abs().max(1.0),
                "{what}[{at}]: {a}, open_clip has {b}"
            );
        }
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_into_vec::<f32>().expect("f32")
    }

    #[test]
    fn features_loss_and_gradients_are_open_clips() {
        let all = golden();
        assert_eq!(all.len(), 4, "plain, quick_gelu, and two ways of averaging");
        for golden in &all {
            agrees(golden);
        }
    }

    fn agrees(golden: &Golden) {
        let device = Device::flex().autodiff();
        let model = filled(&golden.config, &device);
        let (images, texts) = inputs(golden, &device);
        let (images, texts) = (
            model.encode_images(images),
            model.encode_texts(&texts, &device),
        );
        assert_close(
            "image features",
            &host(images.clone()),
            &golden.image_features,
            1e-6,
        );
        assert_close(
            "text features",
            &host(texts.clone()),
            &golden.text_features,
            1e-6,
        );
        let loss = contrastive_loss(model.logits(images, texts));
        // The temperature multiplies what features differ by.
        assert_close("loss", &host(loss.clone()), &[golden.loss], 3e-6);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        assert_norms(&gradient_norms(&model, gradients), &golden.gradient_norms);
    }

    fn assert_norms(ours: &BTreeMap<String, f32>, theirs: &BTreeMap<String, f32>) {
        assert_eq!(ours.len(), theirs.len());
        for (name, theirs) in theirs {
            let ours = ours[name];
            assert!(
                (ours - theirs).abs() <= 1e-4 * theirs + 1e-6,
                "{name}: {ours}, open_clip has {theirs}"
            );
        }
    }

    /// What tests/golden/patch_dropout.py writes.
    #[derive(Deserialize)]
    struct Dropped {
        config: ClipConfig,
        dropped_share: f64,
        places: Vec<Vec<usize>>,
        image_features: Vec<f32>,
        gradient_norms: BTreeMap<String, f32>,
    }

    #[test]
    fn features_and_gradients_of_the_patches_kept_are_open_clips() {
        let text = include_str!("../../tests/golden/patch_dropout.json");
        let all: Vec<Dropped> = serde_json::from_str(text).expect("a golden file");
        assert_eq!(all.len(), 12, "three shares of four models");
        for golden in &all {
            let device = Device::flex().autodiff();
            let model = filled(&golden.config, &device);
            let patches = golden.config.vision_cfg.patches();
            let kept = KeptPatches::chosen(patches, &golden.places);
            let mut rng = ChaCha8Rng::seed_from_u64(0);
            let drawn = KeptPatches::draw(3, patches, golden.dropped_share, &mut rng);
            assert_eq!(drawn.kept(), kept.kept());
            let features = model.encode_images_of(pixels(&device), Some(&kept));
            let ours = host(features.clone());
            assert_close("image features", &ours, &golden.image_features, 1e-6);
            let weights = TensorData::new(formula("weights", ours.len(), 1.0), features.dims());
            let loss = (features * Tensor::from_data(weights, &device)).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &model.visual);
            assert_norms(&gradient_norms(&model, gradients), &golden.gradient_norms);
        }
    }

    #[test]
    fn keeping_all_patches_changes_no_bit() {
        let device = Device::flex();
        for golden in &golden() {
            let model = filled(&golden.config, &device);
            let all = KeptPatches::chosen(9, &vec![(0..9).collect(); 3]);
            let whole = host(model.encode_images(pixels(&device)));
            assert_eq!(
                whole,
                host(model.encode_images_of(pixels(&device), Some(&all)))
            );
        }
    }

    fn gradient_norms(model: &Clip, gradients: GradientsParams) -> BTreeMap<String, f32> {
        struct Norms {
            path: Vec<String>,
            gradients: GradientsParams,
            norms: BTreeMap<String, f32>,
        }
        impl burn::module::ModuleVisitor for Norms {
            fn enter_module(&mut self, name: &str, _: &str) {
                self.path.push(name.to_owned());
            }
            fn exit_module(&mut self, _: &str, _: &str) {
                self.path.pop();
            }
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let Some(gradient) = self.gradients.remove::<D>(param.id) else {
                    return;
                };
                let norm = host(gradient)
                    .iter()
                    .map(|value| value * value)
                    .sum::<f32>()
                    .sqrt();
                self.norms.insert(self.path.join("."), norm);
            }
        }
        let mut norms = Norms {
            path: Vec::new(),
            gradients,
            norms: BTreeMap::new(),
        };
        model.visit(&mut norms);
        norms.norms
    }
}
