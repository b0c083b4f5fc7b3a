//! Multi-head self-attention on packed queries, keys and values: softmax(Q·Kᵀ / √d) · V.

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
use super::elementary::{dot, exp, max, sum, update};
use super::matrix::{Matrix, Start, Target, Threads, multiply};
use super::{Runs, values};
use crate::model::Precision;

/// Self-attention as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait AttentionOp: Backend {
    fn fused_attention(
        qkv: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FloatTensor<Self>;
}

/// The backward pass of [`AttentionOp`].
pub(super) trait AttentionGradient: Backend {
    fn fused_attention_gradient(
        qkv: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FloatTensor<Self>;
}

/// One head of one sample: where its queries, keys and values lie in a `[tokens, 3 · width]` block.
#[derive(Clone, Copy)]
struct Head {
    tokens: usize,
    width: usize,
    dim: usize,
    index: usize,
    causal: bool,
    precision: Precision,
}

impl Head {
    fn scale(&self) -> f32 {
        1.0 / (self.dim as f32).sqrt()
    }

    /// Part 0, 1 or 2 of the packed block: this head's queries, keys or values.
    fn part<'a>(&self, qkv: &'a [f32], part: usize) -> Matrix<'a> {
        let start = part * self.width + self.index * self.dim;
        Matrix::new(&qkv[start..], self.tokens, self.dim, 3 * self.width)
    }

    fn part_of_gradient<'a>(&self, dqkv: &'a mut [f32], part: usize) -> Target<'a> {
        let start = part * self.width + self.index * self.dim;
        Target {
            values: &mut dqkv[start..],
            row_stride: 3 * self.width,
            start: Start::Zero,
        }
    }

    /// This head's columns of a `[tokens, width]` block.
    fn columns<'a>(&self, block: &'a [f32]) -> Matrix<'a> {
        Matrix::new(
            &block[self.index * self.dim..],
            self.tokens,
            self.dim,
            self.width,
        )
    }

    /// Weights or their gradient: rows lie `stride` values apart, so that they are whole vectors.
    fn square<'a>(&self, values: &'a [f32]) -> Matrix<'a> {
        Matrix::new(values, self.tokens, self.tokens, stride(self.tokens))
    }

    /// The attention weights P = softmax(Q·Kᵀ / √d), into `weights`.
    fn weigh(&self, qkv: &[f32], weights: &mut [f32]) {
        multiply(
            Target {
                values: weights,
                row_stride: stride(self.tokens),
                start: Start::Zero,
            },
            self.part(qkv, 0),
            self.part(qkv, 1).transposed(),
            self.scale(),
            self.precision,
            Threads::One,
        );
        Arch::new().dispatch(Softmax {
            weights,
            tokens: self.tokens,
            causal: self.causal,
        });
    }

    fn forward(&self, qkv: &[f32], weights: &mut [f32], out: &mut [f32]) {
        self.weigh(qkv, weights);
        multiply(
            Target {
                values: &mut out[self.index * self.dim..],
                row_stride: self.width,
                start: Start::Zero,
            },
            self.square(weights),
            self.part(qkv, 2),
            1.0,
            self.precision,
            Threads::One,
        );
    }

    /// dV = Pᵀ·dO; dP = dO·Vᵀ; dS = P ∘ (dP − rowsum(P ∘ dP)); dQ = dS·K / √d; dK = dSᵀ·Q / √d.
    fn backward(
        &self,
        qkv: &[f32],
        dy: &[f32],
        weights: &mut [f32],
        dscores: &mut [f32],
        dqkv: &mut [f32],
    ) {
        self.weigh(qkv, weights);
        multiply(
            self.part_of_gradient(dqkv, 2),
            self.square(weights).transposed(),
            self.columns(dy),
            1.0,
            self.precision,
            Threads::One,
        );
        multiply(
            Target {
                values: dscores,
                row_stride: stride(self.tokens),
                start: Start::Zero,
            },
            self.columns(dy),
            self.part(qkv, 2).transposed(),
            1.0,
            self.precision,
            Threads::One,
        );
        Arch::new().dispatch(SoftmaxGradient {
            weights,
            dscores,
            tokens: self.tokens,
        });
        multiply(
            self.part_of_gradient(dqkv, 0),
            self.square(dscores),
            self.part(qkv, 1),
            self.scale(),
            self.precision,
            Threads::One,
        );
        multiply(
            self.part_of_gradient(dqkv, 1),
            self.square(dscores).transposed(),
            self.part(qkv, 0),
            self.scale(),
            self.precision,
            Threads::One,
        );
    }
}

/// Values between the starts of two rows of weights: whole vectors.
const fn stride(tokens: usize) -> usize {
    tokens.next_multiple_of(16)
}

/// Softmax of each row of scores, over the tokens that it sees; the others' weights become zero.
struct Softmax<'a> {
    weights: &'a mut [f32],
    tokens: usize,
    causal: bool,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.weights.chunks_exact_mut(stride(self.tokens));
        for (row, weights) in rows.take(self.tokens).enumerate() {
            let seen = if self.causal { row + 1 } else { self.tokens };
            // Whole vectors are faster; what the last one has too much weighs nothing.
            let (inside, outside) = weights.split_at_mut(stride(seen));
            inside[seen..].fill(f32::MIN);
            softmax(simd, inside);
            inside[seen..].fill(0.0);
            outside.fill(0.0);
        }
    }
}

