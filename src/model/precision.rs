//! How exactly the CPU computes matrix products.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What the operands of matrix products are rounded to; everything else is f32 always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Products as exact as f32 arithmetic.
    #[default]
    F32,
    /// Operands rounded to bf16 (8 bits), sums in f32: two to four times faster where the processor has
    /// AVX512-BF16 or AMX.
    Bf16,
}

/// A `--precision` that means nothing, or not on this machine.
#[derive(Debug, Error)]
pub enum PrecisionError {
    /// No such word.
    #[error("{0:?} is no precision; allowed are f32 and bf16")]
    Unknown(String),
    /// The processor cannot.
    #[error(
        "precision bf16 needs a processor with AMX (and a system that permits it) or AVX512-BF16, which this one is not; use f32"
    )]
    NoBf16,
    /// Only the CPU has it.
    #[error("precision bf16 is for the CPU; a GPU computes in f32")]
    NotOnGpu,
}

impl Precision {
    /// What it is called.
    pub(crate) fn words() -> Vec<&'static str> {
        vec!["f32", "bf16"]
    }

    /// Refuses what the device cannot do.
    ///
    /// # Errors
    /// [`PrecisionError`] when it is bf16 and the device has no such unit.
    pub fn check(self, device: &burn::tensor::Device) -> Result<(), PrecisionError> {
        match self {
            Self::F32 => Ok(()),
            Self::Bf16 if !super::on_flex(device) => Err(PrecisionError::NotOnGpu),
            Self::Bf16 if !super::kernels::has_bf16() => Err(PrecisionError::NoBf16),
            Self::Bf16 => Ok(()),
        }
    }
}

impl FromStr for Precision {
    type Err = PrecisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f32" => Ok(Self::F32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(PrecisionError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
        })
    }
}
