//! A penalty: what holds a step that continues to what was there before it.

use std::collections::BTreeMap;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use super::HookError;
use crate::model::{Clip, NamedTensor};

/// What a strategy may ask about the step before, when a step that continues begins.
pub trait Before {
    /// The weights that the step starts from.
    fn model(&self) -> &Clip;

    /// Mean over the first `batches` batches of the step before of the squared gradient of the loss, at these weights,
    /// by parameter.
    ///
    /// # Errors
    /// When the step's data cannot be read.
    fn squared_gradients(&self, batches: u64) -> Result<BTreeMap<String, NamedTensor>, HookError>;

    /// What this strategy left beside the weights of the step before under that name, if anything.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn left(&self, name: &str) -> Result<Option<BTreeMap<String, NamedTensor>>, HookError>;
}

/// What a penalty leaves beside the step's weights: a name and named arrays.
#[derive(Debug)]
pub struct Left<'a> {
    /// Name of the file, without its extension.
    pub name: &'static str,
    /// What is in it.
    pub tensors: &'a BTreeMap<String, NamedTensor>,
}

/// Added to the contrastive loss, or to its gradient.
pub trait Penalty {
    /// A model whose similarities of every batch are wanted beside those of the one that learns.
    fn teacher(&self) -> Option<&Clip> {
        None
    }

    /// A term of the loss.
    ///
    /// # Shapes
    /// logits `[n, n]` of the model that learns, teacher `[n, n]` without a graph → `[1]`.
    fn term(&self, _logits: &Tensor<2>, _teacher: Option<Tensor<2>>) -> Option<Tensor<1>> {
        None
    }

    /// The gradients with those of the penalty added.
    fn pull(&self, _model: &Clip, gradients: GradientsParams) -> GradientsParams {
        gradients
    }

    /// Batches of forward and backward passes that it cost before the step's first update.
    fn batches_before(&self) -> u64 {
        0
    }

    /// What is kept beside the step's weights for the next step.
    fn leaves(&self) -> Option<Left<'_>> {
        None
    }
}
