//! A model that learns: one update at a time.

use std::borrow::Cow;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::adamw::AdamW;
use super::gradient::{Computed, Objective, Pairs, compute};
use super::place::Place;
use crate::model::{self, Clip, TokenBatch};
use crate::strategy::Penalty;

/// A model in training, with its optimiser.
#[derive(Debug)]
pub struct Learner {
    model: Clip,
    pub(super) adamw: AdamW,
    objective: Objective,
    device: Device,
}

/// What an update tells of the model before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) loss: f32,
    pub(super) accuracy: f64,
    /// Norm of all gradients together, where it is asked for.
    pub(super) gradient_norm: Option<f64>,
}

impl Learner {
    /// A learner that starts at `model`, with fresh moments.
    #[must_use]
    pub fn new(model: Clip, weight_decay: f64, device: &Device) -> Self {
        let adamw = AdamW::new(weight_decay);
        Self::resume(model, adamw, Objective::default(), device)
    }

    /// A learner that goes on where `adamw` was.
    pub(super) fn resume(model: Clip, adamw: AdamW, objective: Objective, device: &Device) -> Self {
        Self {
            model: model.train().set_require_grad(true),
            adamw,
            objective,
            device: device.clone().autodiff(),
        }
    }

    /// One update on a batch of pairs: forward, loss, backward, AdamW, clamp. Returns the loss.
    ///
    /// # Shapes
    /// images `[pairs, 3, side, side]`, on the learner's device or its plain form.
    #[must_use]
    pub fn update(self, images: Tensor<4>, texts: &TokenBatch, rate: f64) -> (Self, f32) {
        let pairs = Pairs {
            images: images.inner(),
            texts: Cow::Borrowed(texts),
            kept: None,
        };
        let place = Place::whole(texts.captions());
        let (learner, told) = self.learn(pairs, &place, None, rate);
        (learner, told.loss)
    }

    /// One update on a batch of which `pairs` have this place, held back by `penalty`.
    pub(super) fn learn(
        mut self,
        pairs: Pairs<'_>,
        place: &Place<'_>,
        penalty: Option<&dyn Penalty>,
        rate: f64,
    ) -> (Self, Told) {
        let (model, objective) = (&self.model, &self.objective);
        let computed = compute(model, pairs, place, objective, penalty, &self.device);
        let Computed {
            loss,
            accuracy,
            gradients,
        } = computed;
        let limit = self.objective.grad_clip_norm;
        let gradient_norm = limit.map(|_| model::squared_norm(&self.model, &gradients).sqrt());
        // As PyTorch's clip_grad_norm_: shortened to the limit, never lengthened.
        let scale = match (limit, gradient_norm) {
            (Some(limit), Some(norm)) => (limit / (norm + 1e-6)).min(1.0),
            _ => 1.0,
        };
        let model = self
            .adamw
            .update(self.model, gradients, scale as f32, rate)
            .with_clamped_logit_scale();
        let told = Told {
            loss,
            accuracy,
            gradient_norm,
        };
        (Self { model, ..self }, told)
    }

    /// The model as it is now.
    #[must_use]
    pub const fn model(&self) -> &Clip {
        &self.model
    }

    /// The model as it is now, without what training needs.
    pub(super) fn plain_model(&self) -> Clip {
        self.model.valid()
    }

