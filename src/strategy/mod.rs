//! Strategies of continual training: where a step starts, what it sees, what holds it back, and what becomes of its
//! weights.

mod cumulative_all;
mod cumulative_equal;
mod cumulative_exp;
mod ema;
mod ewc;
mod keys;
mod lwf;
mod merge;
mod oracle;
mod patching;
mod penalty;
mod replay;
mod restart;
mod sequential;
mod wise_ft;

use thiserror::Error;
use ticclip_eval::near::{did_you_mean, near};

use crate::model::Clip;

pub use keys::{KeysError, StrategyKeys};
pub use merge::{Merged, Past};
pub use penalty::{Before, Left, Penalty};

/// What a strategy asks of its run may fail for reasons that only the run knows.
pub type HookError = Box<dyn std::error::Error + Send + Sync>;

/// Where the weights of a step come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The step before; a fresh model at the first step.
    Previous,
    /// A fresh model at every step.
    Random,
}

/// How one method trains through time. A method overrides what it does otherwise than going on, on the new pairs alone.
pub trait Strategy: Send + Sync {
    /// The name on the command line and in every artefact.
    fn name(&self) -> &'static str;

    /// One sentence for reports.
    fn description(&self) -> &'static str;

    /// Takes the keys of the recipe's table `[strategy.NAME]`.
    ///
    /// # Errors
    /// The key, and what is allowed.
    fn configure(&mut self, keys: StrategyKeys) -> Result<(), KeysError> {
        keys.none_but(&[])
    }

    /// Where each step's weights come from.
    fn start(&self) -> Start {
        Start::Previous
    }

    /// Share of every step's pairs in what is seen, for `pool[i]` pairs in steps 0 to now.
    ///
    /// The shares sum to one; the last entry is the current step's.
    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        let mut shares = vec![0.0; pool.len()];
        if let Some(current) = shares.last_mut() {
            *current = 1.0;
        }
        shares
    }

    /// Budget of a step, when the recipe grants `granted[i]` to steps 0 to now, in units of its samples per step.
    fn budget(&self, granted: &[f64]) -> f64 {
        granted.last().copied().unwrap_or(1.0)
    }

    /// What else decides the weights of a step that continues: the method and its keys. None if nothing does.
    fn method(&self) -> Option<String> {
        None
    }

    /// Decay of a running average of the weights, which every step then ends with.
    fn average(&self) -> Option<f64> {
        None
    }

    /// Evenly spaced checkpoints of a step, its last among them, of which the best on the step's own held-out pairs is
    /// where the next step starts. Without held-out pairs it is the last.
    fn candidates(&self) -> u64 {
        1
    }

    /// Whether the method cannot do without the held-out pairs of every step.
    fn needs_held_out(&self) -> bool {
        false
    }

    /// What holds a step that continues to what was there before it.
    ///
    /// # Errors
    /// When what it needs of the step before cannot be had.
    fn penalty(&self, _before: &dyn Before) -> Result<Option<Box<dyn Penalty>>, HookError> {
        Ok(None)
    }

    /// What becomes of the weights of a step that continued.
    ///
    /// # Errors
    /// When the models of the past cannot be had or scored.
    fn merge(&self, _trained: &Clip, _past: &dyn Past) -> Result<Option<Merged>, HookError> {
        Ok(None)
    }
}

/// A name that no strategy has.
#[derive(Debug, Error)]
#[error("unknown strategy {name:?}; there are {}{}", names().join(", "), did_you_mean(&near(name, names())))]
pub struct UnknownStrategy {
    name: String,
}

/// Every strategy with its keys' defaults, in the order reports list them.
#[must_use]
pub fn all() -> Vec<Box<dyn Strategy>> {
    vec![
        Box::new(sequential::Sequential::default()),
        Box::new(restart::Restart),
        Box::new(cumulative_all::CumulativeAll),
        Box::new(cumulative_equal::CumulativeEqual::default()),
        Box::new(cumulative_exp::CumulativeExp::default()),
        Box::new(lwf::Lwf::default()),
        Box::new(patching::Patching::default()),
        Box::new(ewc::Ewc::default()),
        Box::new(wise_ft::WiseFt::default()),
        Box::new(ema::Ema::default()),
        Box::new(oracle::Oracle),
    ]
}

/// Every strategy's name.
#[must_use]
pub fn names() -> Vec<&'static str> {
    all().iter().map(|strategy| strategy.name()).collect()
}

/// The strategy of that name, with its keys' defaults.
///
/// # Errors
/// [`UnknownStrategy`] listing the names there are.
pub fn by_name(name: &str) -> Result<Box<dyn Strategy>, UnknownStrategy> {
    all()
        .into_iter()
        .find(|strategy| strategy.name() == name)
        .ok_or_else(|| UnknownStrategy {
            name: name.to_owned(),
        })
}

#[cfg(test)]
mod tests;
