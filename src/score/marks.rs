//! Marks: what a model reached on one evaluation set, before anybody asks which model it was.

use std::collections::BTreeMap;

use ticclip_eval::interval;
use ticclip_eval::metric::Statistic;

use super::{Prediction, ScoreError};

/// A model's result on one evaluation set.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The metric that counts, in [0, 1].
    pub value: f64,
    /// Samples it is the mean of.
    pub n: u64,
    /// What guessing would reach.
    pub chance: f64,
    /// All metrics that apply.
    pub metrics: BTreeMap<String, f64>,
    /// 95% interval of the value.
    pub interval: (f64, f64),
    /// The answer to every sample.
    pub predictions: Vec<Prediction>,
    /// What of the set does not count, and why.
    pub left_out: LeftOut,
}

/// What of a set does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Samples without an image that can be read, or without what is asked.
    pub samples: u64,
    /// Key of the first of them, and what is wrong with it.
    pub first: Option<(String, String)>,
    /// Classes that have a name and no sample.
    pub classes: Vec<usize>,
}

impl Marks {
    /// Marks from all metrics that apply, by name; `metric` counts.
    pub(super) fn of(
        statistics: &[(String, Box<dyn Statistic>)],
        metric: &str,
        predictions: Vec<Prediction>,
        left_out: LeftOut,
    ) -> Result<Self, ScoreError> {
        let counts = statistics.iter().find(|(name, _)| name == metric);
        let (_, counts) = counts.ok_or_else(|| ScoreError::Undefined {
            metric: metric.to_owned(),
            there: statistics.iter().map(|(name, _)| name.clone()).collect(),
        })?;
        let metrics: BTreeMap<String, f64> = statistics
            .iter()
            .map(|(name, statistic)| (name.clone(), statistic.whole()))
            .collect();
        Ok(Self {
            value: metrics[metric],
            n: counts.rows() as u64,
            chance: counts.chance(),
            metrics,
            interval: interval_of(counts.as_ref())?,
            predictions,
            left_out,
        })
    }
}

/// The interval of a metric: exact for a share, else by bootstrap.
fn interval_of(statistic: &dyn Statistic) -> Result<(f64, f64), ScoreError> {
    let Some(contributions) = statistic.contributions() else {
        let value = |rows: &[usize]| {
            let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
            statistic.value(&rows)
        };
        return Ok(interval::of_statistic(statistic.rows(), value)?);
    };
    if contributions
        .iter()
        .all(|value| *value == 0.0 || *value == 1.0)
    {
        let hits = contributions.iter().filter(|value| **value == 1.0).count();
        return Ok(interval::of_share(hits as u64, contributions.len() as u64));
    }
    Ok(interval::of_mean(&contributions))
}
