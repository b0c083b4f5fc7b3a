//! A block's MLP onto its residual: y = base + W₂ · a(W₁ · x + b₁) + b₂, a the activation.
//!
//! Of what lies between the layers only the hidden values before the activation are kept for the backward pass: their
//! activation is needed there together with its slope, and both come from one exponential.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_flex::FlexTensor;
use rayon::prelude::*;

use super::activation::{activate, activated, gradient};
use super::buffer::Buffer;
use super::linear::{Layer, bias_gradient, input_gradient, sizes, vector, weight_gradient};
use super::matrix::Threads;
use super::{CHUNK_ROWS, values};
use crate::model::Precision;
use crate::model::block::Activation;

/// What an MLP's two products and its activation are computed by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    activation: Activation,
    precision: Precision,
}

/// An MLP as one differentiable operation.
#[backend_extension(Flex, Autodiff)]
pub(super) trait MlpOp: Backend {
    fn fused_mlp(
        base: FloatTensor<Self>,
        x: FloatTensor<Self>,
        weight_1: FloatTensor<Self>,
        bias_1: FloatTensor<Self>,
        weight_2: FloatTensor<Self>,
        bias_2: FloatTensor<Self>,
        manner: Manner,
    ) -> FloatTensor<Self>;
}

/// What the backward pass needs besides the gradient: x, both weights, and the hidden values.
type Kept<B> = [FloatTensor<B>; 4];

/// The backward pass of [`MlpOp`].
pub(super) trait MlpGradient: Backend {
    /// The output, and what to keep. `inputs` are those of [`MlpOp::fused_mlp`].
    fn fused_mlp_keeping(
        inputs: [FloatTensor<Self>; 6],
        manner: Manner,
    ) -> (FloatTensor<Self>, Kept<Self>);

    /// Gradients of x, and of both layers' weights and biases.
    fn fused_mlp_gradient(
        kept: Kept<Self>,
        dy: FloatTensor<Self>,
        manner: Manner,
    ) -> [FloatTensor<Self>; 5];
}

impl MlpOp for Flex {
    fn fused_mlp(
        base: FlexTensor,
        x: FlexTensor,
        weight_1: FlexTensor,
        bias_1: FlexTensor,
        weight_2: FlexTensor,
        bias_2: FlexTensor,
        manner: Manner,
    ) -> FlexTensor {
        let inputs = [base, x, weight_1, bias_1, weight_2, bias_2];
        let inputs = inputs.map(|input| input.to_contiguous());
        let shape = inputs[0].layout().shape().clone();
        let [base, x, ..] = inputs.each_ref().map(values);
        let [first, second] = layers(&inputs, manner.precision);
        forgetting(base, x, [first, second], manner.activation).into_tensor(shape)
    }
}

/// The two layers, of the inputs of [`MlpOp::fused_mlp`].
fn layers(inputs: &[FlexTensor; 6], precision: Precision) -> [Layer<'_>; 2] {
    let [_, _, weight_1, bias_1, weight_2, bias_2] = inputs;
    [(weight_1, bias_1), (weight_2, bias_2)].map(|(weight, bias)| Layer {
        weight: values(weight),
        bias: values(bias),
        inputs: sizes(weight)[1],
        precision,
    })
}

/// Rows whose hidden values are computed, activated and used up while they are in the cache.
const ROWS: usize = 1024;

