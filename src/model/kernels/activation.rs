//! The MLP's activation. GELU, the exact form: x · Φ(x) with Φ the normal distribution function; or
//! the approximation x · σ(1.702 x) that OpenAI's models were trained with, σ the logistic function.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::elementary::{erf, exp};
use super::{tensor_of, values, vectorised};
use crate::model::block::Activation;

/// Values a task works on: an eighth of a second-level cache.
const CHUNK: usize = 16 * 1024;

/// An activation as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait ActivationOp: Backend {
    fn fused_activation(x: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self>;
}

/// The backward pass of [`ActivationOp`].
pub(super) trait ActivationGradient: Backend {
    fn fused_activation_gradient(
        x: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

impl ActivationOp for Flex {
    fn fused_activation(x: FlexTensor, activation: Activation) -> FlexTensor {
        match activation {
            Activation::Gelu => mapped(x, |x| x * normal_cdf(x)),
            Activation::QuickGelu => mapped(x, |x| x * logistic(STEEPNESS * x)),
        }
    }
}

impl ActivationGradient for Flex {
    /// GELU: dx = dy · (Φ(x) + x · φ(x)), φ the normal density.
    /// Quick: dx = dy · s · (1 + 1.702 x · (1 − s)), s = σ(1.702 x).
    fn fused_activation_gradient(
        x: FlexTensor,
        dy: FlexTensor,
        activation: Activation,
    ) -> FlexTensor {
        match activation {
            Activation::Gelu => scaled(x, dy, |x| normal_cdf(x) + x * normal_density(x)),
            Activation::QuickGelu => scaled(x, dy, |x| {
                let s = logistic(STEEPNESS * x);
                s * (1.0 + STEEPNESS * x * (1.0 - s))
            }),
        }
    }
}

/// `map` of every element.
fn mapped(x: FlexTensor, map: impl Fn(f32) -> f32 + Copy + Sync) -> FlexTensor {
    let x = x.to_contiguous();
    let xs = values(&x);
    let mut out = vec![0.0; xs.len()];
    out.par_chunks_mut(CHUNK)
        .zip(xs.par_chunks(CHUNK))
        .for_each(|(out, xs)| {
            vectorised(
                #[inline(always)]
                || {
                    for (out, &x) in out.iter_mut().zip(xs) {
                        *out = map(x);
                    }
                },
            );
        });
    tensor_of(out, x.layout().shape().clone())
}

/// `dy · slope(x)`, element by element.
fn scaled(x: FlexTensor, dy: FlexTensor, slope: impl Fn(f32) -> f32 + Copy + Sync) -> FlexTensor {
    let (x, dy) = (x.to_contiguous(), dy.to_contiguous());
    let (xs, dys) = (values(&x), values(&dy));
    let mut out = vec![0.0; xs.len()];
    out.par_chunks_mut(CHUNK)
        .zip(xs.par_chunks(CHUNK))
        .zip(dys.par_chunks(CHUNK))
        .for_each(|((out, xs), dys)| {
            vectorised(
                #[inline(always)]
                || {
                    for ((out, &x), &dy) in out.iter_mut().zip(xs).zip(dys) {
                        *out = dy * slope(x);
                    }
                },
            );
        });
    tensor_of(out, x.layout().shape().clone())
}

/// The factor in the logistic approximation of GELU.
const STEEPNESS: f32 = 1.702;

#[inline(always)]
fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn normal_cdf(x: f32) -> f32 {
    0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[inline(always)]
fn normal_density(x: f32) -> f32 {
    const INVERSE_SQRT_2PI: f32 = 0.398_942_3;
    INVERSE_SQRT_2PI * exp(-0.5 * x * x)
}

#[derive(Debug)]
struct ActivationBackward;

impl<B: ActivationGradient> Backward<B, 1> for ActivationBackward {
    type State = (FloatTensor<B>, Activation);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (x, activation) = ops.state;
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<B>(node.id, B::fused_activation_gradient(x, dy, activation));
        }
    }
}

impl<B: ActivationOp + ActivationGradient, C: CheckpointStrategy> ActivationOp for Autodiff<B, C> {
    fn fused_activation(x: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self> {
        match ActivationBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let state = (x.primitive().clone(), activation);
                prep.finish(state, B::fused_activation(x.into_primitive(), activation))
            }
            OpsKind::UnTracked(prep) => {
                prep.finish(B::fused_activation(x.into_primitive(), activation))
            }
        }
    }
}

/// The activation of every element.
///
/// # Shapes
/// Any shape; the output has the input's.
pub(in crate::model) fn activate<const D: usize>(
    x: Tensor<D>,
    activation: Activation,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as ActivationOp>::fused_activation(
        x.into_dispatch(),
        activation,
    ))
}
