//! Multi-head self-attention on packed queries, keys and values: softmax(Q·Kᵀ / √d) · V.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::elementary::{dot, exp, max, sum};
use super::matrix::{Matrix, Start, Target, Threads, multiply};
use super::{tensor_of, values, vectorised};
use crate::model::Precision;

/// Self-attention as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait AttentionOp: Backend {
    fn fused_attention(
        qkv: FloatTensor<Self>,
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

    fn square<'a>(&self, values: &'a [f32]) -> Matrix<'a> {
        Matrix::new(values, self.tokens, self.tokens, self.tokens)
    }

    /// The attention weights P = softmax(Q·Kᵀ / √d), into `weights`.
    fn weigh(&self, qkv: &[f32], weights: &mut [f32]) {
        multiply(
            Target {
                values: weights,
                row_stride: self.tokens,
                start: Start::Zero,
            },
            self.part(qkv, 0),
            self.part(qkv, 1).transposed(),
            self.scale(),
            self.precision,
            Threads::One,
        );
        vectorised(
            #[inline(always)]
            || {
                for (row, weights) in weights.chunks_exact_mut(self.tokens).enumerate() {
                    let seen = if self.causal { row + 1 } else { self.tokens };
                    let (seen, unseen) = weights.split_at_mut(seen);
                    softmax(seen);
                    unseen.fill(0.0);
                }
            },
        );
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
                row_stride: self.tokens,
                start: Start::Zero,
            },
            self.columns(dy),
            self.part(qkv, 2).transposed(),
            1.0,
            self.precision,
            Threads::One,
        );
        vectorised(
            #[inline(always)]
            || {
                for (p, dp) in weights
                    .chunks_exact(self.tokens)
                    .zip(dscores.chunks_exact_mut(self.tokens))
                {
                    let total = dot(p, dp);
                    for (dp, p) in dp.iter_mut().zip(p) {
                        *dp = p * (*dp - total);
                    }
                }
            },
        );
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

#[inline(always)]
fn softmax(row: &mut [f32]) {
    let largest = max(row);
    for value in row.iter_mut() {
        *value = exp(*value - largest);
    }
    let inverse = 1.0 / sum(row);
    for value in row.iter_mut() {
        *value *= inverse;
    }
}

/// (samples, tokens, width) of a packed `[samples, tokens, 3 · width]` tensor.
fn sizes(qkv: &FlexTensor) -> (usize, usize, usize) {
    let shape = qkv.layout().shape();
    (shape[0], shape[1], shape[2] / 3)
}

impl AttentionOp for Flex {
    fn fused_attention(
        qkv: FlexTensor,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FlexTensor {
        let qkv = qkv.to_contiguous();
        let (samples, tokens, width) = sizes(&qkv);
        let mut out = vec![0.0; samples * tokens * width];
        out.par_chunks_mut(tokens * width)
            .zip(values(&qkv).par_chunks(tokens * 3 * width))
            .for_each_init(
                || vec![0.0; tokens * tokens],
                |weights, (out, qkv)| {
                    for index in 0..heads {
                        let head = Head {
                            tokens,
                            width,
                            dim: width / heads,
                            index,
                            causal,
                            precision,
                        };
                        head.forward(qkv, weights, out);
                    }
                },
            );
        tensor_of(out, Shape::from(vec![samples, tokens, width]))
    }
}

impl AttentionGradient for Flex {
    fn fused_attention_gradient(
        qkv: FlexTensor,
        dy: FlexTensor,
        heads: usize,
        causal: bool,
        precision: Precision,
    ) -> FlexTensor {
        let (qkv, dy) = (qkv.to_contiguous(), dy.to_contiguous());
        let (_, tokens, width) = sizes(&qkv);
        let mut out = vec![0.0; values(&qkv).len()];
        out.par_chunks_mut(tokens * 3 * width)
            .zip(values(&qkv).par_chunks(tokens * 3 * width))
            .zip(values(&dy).par_chunks(tokens * width))
            .for_each_init(
                || (vec![0.0; tokens * tokens], vec![0.0; tokens * tokens]),
                |(weights, dscores), ((out, qkv), dy)| {
                    for index in 0..heads {
                        let head = Head {
                            tokens,
                            width,
                            dim: width / heads,
                            index,
                            causal,
                            precision,
                        };
                        head.backward(qkv, dy, weights, dscores, out);
                    }
                },
            );
        tensor_of(out, qkv.layout().shape().clone())
    }
}

#[derive(Debug)]
struct AttentionBackward;

impl<B: AttentionGradient> Backward<B, 1> for AttentionBackward {
    type State = (FloatTensor<B>, usize, bool, Precision);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (qkv, heads, causal, precision) = ops.state;
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<B>(
                node.id,
                B::fused_attention_gradient(qkv, dy, heads, causal, precision),
            );
        }
    }
}

impl<B: AttentionOp + AttentionGradient, C: CheckpointStrategy> AttentionOp for Autodiff<B, C> {
    fn fused_attention(
        qkv: FloatTensor<Self>,
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
                let state = (qkv.primitive().clone(), heads, causal, precision);
                prep.finish(
                    state,
                    B::fused_attention(qkv.into_primitive(), heads, causal, precision),
                )
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fused_attention(
                qkv.into_primitive(),
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
/// qkv `[samples, tokens, 3 · width]`, width a multiple of heads; output `[samples, tokens, width]`.
pub(in crate::model) fn attention(
    qkv: Tensor<3>,
    heads: usize,
    causal: bool,
    precision: Precision,
) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as AttentionOp>::fused_attention(
        qkv.into_dispatch(),
        heads,
        causal,
        precision,
    ))
}
