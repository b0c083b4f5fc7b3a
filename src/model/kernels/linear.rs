//! A linear layer with bias: y = x · Wᵀ + b, W in PyTorch's layout; plain, or onto a residual.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Shape, Tensor, TensorData};
use burn_flex::FlexTensor;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::buffer::Buffer;
use super::elementary::update;
use super::matrix::{Matrix, Start, Target, Threads, multiply};
use super::{CHUNK_ROWS, values};
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

    fn fused_linear_onto(
        base: FloatTensor<Self>,
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

/// A layer's parameters.
#[derive(Clone, Copy)]
pub(super) struct Layer<'a> {
    /// `[outputs, inputs]`.
    pub(super) weight: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) inputs: usize,
    pub(super) precision: Precision,
}

impl Layer<'_> {
    pub(super) const fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// y = x · Wᵀ + b, onto a base of y's shape where there is one.
    ///
    /// # Shapes
    /// x `[rows, inputs]` → `[rows, outputs]`.
    pub(super) fn forward(&self, x: &[f32], base: Option<&[f32]>) -> Buffer {
        let mut out = Buffer::new(x.len() / self.inputs * self.outputs());
        self.forward_into(&mut out, x, base, Threads::All);
        out
    }

    /// The same into memory that is there.
    pub(super) fn forward_into(
        &self,
        out: &mut [f32],
        x: &[f32],
        base: Option<&[f32]>,
        threads: Threads,
    ) {
        let bias = self.bias;
        multiply(
            Target {
                values: out,
                row_stride: self.outputs(),
                start: base.map_or(Start::Bias(bias), |base| Start::Onto { base, bias }),
            },
            Matrix::new(x, x.len() / self.inputs, self.inputs, self.inputs),
            self.matrix().transposed(),
            1.0,
            self.precision,
            threads,
        );
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(self.weight, self.outputs(), self.inputs, self.inputs)
    }
}

/// dx = dy · W.
///
/// # Shapes
/// dy `[rows, outputs]`, weight `[outputs, inputs]` → `[rows, inputs]`.
pub(super) fn input_gradient(
    dy: &[f32],
    weight: &[f32],
    [outputs, inputs]: [usize; 2],
    precision: Precision,
) -> Buffer {
    let rows = dy.len() / outputs;
    product(
        Matrix::new(dy, rows, outputs, outputs),
        Matrix::new(weight, outputs, inputs, inputs),
        precision,
    )
}

/// dW = dyᵀ · x.
///
/// # Shapes
/// dy `[rows, outputs]`, x `[rows, inputs]` → `[outputs, inputs]`.
pub(super) fn weight_gradient(
    dy: &[f32],
    x: &[f32],
    [outputs, inputs]: [usize; 2],
    precision: Precision,
) -> Buffer {
    let rows = dy.len() / outputs;
    product(
        Matrix::new(dy, rows, outputs, outputs).transposed(),
        Matrix::new(x, rows, inputs, inputs),
        precision,
    )
}

fn product(a: Matrix<'_>, b: Matrix<'_>, precision: Precision) -> Buffer {
    let mut values = Buffer::new(a.rows * b.columns);
    let target = Target {
        values: &mut values,
        row_stride: b.columns,
        start: Start::Zero,
    };
    multiply(target, a, b, 1.0, precision, Threads::All);
    values
}

/// db = Σ over the rows of a matrix of `width` columns.
pub(super) fn bias_gradient(dy: &[f32], width: usize) -> Vec<f32> {
    let partial: Vec<Vec<f32>> = dy
        .par_chunks(CHUNK_ROWS * width)
        .map(|rows| Arch::new().dispatch(SumOfRows { rows, width }))
        .collect();
    let mut total = vec![0.0; width];
    for part in &partial {
        for (total, value) in total.iter_mut().zip(part) {
            *total += value;
        }
    }
    total
}

struct SumOfRows<'a> {
    rows: &'a [f32],
    width: usize,
}

impl WithSimd for SumOfRows<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let mut total = vec![0.0; self.width];
        for row in self.rows.chunks_exact(self.width) {
            update(
                simd,
                &mut total,
                [row],
                #[inline(always)]
                |total, [value]| simd.add_f32s(total, value),
            );
        }
        total
    }
}

