//! Attention of one query a sample: the last block of a tower that is read off at one token.
//!
//! o = softmax(q·Kᵀ / √d) · V. Nothing else of the block's output is ever seen, so nothing else is computed.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::attention::{softmax, softmax_gradient};
use super::buffer::Buffer;
use super::elementary::{dot, fill, update};
use super::{Runs, values};

/// Attention of one query a sample as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait PooledAttentionOp: Backend {
    fn fused_pooled_attention(
        q: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
    ) -> FloatTensor<Self>;
}

/// The backward pass of [`PooledAttentionOp`].
pub(super) trait PooledAttentionGradient: Backend {
    /// Gradients of q and kv.
    fn fused_pooled_attention_gradient(
        q: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
    ) -> [FloatTensor<Self>; 2];
}

/// One sample: its query `[width]`, and its keys and values `[tokens, 2 · width]`.
#[derive(Clone, Copy)]
struct Sample<'a> {
    q: &'a [f32],
    kv: &'a [f32],
    heads: usize,
}

impl<'a> Sample<'a> {
    const fn width(&self) -> usize {
        self.q.len()
    }

    const fn dim(&self) -> usize {
        self.q.len() / self.heads
    }

    fn scale(&self) -> f32 {
        1.0 / (self.dim() as f32).sqrt()
    }

    /// A head's keys and values, token by token.
    fn rows(self, head: usize) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
        let (width, dim) = (self.width(), self.dim());
        self.kv.chunks_exact(2 * width).map(
            #[inline(always)]
            move |row| {
                let (keys, values) = row.split_at(width);
                (&keys[head * dim..][..dim], &values[head * dim..][..dim])
            },
        )
    }

    /// The weights of a head's tokens.
    #[inline(always)]
    fn weigh<S: Simd>(&self, simd: S, head: usize, weights: &mut [f32]) {
        let q = &self.q[head * self.dim()..][..self.dim()];
        for (weight, (key, _)) in weights.iter_mut().zip(self.rows(head)) {
            *weight = dot(simd, q, key) * self.scale();
        }
        softmax(simd, weights);
    }
}

struct Forward<'a> {
    sample: Sample<'a>,
    weights: &'a mut [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            sample,
            weights,
            out,
        } = self;
        for (head, out) in out.chunks_exact_mut(sample.dim()).enumerate() {
            sample.weigh(simd, head, weights);
            out.fill(0.0);
            for (&weight, (_, value)) in weights.iter().zip(sample.rows(head)) {
                add_scaled(simd, out, weight, value);
            }
        }
    }
}

/// `out += factor · x`.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, out: &mut [f32], factor: f32, x: &[f32]) {
    let factor = simd.splat_f32s(factor);
    update(
        simd,
        out,
        [x],
        #[inline(always)]
        |out, [x]| simd.mul_add_e_f32s(x, factor, out),
    );
}

/// `out = factor · x`.
#[inline(always)]
fn scaled<S: Simd>(simd: S, out: &mut [f32], factor: f32, x: &[f32]) {
    let factor = simd.splat_f32s(factor);
    fill(
        simd,
        out,
        [x],
        #[inline(always)]
        |[x]| simd.mul_f32s(x, factor),
    );
}

struct Gradient<'a> {
    sample: Sample<'a>,
    dy: &'a [f32],
    weights: &'a mut [f32],
    dscores: &'a mut [f32],
    dq: &'a mut [f32],
    dkv: &'a mut [f32],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    /// dV = p · dyᵀ; dp = V·dy; ds = p ∘ (dp − p·dp); dq = Kᵀ·ds / √d; dK = ds · qᵀ / √d.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            sample,
            weights,
            dscores,
            ..
        } = self;
        let (width, dim, scale) = (sample.width(), sample.dim(), sample.scale());
        for head in 0..sample.heads {
            let part = head * dim..(head + 1) * dim;
            let (q, dy) = (&sample.q[part.clone()], &self.dy[part.clone()]);
            sample.weigh(simd, head, weights);
            for (dscore, (_, value)) in dscores.iter_mut().zip(sample.rows(head)) {
                *dscore = dot(simd, value, dy);
            }
            softmax_gradient(simd, weights, dscores);
            let dq = &mut self.dq[part.clone()];
            dq.fill(0.0);
            for (at, (key, _)) in sample.rows(head).enumerate() {
                let (dscore, weight) = (dscores[at] * scale, weights[at]);
                add_scaled(simd, dq, dscore, key);
                let row = &mut self.dkv[at * 2 * width..][..2 * width];
                let (dkeys, dvalues) = row.split_at_mut(width);
                scaled(simd, &mut dkeys[part.clone()], dscore, q);
                scaled(simd, &mut dvalues[part.clone()], weight, dy);
            }
        }
    }
}

