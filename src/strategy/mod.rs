//! Strategies of continual training: where a step starts, what it sees and what it may cost.

mod cumulative_all;
mod cumulative_equal;
mod cumulative_exp;
mod oracle;
mod restart;
mod sequential;

use thiserror::Error;

/// Where the weights of a step come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The checkpoint of the step before; a fresh model at the first step.
    Previous,
    /// A fresh model at every step.
    Random,
}

/// How one method trains through time. The defaults are those of `sequential`.
pub trait Strategy: Send + Sync {
    /// The name on the command line and in every artefact.
    fn name(&self) -> &'static str;

    /// One sentence for reports.
    fn description(&self) -> &'static str;

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

    /// Budget of step `step` (from 0) in units of the recipe's samples per step.
    fn budget(&self, _step: usize) -> f64 {
        1.0
    }
}

/// A name that no strategy has.
#[derive(Debug, Error)]
#[error("unknown strategy {name:?}; there are {}", names().join(", "))]
pub struct UnknownStrategy {
    name: String,
}

/// Every strategy, in the order reports list them.
#[must_use]
pub fn all() -> Vec<Box<dyn Strategy>> {
    vec![
        Box::new(sequential::Sequential),
        Box::new(restart::Restart),
        Box::new(cumulative_all::CumulativeAll),
        Box::new(cumulative_equal::CumulativeEqual),
        Box::new(cumulative_exp::CumulativeExp),
        Box::new(oracle::Oracle),
    ]
}

/// Every strategy's name.
#[must_use]
pub fn names() -> Vec<&'static str> {
    all().iter().map(|strategy| strategy.name()).collect()
}

/// The strategy of that name.
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

/// Shares in proportion to the number of pairs.
fn in_proportion(pool: &[u64]) -> Vec<f64> {
    let total: u64 = pool.iter().sum();
    pool.iter()
        .map(|&pairs| pairs as f64 / total as f64)
        .collect()
}

/// The current step's pairs and a buffer of as many old ones, divided over the past by `weights`.
fn with_replay(pool: &[u64], weights: &[f64]) -> Vec<f64> {
    let (past, total) = (pool.len() - 1, weights.iter().sum::<f64>());
    if past == 0 {
        return vec![1.0];
    }
    let mut shares: Vec<f64> = weights.iter().map(|weight| 0.5 * weight / total).collect();
    shares.push(0.5);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_of_every_strategy_sum_to_one(pool in prop::collection::vec(1_u64..1_000_000, 1..12)) {
            for strategy in all() {
                let shares = strategy.mixture(&pool);
                prop_assert_eq!(shares.len(), pool.len());
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(shares.iter().all(|share| *share >= 0.0));
            }
        }
    }

    #[test]
    fn all_replays_in_proportion_to_size() {
        let shares = by_name("cumulative-all")
            .expect("it exists")
            .mixture(&[100, 300]);
        assert_eq!(shares, [0.25, 0.75]);
    }

    #[test]
    fn equal_splits_the_buffer_over_past_steps() {
        let shares = by_name("cumulative-equal")
            .expect("it exists")
            .mixture(&[100, 300, 50]);
        assert_eq!(shares, [0.25, 0.25, 0.5]);
    }

    #[test]
    fn exp_halves_a_past_steps_share_per_step_of_age() {
        let shares = by_name("cumulative-exp")
            .expect("it exists")
            .mixture(&[7, 7, 7, 7]);
        assert!((shares[2] / shares[1] - 2.0).abs() < 1e-12);
        assert!((shares[1] / shares[0] - 2.0).abs() < 1e-12);
        assert!((shares[3] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_oracle_pays_once_more_for_every_step() {
        let oracle = by_name("oracle").expect("it exists");
        let cost: f64 = (0..7).map(|step| oracle.budget(step)).sum();
        assert_eq!(cost, 28.0);
    }

    #[test]
    fn a_typo_is_answered_with_the_names_there_are() {
        let message = by_name("sequentail")
            .err()
            .expect("no such name")
            .to_string();
        assert!(
            message.contains("sequential") && message.contains("oracle"),
            "{message}"
        );
    }
}
