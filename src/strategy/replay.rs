//! A replay buffer: old pairs that are seen beside the new ones.

use super::{KeysError, StrategyKeys};

/// The key for the buffer's size.
pub(super) const BUDGET: &str = "replay-budget-steps";
/// As many old pairs as new ones.
pub(super) const DEFAULT_BUDGET: f64 = 1.0;

/// Reads the buffer's size.
pub(super) fn budget(keys: &StrategyKeys) -> Result<f64, KeysError> {
    keys.none_but(&[BUDGET])?;
    let allowed = "are numbers from 0 (no replay): old pairs in the mixture for each new one";
    keys.number(BUDGET, DEFAULT_BUDGET, allowed, |budget| budget >= 0.0)
}

/// The current step's pairs and, for each of them, `budget` old ones, divided over the past by `weights`.
pub(super) fn with_replay(weights: &[f64], budget: f64) -> Vec<f64> {
    if weights.is_empty() {
        return vec![1.0];
    }
    let (total, old) = (weights.iter().sum::<f64>(), budget / (1.0 + budget));
    let mut shares: Vec<f64> = weights.iter().map(|weight| old * weight / total).collect();
    shares.push(1.0 - old);
    shares
}

/// Shares in proportion to the number of pairs.
pub(super) fn in_proportion(pool: &[u64]) -> Vec<f64> {
    let total: u64 = pool.iter().sum();
    pool.iter()
        .map(|&pairs| pairs as f64 / total as f64)
        .collect()
}
