//! WiSE-FT (Wortsman et al. 2022): every step's weights are averaged with those of the first model; training goes on
//! from the weights before the averaging.

use super::merge::interpolate;
use super::{HookError, KeysError, Merged, Past, Strategy, StrategyKeys};
use crate::model::Clip;

/// Keys of `[strategy.wise-ft]`.
pub(super) struct WiseFt {
    /// Share of the step's own weights.
    alpha: f64,
}

impl Default for WiseFt {
    fn default() -> Self {
        Self { alpha: 0.5 }
    }
}

impl Strategy for WiseFt {
    fn name(&self) -> &'static str {
        "wise-ft"
    }

    fn description(&self) -> &'static str {
        "continues on the new step's pairs, and averages every step's weights with the first model's"
    }

    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&["alpha"])?;
        let allowed = "are numbers in [0, 1]: the share of the step's own weights";
        self.alpha = keys.number("alpha", self.alpha, allowed, |alpha| {
            (0.0..=1.0).contains(&alpha)
        })?;
        Ok(())
    }

    fn method(&self) -> Option<String> {
        Some(format!("wise-ft alpha {}", self.alpha))
    }

    fn merge(&self, trained: &Clip, past: &dyn Past) -> Result<Option<Merged>, HookError> {
        Ok(Some(Merged {
            model: interpolate(&past.first()?, trained, self.alpha),
            go_on_unmerged: true,
            log: None,
        }))
    }
}
