//! Oracle: a fresh model at every step, on all pairs so far, for the budget of all steps so far.

use super::{Start, Strategy, in_proportion};

pub(super) struct Oracle;

impl Strategy for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn description(&self) -> &'static str {
        "starts from scratch at every step on all pairs so far, for the budget of all steps so far"
    }

    fn start(&self) -> Start {
        Start::Random
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        in_proportion(pool)
    }

    fn budget(&self, step: usize) -> f64 {
        (step + 1) as f64
    }
}