    /// The model, no longer in training.
    #[must_use]
    pub fn into_model(self) -> Clip {
        self.model.valid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use burn::tensor::TensorData;
    use serde::Deserialize;

    use super::*;
    use crate::model::{
        ClipConfig, NamedTensor, TextPooling, names_and_shapes, parameters, with_parameters,
    };
    use crate::scattered::scattered;

    const PAIRS: usize = 12;
    const CONCEPTS: usize = 12;
    const SIDE: usize = 16;
    const PATCH: usize = 8;

    /// What tests/golden/trajectory.py writes.
    #[derive(Deserialize)]
    struct Trajectory {
        config: ClipConfig,
        rates: Vec<f64>,
        losses: Vec<f64>,
    }

    /// The script's `fill`.
    fn filled(config: &ClipConfig, device: &Device) -> Clip {
        let model = Clip::new(config, 0, device);
        let named = names_and_shapes(&model).into_iter().map(|(name, shape)| {
            let bytes = name.bytes().enumerate();
            let seed = bytes
                .map(|(at, byte)| (at as u32 + 1) * u32::from(byte))
                .sum();
            let scale = if shape.len() > 1 { 0.3 } else { 0.0625 };
            let gain = name.ends_with("weight") && shape.len() == 1;
            let offset = if gain { 1.0 } else { 0.0 };
            let values = match name.as_str() {
                "logit_scale" => vec![14.0_f64.ln() as f32],
                _ => scattered(shape.iter().product(), seed)
                    .into_iter()
                    .map(|value| value * scale + offset)
                    .collect(),
            };
            (name, NamedTensor { shape, values })
        });
        with_parameters(model, named.collect())
    }

    fn concept(pair: usize, update: usize) -> usize {
        (7 * pair + 5 * update) % CONCEPTS
    }

    fn images(update: usize, device: &Device) -> Tensor<4> {
        let grid = SIDE / PATCH;
        let colours = scattered(CONCEPTS * 3 * grid * grid, 1);
        let mut pixels = scattered(PAIRS * 3 * SIDE * SIDE, 1000 + update as u32);
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let (x, y, rest) = (at % SIDE, at / SIDE % SIDE, at / (SIDE * SIDE));
            let (channel, pair) = (rest % 3, rest / 3);
            let patch = (concept(pair, update) * 3 + channel) * grid * grid;
            *pixel = colours[patch + y / PATCH * grid + x / PATCH] + 0.5 * *pixel;
        }
        Tensor::from_data(TensorData::new(pixels, [PAIRS, 3, SIDE, SIDE]), device)
    }

    fn texts(update: usize) -> TokenBatch {
        let captions: Vec<Vec<u32>> = (0..PAIRS)
            .map(|pair| {
                let fillers = 1..=1 + (pair + update) % 3;
                let fillers = fillers.map(|at| 30 + (pair * 3 + update + at - 1) % 30);
                let words = [62, 1 + concept(pair, update)].into_iter().chain(fillers);
                let mut caption: Vec<u32> = words.chain([63]).map(|id| id as u32).collect();
                caption.resize(8, 0);
                caption
            })
            .collect();
        TokenBatch::new(&captions, TextPooling::Argmax)
    }

    fn final_weights() -> BTreeMap<String, Vec<f32>> {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/trajectory.safetensors");
        let bytes = std::fs::read(path).expect("a golden file");
        let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
        let values = |data: &[u8]| {
            let words = data.chunks_exact(4);
            words
                .map(|word| f32::from_le_bytes(word.try_into().expect("four bytes")))
                .collect()
        };
        file.iter()
            .map(|(name, view)| (name.to_owned(), values(view.data())))
            .collect()
    }

    #[test]
    fn fifty_updates_go_the_way_pytorch_goes() {
        let text = include_str!("../../tests/golden/trajectory.json");
        let golden: Trajectory = serde_json::from_str(text).expect("a golden file");
        assert_eq!(golden.losses.len(), 50);
        let device = Device::flex();
        let mut learner = Learner::new(filled(&golden.config, &device), 0.2, &device);
        for (update, (rate, expected)) in golden.rates.iter().zip(&golden.losses).enumerate() {
            let loss;
            (learner, loss) = learner.update(images(update, &device), &texts(update), *rate);
            let error = (f64::from(loss) - expected).abs();
            assert!(
                error < 1e-5,
                "update {update}: {loss}, PyTorch has {expected}"
            );
        }
        let (ours, theirs) = (parameters(learner.model()), final_weights());
        assert_eq!(ours.len(), theirs.len());
        for (name, theirs) in &theirs {
            for (at, (a, b)) in ours[name].values.iter().zip(theirs).enumerate() {
                // PyTorch's own weights in f32 are off by 2e-4.
                assert!((a - b).abs() < 1e-3, "{name}[{at}]: {a}, PyTorch has {b}");
            }
        }
    }
}
