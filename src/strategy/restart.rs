//! Restart: a fresh model at every step, on all pairs so far, for the budget of one step.

use super::replay::in_proportion;
use super::{Start, Strategy};

pub(super) struct Restart;

impl Strategy for Restart {
    fn name(&self) -> &'static str {
        "restart"
    }

    fn description(&self) -> &'static str {
        "starts from scratch at every step on all pairs so far, for one step's budget"
    }

    fn start(&self) -> Start {
        Start::Random
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        in_proportion(pool)
    }
}
