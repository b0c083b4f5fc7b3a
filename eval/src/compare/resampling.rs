//! How often samples are drawn anew, and from which seed.

use crate::interval::{RESAMPLES, SEED};

/// Draws behind intervals and p-values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// Resamples of a bootstrap interval; at least one.
    pub resamples: usize,
    /// Draws of a permutation test at most: no p-value is below 1 / (permutations + 1).
    pub permutations: usize,
    /// Where random numbers start.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            resamples: RESAMPLES,
            permutations: 9_999,
            seed: SEED,
        }
    }
}
