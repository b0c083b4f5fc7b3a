//! GELU, the exact form: x · Φ(x) with Φ the normal distribution function.

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

/// Values a task works on: an eighth of a second-level cache.
const CHUNK: usize = 16 * 1024;

/// GELU as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait GeluOp: Backend {
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// The backward pass of [`GeluOp`].
pub(super) trait GeluGradient: Backend {
    fn fused_gelu_gradient(x: FloatTensor<Self>, dy: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl GeluOp for Flex {
    fn fused_gelu(x: FlexTensor) -> FlexTensor {
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
                            *out = x * normal_cdf(x);
                        }
                    },
                );
            });
        tensor_of(out, x.layout().shape().clone())
    }
}

impl GeluGradient for Flex {
    /// dx = dy · (Φ(x) + x · φ(x)), φ the normal density.
    fn fused_gelu_gradient(x: FlexTensor, dy: FlexTensor) -> FlexTensor {
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
                            *out = dy * (normal_cdf(x) + x * normal_density(x));
                        }
                    },
                );
            });
        tensor_of(out, x.layout().shape().clone())
    }
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
struct GeluBackward;

impl<B: GeluGradient> Backward<B, 1> for GeluBackward {
    type State = FloatTensor<B>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let [x] = ops.parents;
        if let Some(node) = x {
            grads.register::<B>(node.id, B::fused_gelu_gradient(ops.state, dy));
        }
    }
}

impl<B: GeluOp + GeluGradient, C: CheckpointStrategy> GeluOp for Autodiff<B, C> {
    fn fused_gelu(x: FloatTensor<Self>) -> FloatTensor<Self> {
        match GeluBackward
            .prepare::<C>([x.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let state = x.primitive().clone();
                prep.finish(state, B::fused_gelu(x.into_primitive()))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fused_gelu(x.into_primitive())),
        }
    }
}

/// GELU of every element.
///
/// # Shapes
/// Any shape; the output has the input's.
pub(in crate::model) fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as GeluOp>::fused_gelu(x.into_dispatch()))
}
