//! Layer norm over the last dimension: y = (x − μ) / √(σ² + ε) · γ + β.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::elementary::{LANES, dot, sum};
use super::{CHUNK_ROWS, tensor_of, values, vectorised};

/// Layer norm as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait LayerNormOp: Backend {
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self>;
}

/// The backward pass of [`LayerNormOp`].
pub(super) trait LayerNormGradient: Backend {
    /// Gradients of x, γ and β.
    fn fused_layer_norm_gradient(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        epsilon: f32,
    ) -> [FloatTensor<Self>; 3];
}

impl LayerNormOp for Flex {
    fn fused_layer_norm(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f32,
    ) -> FlexTensor {
        let (x, gamma, beta) = (
            x.to_contiguous(),
            gamma.to_contiguous(),
            beta.to_contiguous(),
        );
        let (xs, gammas, betas) = (values(&x), values(&gamma), values(&beta));
        let width = gammas.len();
        let mut out = vec![0.0; xs.len()];
        out.par_chunks_mut(CHUNK_ROWS * width)
            .zip(xs.par_chunks(CHUNK_ROWS * width))
            .for_each(|(out, xs)| {
                vectorised(
                    #[inline(always)]
                    || {
                        for (out, x) in out.chunks_exact_mut(width).zip(xs.chunks_exact(width)) {
                            let (mean, inverse) = statistics(x, epsilon);
                            for i in 0..width {
                                out[i] = (x[i] - mean) * inverse * gammas[i] + betas[i];
                            }
                        }
                    },
                );
            });
        tensor_of(out, x.layout().shape().clone())
    }
}

impl LayerNormGradient for Flex {
    /// With x̂ the normalised input and g = dy · γ:
    /// dx = (g − mean(g) − x̂ · mean(g · x̂)) / √(σ² + ε), dγ = Σ dy · x̂, dβ = Σ dy.
    fn fused_layer_norm_gradient(
        x: FlexTensor,
        gamma: FlexTensor,
        dy: FlexTensor,
        epsilon: f32,
    ) -> [FlexTensor; 3] {
        let (x, gamma, dy) = (x.to_contiguous(), gamma.to_contiguous(), dy.to_contiguous());
        let (xs, gammas, dys) = (values(&x), values(&gamma), values(&dy));
        let width = gammas.len();
        let mut dx = vec![0.0; xs.len()];
        let partial: Vec<(Vec<f32>, Vec<f32>)> = dx
            .par_chunks_mut(CHUNK_ROWS * width)
            .zip(xs.par_chunks(CHUNK_ROWS * width))
            .zip(dys.par_chunks(CHUNK_ROWS * width))
            .map(|((dx, xs), dys)| {
                vectorised(
                    #[inline(always)]
                    || gradient_of_rows(dx, xs, dys, gammas, epsilon),
                )
            })
            .collect();
        let (mut dgamma, mut dbeta) = (vec![0.0; width], vec![0.0; width]);
        for (gamma_part, beta_part) in &partial {
            for i in 0..width {
                dgamma[i] += gamma_part[i];
                dbeta[i] += beta_part[i];
            }
        }
        [
            tensor_of(dx, x.layout().shape().clone()),
            tensor_of(dgamma, Shape::from(vec![width])),
            tensor_of(dbeta, Shape::from(vec![width])),
        ]
    }
}

/// Mean and 1 / √(σ² + ε) of one row.
#[inline(always)]
fn statistics(x: &[f32], epsilon: f32) -> (f32, f32) {
    let width = x.len() as f32;
    let mean = sum(x) / width;
    let mut squares = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (square, value) in squares.iter_mut().zip(chunk) {
            let centred: f32 = value - mean;
            *square += centred * centred;
        }
    }
    let rest: f32 = rest
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    let variance = (squares.iter().sum::<f32>() + rest) / width;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// dx of some rows, and their share of dγ and dβ.
#[inline(always)]
fn gradient_of_rows(
    dx: &mut [f32],
    xs: &[f32],
    dys: &[f32],
    gammas: &[f32],
    epsilon: f32,
) -> (Vec<f32>, Vec<f32>) {
    let width = gammas.len();
    let (mut dgamma, mut dbeta) = (vec![0.0; width], vec![0.0; width]);
    let (mut normalised, mut scaled) = (vec![0.0; width], vec![0.0; width]);
    for ((dx, x), dy) in dx
        .chunks_exact_mut(width)
        .zip(xs.chunks_exact(width))
        .zip(dys.chunks_exact(width))
    {
        let (mean, inverse) = statistics(x, epsilon);
        for i in 0..width {
            normalised[i] = (x[i] - mean) * inverse;
            scaled[i] = dy[i] * gammas[i];
            dgamma[i] += dy[i] * normalised[i];
            dbeta[i] += dy[i];
        }
        let mean_scaled = sum(&scaled) / width as f32;
        let mean_product = dot(&scaled, &normalised) / width as f32;
        for i in 0..width {
            dx[i] = inverse * (scaled[i] - mean_scaled - normalised[i] * mean_product);
        }
    }
    (dgamma, dbeta)
}

#[derive(Debug)]
struct LayerNormBackward;

impl<B: LayerNormGradient> Backward<B, 3> for LayerNormBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, f32);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (x, gamma, epsilon) = ops.state;
        let gradients = B::fused_layer_norm_gradient(x, gamma, dy, epsilon);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: LayerNormOp + LayerNormGradient, C: CheckpointStrategy> LayerNormOp for Autodiff<B, C> {
    fn fused_layer_norm(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f32,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), gamma.node(), beta.node()];
        let (x_value, gamma_value) = (x.primitive().clone(), gamma.primitive().clone());
        let out = B::fused_layer_norm(
            x.into_primitive(),
            gamma.into_primitive(),
            beta.into_primitive(),
            epsilon,
        );
        match LayerNormBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((x_value, gamma_value, epsilon), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

/// Layer norm over the last dimension.
///
/// # Shapes
/// x `[…, width]`, gamma and beta `[width]`; the output has x's shape.
pub(in crate::model) fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f32,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as LayerNormOp>::fused_layer_norm(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epsilon,
    ))
}
