//! The residual block both towers are made of: attention and MLP, each behind a layer norm.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{composed, kernels};

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

/// Two linear layers with a GELU between them.
#[derive(Module, Debug)]
pub(super) struct Mlp {
    pub(super) c_fc: Linear,
    pub(super) c_proj: Linear,
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

fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Tensor<1>) -> Tensor<D> {
    if kernels::apply_to(&x) {
        kernels::linear(x, weight, bias)
    } else {
        composed::linear(x, weight, bias)
    }
}

fn gelu(x: Tensor<3>) -> Tensor<3> {
    if kernels::apply_to(&x) {
        kernels::gelu(x)
    } else {
        composed::gelu(x)
    }
}

impl Linear {
    /// # Shapes
    /// x `[…, inputs]` → `[…, outputs]`.
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(x, self.weight.val(), self.bias.val())
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
    fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        let qkv = linear(x, self.in_proj_weight.val(), self.in_proj_bias.val());
        let mixed = if kernels::apply_to(&qkv) {
            kernels::attention(qkv, self.heads, causal)
        } else {
            composed::attention(qkv, self.heads, causal)
        };
        self.out_proj.forward(mixed)
    }
}

impl Block {
    /// # Shapes
    /// x `[samples, tokens, width]` → the same.
    fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.ln_1.forward(x), causal);
        let hidden = gelu(self.mlp.c_fc.forward(self.ln_2.forward(x.clone())));
        x + self.mlp.c_proj.forward(hidden)
    }
}

impl Transformer {
    /// # Shapes
    /// x `[samples, tokens, width]` → the same.
    pub(super) fn forward(&self, x: Tensor<3>, causal: bool) -> Tensor<3> {
        self.resblocks
            .iter()
            .fold(x, |x, block| block.forward(x, causal))
    }
}
