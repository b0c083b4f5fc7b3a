//! A linear layer with bias: y = x · Wᵀ + b, W in PyTorch's layout.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor};
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::matrix::{Matrix, Start, Target, Threads, multiply};
use super::{CHUNK_ROWS, tensor_of, values, vectorised};
use crate::model::Precision;

/// A linear layer as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait LinearOp: Backend {
    fn fused_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self>;
}

/// The backward pass of [`LinearOp`].
pub(super) trait LinearGradient: Backend {
    /// Gradients of x, the weight and the bias, those that are `wanted`.
    fn fused_linear_gradient(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        dy: FloatTensor<Self>,
        precision: Precision,
        wanted: [bool; 3],
    ) -> [Option<FloatTensor<Self>>; 3];
}

/// (outputs, inputs) of a weight.
fn sizes(weight: &FlexTensor) -> (usize, usize) {
    let shape = weight.layout().shape();
    (shape[0], shape[1])
}

impl LinearOp for Flex {
    fn fused_linear(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        precision: Precision,
    ) -> FlexTensor {
        let (x, weight, bias) = (
            x.to_contiguous(),
            weight.to_contiguous(),
            bias.to_contiguous(),
        );
        let (outputs, inputs) = sizes(&weight);
        let (xs, biases) = (values(&x), values(&bias));
        let rows = xs.len() / inputs;
        let mut out = vec![0.0; rows * outputs];
        multiply(
            Target {
                values: &mut out,
                row_stride: outputs,
                start: Start::Bias(biases),
            },
            Matrix::new(xs, rows, inputs, inputs),
            Matrix::new(values(&weight), outputs, inputs, inputs).transposed(),
            1.0,
            precision,
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
    fn fused_linear_gradient(
        x: FlexTensor,
        weight: FlexTensor,
        dy: FlexTensor,
        precision: Precision,
        wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let (x, weight, dy) = (
            x.to_contiguous(),
            weight.to_contiguous(),
            dy.to_contiguous(),
        );
        let (outputs, inputs) = sizes(&weight);
        let (xs, dys) = (values(&x), values(&dy));
        let rows = xs.len() / inputs;
        let dy = Matrix::new(dys, rows, outputs, outputs);
        let product = |a, b, length: usize| {
            let mut values = vec![0.0; length];
            let target = Target {
                values: &mut values,
                row_stride: inputs,
                start: Start::Zero,
            };
            multiply(target, a, b, 1.0, precision, Threads::All);
            values
        };
        let [x_wanted, weight_wanted, bias_wanted] = wanted;
        let dx = x_wanted.then(|| {
            let weight = Matrix::new(values(&weight), outputs, inputs, inputs);
            tensor_of(product(dy, weight, xs.len()), x.layout().shape().clone())
        });
        let dw = weight_wanted.then(|| {
            let x = Matrix::new(xs, rows, inputs, inputs);
            let values = product(dy.transposed(), x, outputs * inputs);
            tensor_of(values, weight.layout().shape().clone())
        });
        let db =
            bias_wanted.then(|| tensor_of(sum_of_rows(dys, outputs), Shape::from(vec![outputs])));
        [dx, dw, db]
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
    type State = (FloatTensor<B>, FloatTensor<B>, Precision);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (x, weight, precision) = ops.state;
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = B::fused_linear_gradient(x, weight, dy, precision, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
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
        precision: Precision,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let (x_value, weight_value) = (x.primitive().clone(), weight.primitive().clone());
        let out = B::fused_linear(
            x.into_primitive(),
            weight.into_primitive(),
            bias.into_primitive(),
            precision,
        );
        match LinearBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish((x_value, weight_value, precision), out),
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
    precision: Precision,
) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as LinearOp>::fused_linear(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        precision,
    ))
}