impl PooledAttentionOp for Flex {
    fn fused_pooled_attention(
        q: FlexTensor,
        kv: FlexTensor,
        runs: Runs,
        heads: usize,
    ) -> FlexTensor {
        let (q, kv) = (q.to_contiguous(), kv.to_contiguous());
        let width = q.layout().shape()[1];
        let mut out = Buffer::new(values(&q).len());
        out.par_chunks_exact_mut(width)
            .zip(values(&q).par_chunks_exact(width))
            .zip(runs.split(values(&kv), 2 * width))
            .for_each_init(
                || vec![0.0; runs.longest()],
                |weights, ((out, q), kv)| {
                    let weights = &mut weights[..kv.len() / (2 * width)];
                    let sample = Sample { q, kv, heads };
                    Arch::new().dispatch(Forward {
                        sample,
                        weights,
                        out,
                    });
                },
            );
        out.into_tensor(q.layout().shape().clone())
    }
}

impl PooledAttentionGradient for Flex {
    fn fused_pooled_attention_gradient(
        q: FlexTensor,
        kv: FlexTensor,
        dy: FlexTensor,
        runs: Runs,
        heads: usize,
    ) -> [FlexTensor; 2] {
        let (q, kv, dy) = (q.to_contiguous(), kv.to_contiguous(), dy.to_contiguous());
        let width = q.layout().shape()[1];
        let mut dq = Buffer::new(values(&q).len());
        let mut dkv = Buffer::new(values(&kv).len());
        let inputs = values(&q)
            .par_chunks_exact(width)
            .zip(values(&dy).par_chunks_exact(width))
            .zip(runs.split(values(&kv), 2 * width));
        dq.par_chunks_exact_mut(width)
            .zip(runs.split_mut(&mut dkv, 2 * width))
            .zip(inputs)
            .for_each_init(
                || [vec![0.0; runs.longest()], vec![0.0; runs.longest()]],
                |[weights, dscores], ((dq, dkv), ((q, dy), kv))| {
                    let tokens = kv.len() / (2 * width);
                    Arch::new().dispatch(Gradient {
                        sample: Sample { q, kv, heads },
                        dy,
                        weights: &mut weights[..tokens],
                        dscores: &mut dscores[..tokens],
                        dq,
                        dkv,
                    });
                },
            );
        [
            dq.into_tensor(q.layout().shape().clone()),
            dkv.into_tensor(kv.layout().shape().clone()),
        ]
    }
}

#[derive(Debug)]
struct PooledAttentionBackward;

impl<B: PooledAttentionGradient> Backward<B, 2> for PooledAttentionBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, Runs, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (q, kv, runs, heads) = ops.state;
        let gradients = B::fused_pooled_attention_gradient(q, kv, dy, runs, heads);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: PooledAttentionOp + PooledAttentionGradient, C: CheckpointStrategy> PooledAttentionOp
    for Autodiff<B, C>
{
    fn fused_pooled_attention(
        q: FloatTensor<Self>,
        kv: FloatTensor<Self>,
        runs: Runs,
        heads: usize,
    ) -> FloatTensor<Self> {
        let nodes = [q.node(), kv.node()];
        let (q, kv) = (q.into_primitive(), kv.into_primitive());
        let out = B::fused_pooled_attention(q.clone(), kv.clone(), runs.clone(), heads);
        match PooledAttentionBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((q, kv, runs, heads), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

/// What each sample's query makes of the sample's keys and values.
///
/// # Shapes
/// q `[samples, width]`, kv `[rows, 2 · width]`, width a multiple of heads; output `[samples, width]`.
pub(in crate::model) fn pooled_attention(
    q: Tensor<2>,
    kv: Tensor<2>,
    runs: Runs,
    heads: usize,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as PooledAttentionOp>::fused_pooled_attention(
        q.into_dispatch(),
        kv.into_dispatch(),
        runs,
        heads,
    ))
}
