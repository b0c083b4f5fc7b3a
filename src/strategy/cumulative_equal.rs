//! Cumulative-Equal: new pairs and a replay buffer, split equally over past steps.

use super::replay::{self, with_replay};
use super::{KeysError, Strategy, StrategyKeys};

/// Keys of `[strategy.cumulative-equal]`.
pub(super) struct CumulativeEqual {
    /// Old pairs for each new one.
    replay_budget_steps: f64,
}

impl Default for CumulativeEqual {
    fn default() -> Self {
        Self {
            replay_budget_steps: replay::DEFAULT_BUDGET,
        }
    }
}

impl Strategy for CumulativeEqual {
    fn name(&self) -> &'static str {
        "cumulative-equal"
    }

    fn description(&self) -> &'static str {
        "continues on new pairs and a buffer of old ones, split equally over past steps"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        self.replay_budget_steps = replay::budget(&keys)?;
        Ok(())
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        with_replay(&vec![1.0; pool.len() - 1], self.replay_budget_steps)
    }
}
