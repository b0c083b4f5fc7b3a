//! Sequential: continue from the best checkpoint of the step before on the new pairs alone.

use super::{KeysError, Strategy, StrategyKeys};

/// Keys of `[strategy.sequential]`.
pub(super) struct Sequential {
    /// Evenly spaced checkpoints of a step that are compared on the step's held-out pairs; 1 takes the last.
    candidates: u64,
}

impl Default for Sequential {
    fn default() -> Self {
        Self { candidates: 4 }
    }
}

impl Strategy for Sequential {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn description(&self) -> &'static str {
        "continues from the best checkpoint of the step before on the new step's pairs alone"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["candidates"])?;
        let allowed = "are whole numbers from 1 (the last checkpoint is taken)";
        self.candidates = keys.count("candidates", self.candidates, 1, allowed)?;
        Ok(())
    }

    fn candidates(&self) -> u64 {
        self.candidates
    }
}
