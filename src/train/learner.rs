//! A model that learns: one update at a time.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::adamw::AdamW;
use crate::model::{Clip, TokenBatch, contrastive_loss};

/// A model in training, with its optimiser.
#[derive(Debug)]
pub struct Learner {
    model: Clip,
    pub(super) adamw: AdamW,
    device: Device,
}

impl Learner {
    /// A learner that starts at `model`, with fresh moments.
    #[must_use]
    pub fn new(model: Clip, weight_decay: f64, device: &Device) -> Self {
        Self::resume(model, AdamW::new(weight_decay), device)
    }

    /// A learner that goes on where `adamw` was.
    pub(super) fn resume(model: Clip, adamw: AdamW, device: &Device) -> Self {
        Self {
            model: model.train().set_require_grad(true),
            adamw,
            device: device.clone().autodiff(),
        }
    }

    /// One update on a batch of pairs: forward, loss, backward, AdamW, clamp. Returns the loss.
    ///
    /// # Shapes
    /// images `[pairs, 3, side, side]`, on the learner's device or its plain form.
    #[must_use]
    pub fn update(mut self, images: Tensor<4>, texts: &TokenBatch, rate: f64) -> (Self, f32) {
        let images = match images.device().is_autodiff() {
            true => images,
            false => Tensor::from_inner(images),
        };
        let model = self.model;
        let (image_rows, text_rows) = (
            model.encode_images(images),
            model.encode_texts(texts, &self.device),
        );
        let loss = contrastive_loss(model.logits(image_rows, text_rows));
        let value = loss.clone().into_scalar::<f32>();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let model = self
            .adamw
            .update(model, gradients, rate)
            .with_clamped_logit_scale();
        (Self { model, ..self }, value)
    }

    /// The model as it is now.
    #[must_use]
    pub const fn model(&self) -> &Clip {
        &self.model
    }

    /// The model, no longer in training.
    #[must_use]
    pub fn into_model(self) -> Clip {
        self.model.valid()
    }
}
