//! Cumulative-Exp: new pairs and a replay buffer, a past step's share of it halved per step of age.

use super::replay::{self, with_replay};
use super::{KeysError, Strategy, StrategyKeys};

/// Keys of `[strategy.cumulative-exp]`.
pub(super) struct CumulativeExp {
    /// Old pairs for each new one.
    replay_budget_steps: f64,
}

impl Default for CumulativeExp {
    fn default() -> Self {
        Self {
            replay_budget_steps: replay::DEFAULT_BUDGET,
        }
    }
}

impl Strategy for CumulativeExp {
    fn name(&self) -> &'static str {
        "cumulative-exp"
    }

    fn description(&self) -> &'static str {
        "continues on new pairs and a buffer of old ones, a past step's share halved per step of age"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        self.replay_budget_steps = replay::budget(&keys)?;
        Ok(())
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        let past = pool.len() - 1;
        let weights: Vec<f64> = (0..past)
            .map(|step| 0.5_f64.powi((past - 1 - step) as i32))
            .collect();
        with_replay(&weights, self.replay_budget_steps)
    }
}
