//! Marks: what a model reached on one evaluation set, before anybody asks which model it was.

use std::collections::BTreeMap;

use ticclip_eval::interval;

use super::Prediction;

/// A model's result on one evaluation set.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The metric that counts, in [0, 1].
    pub value: f64,
    /// Samples it is the mean of.
    pub n: u64,
    /// What guessing would reach.
    pub chance: f64,
    /// All metrics of the task's kind.
    pub metrics: BTreeMap<String, f64>,
    /// 95% interval of the value.
    pub interval: (f64, f64),
    /// The answer to every sample.
    pub predictions: Vec<Prediction>,
    /// Samples that could not be read.
    pub broken: u64,
}

/// The interval of the mean of what every sample contributes: exact for a share, else by bootstrap.
pub(super) fn interval_of(contributions: &[f64]) -> (f64, f64) {
    if contributions
        .iter()
        .all(|value| *value == 0.0 || *value == 1.0)
    {
        let hits = contributions.iter().filter(|value| **value == 1.0).count();
        return interval::of_share(hits as u64, contributions.len() as u64);
    }
    interval::of_mean(contributions)
}
