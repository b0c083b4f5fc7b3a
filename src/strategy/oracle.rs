//! Oracle: a fresh model at every step, on all pairs so far, for the budget of all steps so far.

use super::replay::in_proportion;
use super::{Start, Strategy};

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

    fn budget(&self, granted: &[f64]) -> f64 {
        granted.iter().sum()
    }
}