/// The output alone: hidden values need not stay.
fn forgetting(
    base: &[f32],
    x: &[f32],
    [first, second]: [Layer<'_>; 2],
    activation: Activation,
) -> Buffer {
    let (inputs, hidden_width, outputs) = (first.inputs, first.outputs(), second.outputs());
    let rows = x.len() / inputs;
    if rows < 4 * hidden_width {
        // Preparing the weights for each chunk anew would cost more than the cache saves.
        let mut hidden = first.forward(x, None);
        hidden
            .par_chunks_mut(CHUNK_ROWS * hidden_width)
            .for_each(|rows| activate(rows, activation));
        return second.forward(&hidden, Some(base));
    }
    let mut out = Buffer::new(rows * outputs);
    out.par_chunks_mut(ROWS * outputs)
        .zip(base.par_chunks(ROWS * outputs))
        .zip(x.par_chunks(ROWS * inputs))
        .for_each_init(
            || Buffer::new(ROWS * hidden_width),
            |hidden, ((out, base), x)| {
                let hidden = &mut hidden[..x.len() / inputs * hidden_width];
                first.forward_into(hidden, x, None, Threads::One);
                activate(hidden, activation);
                second.forward_into(out, hidden, Some(base), Threads::One);
            },
        );
    out
}

impl MlpGradient for Flex {
    fn fused_mlp_keeping(inputs: [FlexTensor; 6], manner: Manner) -> (FlexTensor, Kept<Self>) {
        let inputs = inputs.map(|input| input.to_contiguous());
        let [first, second] = layers(&inputs, manner.precision);
        let [base, x, ..] = inputs.each_ref();
        let hidden = first.forward(values(x), None);
        let active = activated(&hidden, manner.activation);
        let out = second.forward(&active, Some(values(base)));
        let hidden_width = first.outputs();
        let rows = hidden.len() / hidden_width;
        let out = out.into_tensor(base.layout().shape().clone());
        let hidden = hidden.into_tensor([rows, hidden_width].into());
        let [_, x, weight_1, _, weight_2, _] = inputs;
        (out, [x, weight_1, weight_2, hidden])
    }

    /// With h the hidden values and a their activation: dW₂ = dyᵀ · a, da = dy · W₂, dh = da · a′(h), dW₁ = dhᵀ · x,
    /// dx = dh · W₁; the biases' are sums over rows.
    fn fused_mlp_gradient(kept: Kept<Self>, dy: FlexTensor, manner: Manner) -> [FlexTensor; 5] {
        let [x, weight_1, weight_2, hidden] = kept;
        let Manner {
            activation,
            precision,
        } = manner;
        let dy = dy.to_contiguous();
        let (shape_1, shape_2) = (sizes(&weight_1), sizes(&weight_2));
        let dys = values(&dy);
        let mut dhidden = input_gradient(dys, values(&weight_2), shape_2, precision);
        let active = gradient(values(&hidden), &mut dhidden, activation);
        let dw_2 = weight_gradient(dys, &active, shape_2, precision);
        drop(active);
        let dx = input_gradient(&dhidden, values(&weight_1), shape_1, precision);
        let dw_1 = weight_gradient(&dhidden, values(&x), shape_1, precision);
        [
            dx.into_tensor(x.layout().shape().clone()),
            dw_1.into_tensor(weight_1.layout().shape().clone()),
            vector(bias_gradient(&dhidden, shape_1[0])),
            dw_2.into_tensor(weight_2.layout().shape().clone()),
            vector(bias_gradient(dys, shape_2[0])),
        ]
    }
}

#[derive(Debug)]
struct MlpBackward;

impl<B: MlpGradient> Backward<B, 6> for MlpBackward {
    type State = (Kept<B>, Manner);

    fn backward(self, ops: Ops<Self::State, 6>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let (kept, manner) = ops.state;
        let [base, parents @ ..] = ops.parents;
        let gradients = B::fused_mlp_gradient(kept, dy.clone(), manner);
        for (parent, gradient) in parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
        if let Some(node) = base {
            grads.register::<B>(node.id, dy);
        }
    }
}

impl<B: MlpOp + MlpGradient, C: CheckpointStrategy> MlpOp for Autodiff<B, C> {
    fn fused_mlp(
        base: FloatTensor<Self>,
        x: FloatTensor<Self>,
        weight_1: FloatTensor<Self>,
        bias_1: FloatTensor<Self>,
        weight_2: FloatTensor<Self>,
        bias_2: FloatTensor<Self>,
        manner: Manner,
    ) -> FloatTensor<Self> {
        let inputs = [base, x, weight_1, bias_1, weight_2, bias_2];
        let nodes = inputs.each_ref().map(|input| input.node());
        let inputs = inputs.map(|input| input.into_primitive());
        match MlpBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (out, kept) = B::fused_mlp_keeping(inputs, manner);
                prep.finish((kept, manner), out)
            }
            OpsKind::UnTracked(prep) => {
                let [base, x, weight_1, bias_1, weight_2, bias_2] = inputs;
                prep.finish(B::fused_mlp(
                    base, x, weight_1, bias_1, weight_2, bias_2, manner,
                ))
            }
        }
    }
}

/// base + W₂ · a(W₁ · x + b₁) + b₂.
///
/// # Shapes
/// base and x `[rows, width]`, the first layer's weight `[hidden, width]`, the second's `[width, hidden]`, biases as long
/// as the first dimension; output as base.
pub(in crate::model) fn mlp(
    base: Tensor<2>,
    x: Tensor<2>,
    [weight_1, weight_2]: [Tensor<2>; 2],
    [bias_1, bias_2]: [Tensor<1>; 2],
    activation: Activation,
    precision: Precision,
) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as MlpOp>::fused_mlp(
        base.into_dispatch(),
        x.into_dispatch(),
        weight_1.into_dispatch(),
        bias_1.into_dispatch(),
        weight_2.into_dispatch(),
        bias_2.into_dispatch(),
        Manner {
            activation,
            precision,
        },
    ))
}
