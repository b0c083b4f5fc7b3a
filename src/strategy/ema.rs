//! EMA: continue on the new pairs; a step ends with the running average of its weights.

use super::{KeysError, Strategy, StrategyKeys};

/// Keys of `[strategy.ema]`.
pub(super) struct Ema {
    /// What of the average stays at every update, once it has run for a while.
    decay: f64,
}

impl Default for Ema {
    fn default() -> Self {
        Self { decay: 0.999 }
    }
}

impl Strategy for Ema {
    fn name(&self) -> &'static str {
        "ema"
    }

    fn description(&self) -> &'static str {
        "continues on the new step's pairs, and ends every step with a running average of its weights"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["decay"])?;
        let allowed = "are numbers above 0 and below 1";
        self.decay = keys.number("decay", self.decay, allowed, |decay| {
            decay > 0.0 && decay < 1.0
        })?;
        Ok(())
    }

    fn average(&self) -> Option<f64> {
        Some(self.decay)
    }
}