/// [outputs, inputs] of a weight.
pub(super) fn sizes(weight: &FlexTensor) -> [usize; 2] {
    let shape = weight.layout().shape();
    [shape[0], shape[1]]
}

fn forward(
    base: Option<FlexTensor>,
    x: FlexTensor,
    weight: FlexTensor,
    bias: FlexTensor,
    precision: Precision,
) -> FlexTensor {
    let base = base.map(|base| base.to_contiguous());
    let (x, weight, bias) = (
        x.to_contiguous(),
        weight.to_contiguous(),
        bias.to_contiguous(),
    );
    let [outputs, inputs] = sizes(&weight);
    let layer = Layer {
        weight: values(&weight),
        bias: values(&bias),
        inputs,
        precision,
    };
    let out = layer.forward(values(&x), base.as_ref().map(values));
    let mut shape = x.layout().shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    out.into_tensor(Shape::from(shape))
}

impl LinearOp for Flex {
    fn fused_linear(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        precision: Precision,
    ) -> FlexTensor {
        forward(None, x, weight, bias, precision)
    }

    fn fused_linear_onto(
        base: FlexTensor,
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        precision: Precision,
    ) -> FlexTensor {
        forward(Some(base), x, weight, bias, precision)
    }
}

impl LinearGradient for Flex {
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
        let (shape, dys) = (sizes(&weight), values(&dy));
        let [x_wanted, weight_wanted, bias_wanted] = wanted;
        let dx = x_wanted.then(|| {
            let dx = input_gradient(dys, values(&weight), shape, precision);
            dx.into_tensor(x.layout().shape().clone())
        });
        let dw = weight_wanted.then(|| {
            let dw = weight_gradient(dys, values(&x), shape, precision);
            dw.into_tensor(weight.layout().shape().clone())
        });
        let db = bias_wanted.then(|| vector(bias_gradient(dys, shape[0])));
        [dx, dw, db]
    }
}

/// A tensor of one dimension.
pub(super) fn vector(values: Vec<f32>) -> FlexTensor {
    let shape = [values.len()];
    FlexTensor::from_data(TensorData::new(values, shape))
}

#[derive(Debug)]
struct LinearBackward;

/// The input, the weight, and how products are computed.
type State<B> = (FloatTensor<B>, FloatTensor<B>, Precision);

impl<B: LinearGradient> Backward<B, 3> for LinearBackward {
    type State = State<B>;

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

#[derive(Debug)]
struct LinearOntoBackward;

impl<B: LinearGradient> Backward<B, 4> for LinearOntoBackward {
    type State = State<B>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (x, weight, precision) = ops.state;
        let [base, parents @ ..] = ops.parents;
        let wanted = parents.each_ref().map(Option::is_some);
        let gradients = B::fused_linear_gradient(x, weight, dy.clone(), precision, wanted);
        for (parent, gradient) in parents.into_iter().zip(gradients) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
        if let Some(node) = base {
            grads.register::<B>(node.id, dy);
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
        let state = (x.primitive().clone(), weight.primitive().clone(), precision);
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
            OpsKind::Tracked(prep) => prep.finish(state, out),
            OpsKind::UnTracked(prep) => prep.finish(out),
        }
    }

    fn fused_linear_onto(
        base: FloatTensor<Self>,
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        precision: Precision,
    ) -> FloatTensor<Self> {
        let nodes = [base.node(), x.node(), weight.node(), bias.node()];
        let state = (x.primitive().clone(), weight.primitive().clone(), precision);
        let out = B::fused_linear_onto(
            base.into_primitive(),
            x.into_primitive(),
            weight.into_primitive(),
            bias.into_primitive(),
            precision,
        );
        match LinearOntoBackward
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish(state, out),
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

/// base + x · Wᵀ + b.
///
/// # Shapes
/// base `[rows, outputs]`, x `[rows, inputs]`, weight `[outputs, inputs]`, bias `[outputs]`; output as base.
pub(in crate::model) fn linear_onto(
    base: Tensor<2>,
    x: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    precision: Precision,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as LinearOp>::fused_linear_onto(
        base.into_dispatch(),
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        precision,
    ))
}
