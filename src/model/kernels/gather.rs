//! Rows of a matrix by their index: y[i] = table[index[i]].

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::buffer::Buffer;
use super::values;

/// Values that a task clears.
const CHUNK: usize = 1 << 18;

/// Picking rows as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait GatherOp: Backend {
    fn fused_gather(table: FloatTensor<Self>, index: Arc<[usize]>) -> FloatTensor<Self>;
}

/// The backward pass of [`GatherOp`].
pub(super) trait GatherGradient: Backend {
    /// Gradient of a table of `rows` rows.
    fn fused_gather_gradient(
        dy: FloatTensor<Self>,
        index: &[usize],
        rows: usize,
    ) -> FloatTensor<Self>;

    /// Rows of a table.
    fn rows(table: &FloatTensor<Self>) -> usize;
}

impl GatherOp for Flex {
    fn fused_gather(table: FlexTensor, index: Arc<[usize]>) -> FlexTensor {
        let table = table.to_contiguous();
        let width = table.layout().shape()[1];
        let mut out = Buffer::new(index.len() * width);
        let rows = values(&table);
        for (out, &row) in out.chunks_exact_mut(width).zip(index.iter()) {
            out.copy_from_slice(&rows[row * width..][..width]);
        }
        out.into_tensor([index.len(), width].into())
    }
}

impl GatherGradient for Flex {
    /// dtable[r] = Σ dy[i] over the i that picked r, in their order.
    fn fused_gather_gradient(dy: FlexTensor, index: &[usize], rows: usize) -> FlexTensor {
        let dy = dy.to_contiguous();
        let width = dy.layout().shape()[1];
        let mut out = Buffer::new(rows * width);
        out.par_chunks_mut(CHUNK).for_each(|part| part.fill(0.0));
        for (dy, &row) in values(&dy).chunks_exact(width).zip(index) {
            for (out, dy) in out[row * width..][..width].iter_mut().zip(dy) {
                *out += dy;
            }
        }
        out.into_tensor([rows, width].into())
    }

    fn rows(table: &FlexTensor) -> usize {
        table.layout().shape()[0]
    }
}

#[derive(Debug)]
struct GatherBackward;

impl<B: GatherGradient> Backward<B, 1> for GatherBackward {
    type State = (Arc<[usize]>, usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (index, rows) = ops.state;
        let [parent] = ops.parents;
        if let Some(node) = parent {
            grads.register::<B>(node.id, B::fused_gather_gradient(dy, &index, rows));
        }
    }
}

impl<B: GatherOp + GatherGradient, C: CheckpointStrategy> GatherOp for Autodiff<B, C> {
    fn fused_gather(table: FloatTensor<Self>, index: Arc<[usize]>) -> FloatTensor<Self> {
        let (node, table) = (table.node(), table.into_primitive());
        let rows = B::rows(&table);
        let out = B::fused_gather(table, index.clone());
        match GatherBackward
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((index, rows), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

/// Rows of a matrix, in the order of `index`.
///
/// # Shapes
/// table `[rows, width]` → `[picked, width]`.
///
/// # Panics
/// When an index is not below the number of rows.
pub(in crate::model) fn gather(table: Tensor<2>, index: Arc<[usize]>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as GatherOp>::fused_gather(
        table.into_dispatch(),
        index,
    ))
}
