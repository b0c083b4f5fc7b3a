//! A linear layer with bias: y = x · Wᵀ + b, W in PyTorch's layout.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::matrix::{Matrix, Target, Threads, multiply};
use super::{CHUNK_ROWS, tensor_of, values, vectorised};

/// A linear layer as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait LinearOp: Backend {
    fn fused_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// The backward pass of [`LinearOp`].
pub(super) trait LinearGradient: Backend {
    /// Gradients of x, the weight and the bias.
    fn fused_linear_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        dy: FloatTensor<Self>,
    ) -> [FloatTensor<Self>; 3];
}

/// (outputs, inputs) of a weight.
fn sizes(weight: &FlexTensor) -> (usize, usize) {
    let shape = weight.layout().shape();
    (shape[0], shape[1])
}

impl LinearOp for Flex {
    fn fused_linear(x: FlexTensor, weight: FlexTensor, bias: FlexTensor) -> FlexTensor {
        let (x, weight, bias) = (
            x.to_contiguous(),
            weight.to_contiguous(),
            bias.to_contiguous(),
        );
        let (outputs, inputs) = sizes(&weight);
        let (xs, biases) = (values(&x), values(&bias));
        let rows = xs.len() / inputs;
        let mut out = Vec::with_capacity(rows * outputs);
        for _ in 0..rows {
            out.extend_from_slice(biases);
        }
        multiply(
            Target {
                values: &mut out,
                row_stride: outputs,
                add: true,
            },
            Matrix::new(xs, rows, inputs, inputs),
            Matrix::new(values(&weight), outputs, inputs, inputs).transposed(),
            1.0,
            Threads::All,
        );
        let mut shape = x.layout().shape().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        tensor_of(out, Shape::from(shape))
    }
}

impl LinearGradient for Flex {
    /// dx = dy · W, dW = dyᵀ · x, db = Σ dy.
    fn fused_linear_gradient(x: FlexTensor, weight: FlexTensor, dy: FlexTensor) -> [FlexTensor; 3] {
        let (x, weight, dy) = (
            x.to_contiguous(),
            weight.to_contiguous(),
            dy.to_contiguous(),
        );
        let (outputs, inputs) = sizes(&weight);
        let (xs, dys) = (values(&x), values(&dy));
        let rows = xs.len() / inputs;
        let mut dx = vec![0.0; xs.len()];
        multiply(
            Target {
                values: &mut dx,
                row_stride: inputs,
                add: false,
            },
            Matrix::new(dys, rows, outputs, outputs),
            Matrix::new(values(&weight), outputs, inputs, inputs),
            1.0,
            Threads::All,
        );
        let mut dw = vec![0.0; outputs * inputs];
        multiply(
            Target {
                values: &mut dw,
                row_stride: inputs,
                add: false,
            },
            Matrix::new(dys, rows, outputs, outputs).transposed(),
            Matrix::new(xs, rows, inputs, inputs),
            1.0,
            Threads::All,
        );
        [
            tensor_of(dx, x.layout().shape().clone()),
            tensor_of(dw, weight.layout().shape().clone()),
            tensor_of(sum_of_rows(dys, outputs), Shape::from(vec![outputs])),
        ]
    }
}

/// Σ over the rows of a matrix of `width` columns.
fn sum_of_rows(values: &[f32], width: usize) -> Vec<f32> {
    let partial: Vec<Vec<f32>> = values
        .par_chunks(CHUNK_ROWS * width)
        .map(|rows| {
            let mut total = vec![0.0; width];
            vectorised(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact(width) {
                        for (total, value) in total.iter_mut().zip(row) {
                            *total += value;
                        }
                    }
                },
            );
            total
        })
        .collect();
    let mut total = vec![0.0; width];
    for part in &partial {
        for (total, value) in total.iter_mut().zip(part) {
            *total += value;
        }
    }
    total
}

#[derive(Debug)]
struct LinearBackward;

impl<B: LinearGradient> Backward<B, 3> for LinearBackward {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (x, weight) = ops.state;
        let gradients = B::fused_linear_gradient(x, weight, dy);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: LinearOp + LinearGradient, C: CheckpointStrategy> LinearOp for Autodiff<B, C> {
    fn fused_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let (x_value, weight_value) = (x.primitive().clone(), weight.primitive().clone());
        let out = B::fused_linear(
            x.into_primitive(),
            weight.into_primitive(),
            bias.into_primitive(),
        );
        match LinearBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((x_value, weight_value), out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }
}

/// x · Wᵀ + b over the last dimension.
///
/// # Shapes
/// x `[…, inputs]`, weight `[outputs, inputs]`, bias `[outputs]`; output `[…, outputs]`.
pub(in crate::model) fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as LinearOp>::fused_linear(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
    ))
}
