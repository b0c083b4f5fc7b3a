//! Fused operations of a CLIP on the CPU: each is one pass over memory where burn would make several.
//!
//! Every file holds one operation, its mathematics forward and backward. They run on burn's Flex
//! backend only; [`apply_to`] tells whether a tensor lives there. Elsewhere the layers compose
//! burn's own operations, and the tests hold the two forms against each other.
//!
//! Sums are taken over chunks of a fixed number of rows, so the bits do not depend on the number
//! of threads.

mod activation;
mod attention;
mod buffer;
mod elementary;
mod gather;
mod layer_norm;
mod linear;
mod matrix;
mod mlp;
#[cfg(target_arch = "x86_64")]
mod packed;
mod pooled_attention;
mod runs;

pub(super) use attention::attention;
pub(super) use gather::gather;
pub(super) use layer_norm::layer_norm;
pub(super) use linear::{linear, linear_onto};
pub(super) use mlp::mlp;
pub(super) use pooled_attention::pooled_attention;
pub(super) use runs::Runs;

use burn::tensor::{Device, Tensor};
use burn_flex::FlexTensor;

/// Rows a task works on; fixed, so that partial sums are the same whatever the thread count.
const CHUNK_ROWS: usize = 64;

/// Whether the fused operations can run where `x` lives.
pub(super) fn apply_to<const D: usize>(x: &Tensor<D>) -> bool {
    on_flex(&x.device())
}

/// Whether `device` is the CPU backend, with or without autodiff.
pub(crate) fn on_flex(device: &Device) -> bool {
    matches!(
        device.clone().inner().as_dispatch(),
        burn::backend::DispatchDevice::Flex(_)
    )
}

/// Whether the processor computes products in bf16.
pub(super) fn has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return packed::Engine::find(super::Precision::Bf16).is_some();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The values of a contiguous tensor that starts at its storage's first element.
fn values(x: &FlexTensor) -> &[f32] {
    x.as_slice::<f32>()
        .expect("the operation made its inputs contiguous f32")
}
