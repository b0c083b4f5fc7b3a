//! Layer norm over the last dimension: y = (x − μ) / √(σ² + ε) · γ + β.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::buffer::Buffer;
use super::elementary::{fill, sum, sum_over, update};
use super::linear::vector;
use super::{CHUNK_ROWS, values};

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
        let mut out = Buffer::new(xs.len());
        out.par_chunks_mut(CHUNK_ROWS * width)
            .zip(xs.par_chunks(CHUNK_ROWS * width))
            .for_each(|(out, xs)| {
                Arch::new().dispatch(Rows {
                    out,
                    xs,
                    gammas,
                    betas,
                    epsilon,
                });
            });
        out.into_tensor(x.layout().shape().clone())
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
        let mut dx = Buffer::new(xs.len());
        let partial: Vec<(Vec<f32>, Vec<f32>)> = dx
            .par_chunks_mut(CHUNK_ROWS * width)
            .zip(xs.par_chunks(CHUNK_ROWS * width))
            .zip(dys.par_chunks(CHUNK_ROWS * width))
            .map(|((dx, xs), dys)| {
                Arch::new().dispatch(RowsGradient {
                    dx,
                    xs,
                    dys,
                    gammas,
                    epsilon,
                })
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
            dx.into_tensor(x.layout().shape().clone()),
            vector(dgamma),
            vector(dbeta),
        ]
    }
}

/// Layer norm of some rows.
struct Rows<'a> {
    out: &'a mut [f32],
    xs: &'a [f32],
    gammas: &'a [f32],
    betas: &'a [f32],
    epsilon: f32,
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.gammas.len();
        for (out, x) in self
            .out
            .chunks_exact_mut(width)
            .zip(self.xs.chunks_exact(width))
        {
            let (mean, inverse) = statistics(simd, x, self.epsilon);
            let (mean, inverse) = (simd.splat_f32s(mean), simd.splat_f32s(inverse));
            fill(
                simd,
                out,
                [x, self.gammas, self.betas],
                #[inline(always)]
                |[x, gamma, beta]| {
                    simd.mul_add_e_f32s(normalised(simd, x, mean, inverse), gamma, beta)
                },
            );
        }
    }
}

/// Mean and 1 / √(σ² + ε) of one row.
#[inline(always)]
fn statistics<S: Simd>(simd: S, x: &[f32], epsilon: f32) -> (f32, f32) {
    let width = x.len() as f32;
    let mean = sum(simd, x) / width;
    let about = simd.splat_f32s(mean);
    let squares = sum_over(
        simd,
        [x],
        #[inline(always)]
        |[x], sum| {
            let centred = simd.sub_f32s(x, about);
            simd.mul_add_e_f32s(centred, centred, sum)
        },
    );
    (mean, 1.0 / (squares / width + epsilon).sqrt())
}

/// x̂ = (x − μ) / √(σ² + ε).
#[inline(always)]
fn normalised<S: Simd>(simd: S, x: S::f32s, mean: S::f32s, inverse: S::f32s) -> S::f32s {
    simd.mul_f32s(simd.sub_f32s(x, mean), inverse)
}

/// dx of some rows, and their share of dγ and dβ.
struct RowsGradient<'a> {
    dx: &'a mut [f32],
    xs: &'a [f32],
    dys: &'a [f32],
    gammas: &'a [f32],
    epsilon: f32,
}

impl WithSimd for RowsGradient<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self { gammas, .. } = self;
        let width = gammas.len();
        let (mut dgamma, mut dbeta) = (vec![0.0; width], vec![0.0; width]);
        let rows = self
            .xs
            .chunks_exact(width)
            .zip(self.dys.chunks_exact(width));
        for (dx, (x, dy)) in self.dx.chunks_exact_mut(width).zip(rows) {
            let (mean, inverse) = statistics(simd, x, self.epsilon);
            let (mean, inverse) = (simd.splat_f32s(mean), simd.splat_f32s(inverse));
            let total = sum_over(
                simd,
                [dy, gammas],
                #[inline(always)]
                |[dy, gamma], sum| simd.mul_add_e_f32s(dy, gamma, sum),
            );
            let product = sum_over(
                simd,
                [dy, gammas, x],
                #[inline(always)]
                |[dy, gamma, x], sum| {
                    simd.mul_add_e_f32s(
                        simd.mul_f32s(dy, gamma),
                        normalised(simd, x, mean, inverse),
                        sum,
                    )
                },
            );
            let total = simd.splat_f32s(total / width as f32);
            let product = simd.splat_f32s(-product / width as f32);
            fill(
                simd,
                dx,
                [dy, gammas, x],
                #[inline(always)]
                |[dy, gamma, x]| {
                    let g = simd.sub_f32s(simd.mul_f32s(dy, gamma), total);
                    simd.mul_f32s(
                        inverse,
                        simd.mul_add_e_f32s(normalised(simd, x, mean, inverse), product, g),
                    )
                },
            );
            update(
                simd,
                &mut dgamma,
                [dy, x],
                #[inline(always)]
                |dgamma, [dy, x]| {
                    simd.mul_add_e_f32s(dy, normalised(simd, x, mean, inverse), dgamma)
                },
            );
            update(
                simd,
                &mut dbeta,
                [dy],
                #[inline(always)]
                |dbeta, [dy]| simd.add_f32s(dbeta, dy),
            );
        }
        (dgamma, dbeta)
    }
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