#[inline(always)]
pub(super) fn softmax<S: Simd>(simd: S, row: &mut [f32]) {
    let largest = simd.splat_f32s(max(simd, row));
    update(
        simd,
        row,
        [],
        #[inline(always)]
        |value, []| exp(simd, simd.sub_f32s(value, largest)),
    );
    let inverse = simd.splat_f32s(1.0 / sum(simd, row));
    update(
        simd,
        row,
        [],
        #[inline(always)]
        |value, []| simd.mul_f32s(value, inverse),
    );
}

/// From weights P and their gradient dP, in `dscores`, that of the scores: P ∘ (dP − rowsum(P ∘ dP)).
struct SoftmaxGradient<'a> {
    weights: &'a [f32],
    dscores: &'a mut [f32],
    tokens: usize,
}

impl WithSimd for SoftmaxGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stride = stride(self.tokens);
        let rows = self.weights.chunks_exact(stride).take(self.tokens);
        for (p, dp) in rows.zip(self.dscores.chunks_exact_mut(stride)) {
            softmax_gradient(simd, &p[..self.tokens], &mut dp[..self.tokens]);
        }
    }
}

#[inline(always)]
pub(super) fn softmax_gradient<S: Simd>(simd: S, p: &[f32], dp: &mut [f32]) {
    let total = simd.splat_f32s(dot(simd, p, dp));
    update(
        simd,
        dp,
        [p],
        #[inline(always)]
        |dp, [p]| simd.mul_f32s(p, simd.sub_f32s(dp, total)),
    );
}

impl AttentionOp for Flex {
    fn fused_attention(
        qkv: FlexTensor,
        runs: Runs,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FlexTensor {
        let qkv = qkv.to_contiguous();
        let width = qkv.layout().shape()[1] / 3;
        let square = runs.longest() * stride(runs.longest());
        let mut out = Buffer::new(runs.rows() * width);
        runs.split_mut(&mut out, width)
            .into_par_iter()
            .zip(runs.split(values(&qkv), 3 * width))
            .for_each_init(
                || vec![0.0; square],
                |weights, (out, qkv)| {
                    let tokens = out.len() / width;
                    for index in 0..heads {
                        let head = Head {
                            tokens,
                            width,
                            dim: width / heads,
                            index,
                            causal,
                            precision,
                        };
                        head.forward(qkv, &mut weights[..tokens * stride(tokens)], out);
                    }
                },
            );
        out.into_tensor([runs.rows(), width].into())
    }
}

impl AttentionGradient for Flex {
    fn fused_attention_gradient(
        qkv: FlexTensor,
        dy: FlexTensor,
        runs: Runs,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FlexTensor {
        let (qkv, dy) = (qkv.to_contiguous(), dy.to_contiguous());
        let width = qkv.layout().shape()[1] / 3;
        let square = runs.longest() * stride(runs.longest());
        let mut out = Buffer::new(values(&qkv).len());
        runs.split_mut(&mut out, 3 * width)
            .into_par_iter()
            .zip(runs.split(values(&qkv), 3 * width))
            .zip(runs.split(values(&dy), width))
            .for_each_init(
                || (vec![0.0; square], vec![0.0; square]),
                |(weights, dscores), ((out, qkv), dy)| {
                    let tokens = dy.len() / width;
                    let square = tokens * stride(tokens);
                    for index in 0..heads {
                        let head = Head {
                            tokens,
                            width,
                            dim: width / heads,
                            index,
                            causal,
                            precision,
                        };
                        let scratch = (&mut weights[..square], &mut dscores[..square]);
                        head.backward(qkv, dy, scratch.0, scratch.1, out);
                    }
                },
            );
        out.into_tensor(qkv.layout().shape().clone())
    }
}

#[derive(Debug)]
struct AttentionBackward;

impl<B: AttentionGradient> Backward<B, 1> for AttentionBackward {
    type State = (FloatTensor<B>, Runs, usize, bool, Precision);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (qkv, runs, heads, causal, precision) = ops.state;
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<B>(
                node.id,
                B::fused_attention_gradient(qkv, dy, runs, heads, causal, precision),
            );
        }
    }
}

impl<B: AttentionOp + AttentionGradient, C: CheckpointStrategy> AttentionOp for Autodiff<B, C> {
    fn fused_attention(
        qkv: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FloatTensor<Self> {
        match AttentionBackward
            .prepare::<C>([qkv.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => {
                let state = (
                    qkv.primitive().clone(),
                    runs.clone(),
                    heads,
                    causal,
                    precision,
                );
                prep.finish(
                    state,
                    B::fused_attention(qkv.into_primitive(), runs, heads, causal, precision),
                )
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fused_attention(
                qkv.into_primitive(),
                runs,
                heads,
                causal,
                precision,
            )),
        }
    }
}

/// Self-attention of every sample; `causal` lets a token see only itself and those before it.
///
/// # Shapes
/// qkv `[rows, 3 · width]`, width a multiple of heads; output `[rows, width]`.
pub(in crate::model) fn attention(
    qkv: Tensor<2>,
    runs: Runs,
    heads: usize,
    causal: bool,
    precision: Precision,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as AttentionOp>::fused_attention(
        qkv.into_dispatch(),
        runs,
        heads,
        causal,
        precision,
    ))
}
