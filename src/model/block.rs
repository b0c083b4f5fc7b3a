//! The residual block both towers are made of: attention and MLP, each behind a layer norm.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{Precision, composed, kernels};

const EPSILON: f32 = 1e-5;

/// y = x · Wᵀ + b.
#[derive(Module, Debug)]
pub(super) struct Linear {
    /// `[outputs, inputs]`.
    pub(super) weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub(super) bias: Param<Tensor<1>>,
}

/// Layer norm over the last dimension.
#[derive(Module, Debug)]
pub(super) struct LayerNorm {
    /// Gain, `[width]`.
    pub(super) weight: Param<Tensor<1>>,
    /// `[width]`.
    pub(super) bias: Param<Tensor<1>>,
}

/// Multi-head self-attention with packed input projections.
#[derive(Module, Debug)]
pub(super) struct Attention {
    /// Queries, keys and values, `[3 · width, width]`.
    pub(super) in_proj_weight: Param<Tensor<2>>,
    /// `[3 · width]`.
    pub(super) in_proj_bias: Param<Tensor<1>>,
    pub(super) out_proj: Linear,
    pub(super) heads: usize,
}

/// What stands between the two layers of an MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// x · Φ(x), Φ the normal distribution function.
    Gelu,
    /// x · σ(1.702 x), σ the logistic function.
    QuickGelu,
}

/// Two linear layers with an activation between them.
#[derive(Module, Debug)]
pub(super) struct Mlp {
    pub(super) c_fc: Linear,
    pub(super) c_proj: Linear,
    #[module(skip)]
    pub(super) activation: Activation,
}

/// One residual block.
#[derive(Module, Debug)]
pub(super) struct Block {
    pub(super) ln_1: LayerNorm,
    pub(super) attn: Attention,
    pub(super) ln_2: LayerNorm,
    pub(super) mlp: Mlp,
}

/// A stack of blocks.
#[derive(Module, Debug)]
pub(super) struct Transformer {
    pub(super) resblocks: Vec<Block>,
}

/// x · Wᵀ + b over the last dimension.
///
/// # Shapes
/// x `[…, inputs]`, weight `[outputs, inputs]`, bias `[outputs]` → `[…, outputs]`.
pub(super) fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    precision: Precision,
) -> Tensor<D> {
    if kernels::apply_to(&x) {
        kernels::linear(x, weight, bias, precision)
    } else {
        composed::linear(x, weight, bias)
    }
}

fn activate(x: Tensor<3>, activation: Activation) -> Tensor<3> {
    if kernels::apply_to(&x) {
        kernels::activate(x, activation)
    } else {
        composed::activate(x, activation)
    }
}

impl Linear {
    /// # Shapes
    /// x `[…, inputs]` → `[…, outputs]`.
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>, precision: Precision) -> Tensor<D> {
        linear(x, self.weight.val(), self.bias.val(), precision)
    }
}

impl LayerNorm {
    /// # Shapes
    /// x `[…, width]` → the same.
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let (gamma, beta) = (self.weight.val(), self.bias.val());
        if kernels::apply_to(&x) {
            kernels::layer_norm(x, gamma, beta, EPSILON)
        } else {
            composed::layer_norm(x, gamma, beta, EPSILON)
        }
    }
}

impl Attention {
    /// # Shapes
    /// x `[samples, tokens, width]` → the same.
    fn forward(&self, x: Tensor<3>, causal: bool, precision: Precision) -> Tensor<3> {
        let qkv = linear(
            x,
            self.in_proj_weight.val(),
            self.in_proj_bias.val(),
            precision,
        );
        let mixed = if kernels::apply_to(&qkv) {
            kernels::attention(qkv, self.heads, causal, precision)
        } else {
            composed::attention(qkv, self.heads, causal)
        };
        self.out_proj.forward(mixed, precision)
    }
}

impl Block {
    /// # Shapes
    /// x `[samples, tokens, width]` → the same.
    fn forward(&self, x: Tensor<3>, causal: bool, precision: Precision) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.ln_1.forward(x), causal, precision);
        let mlp = &self.mlp;
        let hidden = mlp.c_fc.forward(self.ln_2.forward(x.clone()), precision);
        x + mlp
            .c_proj
            .forward(activate(hidden, mlp.activation), precision)
    }
}

impl Transformer {
    /// # Shapes
    /// x `[samples, tokens, width]` → the same.
    pub(super) fn forward(&self, x: Tensor<3>, causal: bool, precision: Precision) -> Tensor<3> {
        self.resblocks
            .iter()
            .fold(x, |x, block| block.forward(x, causal, precision))
    }
}
