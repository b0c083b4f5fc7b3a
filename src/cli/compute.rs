//! Options of every command that a model computes for.

use clap::Args;

use super::known::known;
use crate::device::Choice;
use crate::model::Precision;

/// Where and how exactly a model computes.
#[derive(Clone, Copy, Debug, Args)]
pub struct ComputeArgs {
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = known::<Choice>(Choice::words), hide_possible_values = true)]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX)
    #[arg(long, value_name = "PRECISION", default_value = "f32", value_parser = known::<Precision>(Precision::words), hide_possible_values = true)]
    pub precision: Precision,
}
