//! The residual block both towers are made of: attention and MLP, each behind a layer norm.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::kernels::Runs;
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

/// How a batch goes through a stack of blocks.
#[derive(Clone, Debug)]
pub(super) struct Pass {
    /// Which rows are one sample.
    pub(super) runs: Runs,
    /// Whether a token sees only itself and those before it.
    pub(super) causal: bool,
    /// The rows that are wanted of the last block, one a sample, if not all. Each must see all of its sample: under a
    /// causal mask it is the sample's last.
    pub(super) picked: Option<Arc<[usize]>>,
    pub(super) precision: Precision,
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

/// Rows of a matrix, in the order of `index`.
///
/// # Shapes
/// table `[rows, width]` → `[picked, width]`.
pub(super) fn gather(table: Tensor<2>, index: Arc<[usize]>) -> Tensor<2> {
    if kernels::apply_to(&table) {
        kernels::gather(table, index)
    } else {
        composed::gather(table, &index)
    }
}

impl Linear {
    /// # Shapes
    /// x `[…, inputs]` → `[…, outputs]`.
    pub(super) fn forward<const D: usize>(&self, x: Tensor<D>, precision: Precision) -> Tensor<D> {
        linear(x, self.weight.val(), self.bias.val(), precision)
    }

    /// base + x · Wᵀ + b.
    ///
    /// # Shapes
    /// base `[rows, outputs]`, x `[rows, inputs]` → as base.
    fn onto(&self, base: Tensor<2>, x: Tensor<2>, precision: Precision) -> Tensor<2> {
        let (weight, bias) = (self.weight.val(), self.bias.val());
        if kernels::apply_to(&x) {
            kernels::linear_onto(base, x, weight, bias, precision)
        } else {
            base + composed::linear(x, weight, bias)
        }
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
    /// base + attention of x.
    ///
    /// # Shapes
    /// base and x `[rows, width]` → the same.
    fn onto(&self, base: Tensor<2>, x: Tensor<2>, pass: &Pass) -> Tensor<2> {
        let (weight, bias) = (self.in_proj_weight.val(), self.in_proj_bias.val());
        let (runs, precision) = (&pass.runs, pass.precision);
        let qkv = linear(x, weight, bias, precision);
        let mixed = if kernels::apply_to(&qkv) {
            kernels::attention(qkv, runs.clone(), self.heads, pass.causal, precision)
        } else {
            composed::attention(qkv, runs, self.heads, pass.causal)
        };
        self.out_proj.onto(base, mixed, precision)
    }

    /// base + attention of x, of the rows `picked` only, one a sample, each of which sees all of its sample.
    ///
    /// # Shapes
    /// base `[samples, width]`, x `[rows, width]` → as base.
    fn onto_picked(
        &self,
        base: Tensor<2>,
        x: Tensor<2>,
        picked: Arc<[usize]>,
        pass: &Pass,
    ) -> Tensor<2> {
        let [_, width] = x.dims();
        let (runs, precision) = (pass.runs.clone(), pass.precision);
        let (weight, bias) = (self.in_proj_weight.val(), self.in_proj_bias.val());
        let part = |rows: std::ops::Range<usize>| {
            (weight.clone().slice(rows.clone()), bias.clone().slice(rows))
        };
        let ((q_weight, q_bias), (kv_weight, kv_bias)) = (part(0..width), part(width..3 * width));
        let q = linear(gather(x.clone(), picked), q_weight, q_bias, precision);
        let kv = linear(x, kv_weight, kv_bias, precision);
        let mixed = kernels::pooled_attention(q, kv, runs, self.heads);
        self.out_proj.onto(base, mixed, precision)
    }
}

impl Mlp {
    /// base + the MLP of x.
    ///
    /// # Shapes
    /// base and x `[rows, width]` → the same.
    fn onto(&self, base: Tensor<2>, x: Tensor<2>, precision: Precision) -> Tensor<2> {
        if kernels::apply_to(&x) {
            return kernels::mlp(
                base,
                x,
                [self.c_fc.weight.val(), self.c_proj.weight.val()],
                [self.c_fc.bias.val(), self.c_proj.bias.val()],
                self.activation,
                precision,
            );
        }
        let hidden = composed::activate(self.c_fc.forward(x, precision), self.activation);
        self.c_proj.onto(base, hidden, precision)
    }
}

impl Block {
    /// # Shapes
    /// x `[rows, width]` → the same.
    fn forward(&self, x: Tensor<2>, pass: &Pass) -> Tensor<2> {
        let normed = self.ln_1.forward(x.clone());
        let x = self.attn.onto(x, normed, pass);
        self.with_mlp(x, pass.precision)
    }

    /// The rows `picked` of [`Self::forward`]'s output, on the CPU without the work on the others.
    ///
    /// # Shapes
    /// x `[rows, width]`, picked one a sample → `[samples, width]`.
    fn forward_picked(&self, x: Tensor<2>, picked: Arc<[usize]>, pass: &Pass) -> Tensor<2> {
        if !kernels::apply_to(&x) {
            return gather(self.forward(x, pass), picked);
        }
        let normed = self.ln_1.forward(x.clone());
        let base = gather(x, picked.clone());
        let x = self.attn.onto_picked(base, normed, picked, pass);
        self.with_mlp(x, pass.precision)
    }

    fn with_mlp(&self, x: Tensor<2>, precision: Precision) -> Tensor<2> {
        let normed = self.ln_2.forward(x.clone());
        self.mlp.onto(x, normed, precision)
    }
}

impl Transformer {
    /// All blocks.
    ///
    /// # Shapes
    /// x `[rows, width]` → the same, or `[samples, width]` where rows are picked.
    pub(super) fn forward(&self, x: Tensor<2>, pass: &Pass) -> Tensor<2> {
        (0..self.resblocks.len()).fold(x, |x, at| self.block(at, x, pass))
    }

    /// Block `at` alone.
    ///
    /// # Shapes
    /// x `[rows, width]` → the same, or `[samples, width]` of the last where rows are picked.
    pub(super) fn block(&self, at: usize, x: Tensor<2>, pass: &Pass) -> Tensor<2> {
        let block = &self.resblocks[at];
        match &pass.picked {
            Some(picked) if at + 1 == self.resblocks.len() => {
                block.forward_picked(x, Arc::clone(picked), pass)
            }
            _ => block.forward(x, pass),
        }
    }
}
