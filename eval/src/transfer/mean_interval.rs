//! How sure a mean over cells of the matrix is.
//!
//! Every tested step is a test set of its own, drawn apart from the others; the models of one
//! column are tested on the same samples, so their errors go together by an amount that scores
//! alone do not tell. With the worth of every sample to every model (1 or 0 for an accuracy, an
//! image's mean of its hits for retrieval) a mean over cells is a sum over columns of a mean over
//! samples, and [`interval_of_means`] resamples the samples of each column, all models at once.
//! With the cells' intervals alone, [`bound_of_means`] assumes the worst: that models of one
//! column err in step. Neither says how the mean would change with other training runs.

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};
use thiserror::Error;

use super::merged::Merged;
use super::part::Part;
use crate::interval::Interval;
use crate::shift::Random;

/// Resamples of a bootstrap.
const RESAMPLES: u64 = 2000;
/// Start of the bootstrap's random numbers; fixed, so that an interval is a function of the data.
const SEED: u64 = 0x7472_616e_7366_6572;
/// Each tail outside of a 95% interval.
const TAIL: f64 = 0.025;
/// Above so many samples the normal interval stands for the bootstrap's: the two then differ by
/// less than two runs of the bootstrap with 2000 resamples, and it costs thousands of times less.
const BOOTSTRAP_SAMPLES: usize = 20_000;
/// How far the mean of a cell's samples may be from its score: what sums in another order leave.
const TOLERANCE: f64 = 1e-6;

/// Why samples do not fit the scores they should explain.
#[derive(Debug, Error, PartialEq)]
pub enum MeanIntervalError {
    /// Models of one column that were not tested on the same samples.
    #[error(
        "the model after step {trained} has {samples} samples on step {tested}, others have {others}"
    )]
    Length {
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
        /// Samples of this model.
        samples: usize,
        /// Samples of the model before it.
        others: usize,
    },
    /// A sample's worth that is no number.
    #[error("sample {sample} of the model after step {trained} on step {tested} is not finite")]
    NotFinite {
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
        /// The sample's index.
        sample: usize,
    },
    /// A value that is no number.
    #[error("value {sample} of column {column} is not finite")]
    Value {
        /// The column's index.
        column: usize,
        /// The value's index.
        sample: usize,
    },
    /// A cell's interval that does not hold its score.
    #[error(
        "the interval of the model after step {trained} on step {tested} goes from {low} to {high}, expected finite ends around the score {score}"
    )]
    Interval {
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// The score.
        score: f64,
    },
    /// Samples whose mean is not the score.
    #[error(
        "the samples of the model after step {trained} on step {tested} have mean {mean}, the score is {score}"
    )]
    Disagree {
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
        /// Mean of the samples.
        mean: f64,
        /// The score.
        score: f64,
    },
}

/// 95% interval of the mean over `part`, from the cells' own intervals: never too narrow for what
/// models of one column have in common, and exact where they are right and wrong together.
///
/// A column's half width is the sum of its cells' half widths by weight, columns add in
/// quadrature; lower and upper halves apart, as intervals of shares are lopsided. None unless all
/// cells of the part have an interval.
///
/// # Shapes
/// intervals `[trained][tested]`, of the raw grid.
///
/// # Errors
/// [`MeanIntervalError::Interval`] naming a cell whose interval does not hold its score.
pub fn bound_of_means(
    merged: &Merged,
    part: Part,
    intervals: &[Vec<Option<Interval>>],
) -> Result<Option<Interval>, MeanIntervalError> {
    let Some(mean) = merged.mean(part) else {
        return Ok(None);
    };
    let weights = merged.weights(part);
    let (mut below, mut above) = (0.0, 0.0);
    for tested in 0..merged.raw.tested.len() {
        let (mut low_half, mut high_half) = (0.0, 0.0);
        for (trained, row) in weights.iter().enumerate() {
            if row[tested] == 0.0 {
                continue;
            }
            let interval = intervals.get(trained).and_then(|row| *row.get(tested)?);
            let (Some(score), Some((low, high))) = (merged.raw.values[trained][tested], interval)
            else {
                return Ok(None);
            };
            if !(low - TOLERANCE <= score && score <= high + TOLERANCE && (high - low).is_finite())
            {
                return Err(MeanIntervalError::Interval {
                    trained: merged.raw.trained[trained].clone(),
                    tested: merged.raw.tested[tested].clone(),
                    low,
                    high,
                    score,
                });
            }
            low_half += row[tested] * (score - low);
            high_half += row[tested] * (high - score);
        }
        below += low_half * low_half;
        above += high_half * high_half;
    }
    Ok(Some((mean - below.sqrt(), mean + above.sqrt())))
}

/// 95% interval of the mean over `part`, from what every sample was worth to every model.
///
/// `samples` gives the samples of the model after step `trained` on step `tested` of the raw grid,
/// in one order for all models; their mean is the score. None unless all cells of the part have
/// samples and scores.
///
/// # Errors
/// [`MeanIntervalError`] naming the cell whose samples differ in number, are not finite, or do not
/// have the score as their mean.
pub fn interval_of_means<'a>(
    merged: &Merged,
    part: Part,
    samples: impl Fn(usize, usize) -> Option<&'a [f64]>,
) -> Result<Option<Interval>, MeanIntervalError> {
    if merged.mean(part).is_none() {
        return Ok(None);
    }
    let weights = merged.weights(part);
    let mut columns = Vec::new();
    for tested in 0..merged.raw.tested.len() {
        let mut column: Vec<f64> = Vec::new();
        for (trained, row) in weights.iter().enumerate() {
            if row[tested] == 0.0 {
                continue;
            }
            let Some(own) = samples(trained, tested).filter(|own| !own.is_empty()) else {
                return Ok(None);
            };
            check(merged, (trained, tested), own, column.len())?;
            column.resize(own.len(), 0.0);
            for (sum, worth) in column.iter_mut().zip(own) {
                *sum += row[tested] * worth;
            }
        }
        columns.push(column);
    }
    of_sum_of_means(&columns).map(Some)
}

fn check(
    merged: &Merged,
    (trained, tested): (usize, usize),
    own: &[f64],
    others: usize,
) -> Result<(), MeanIntervalError> {
    let after = || merged.raw.trained[trained].clone();
    let on = || merged.raw.tested[tested].clone();
    if others > 0 && own.len() != others {
        return Err(MeanIntervalError::Length {
            trained: after(),
            tested: on(),
            samples: own.len(),
            others,
        });
    }
    if let Some(sample) = own.iter().position(|worth| !worth.is_finite()) {
        return Err(MeanIntervalError::NotFinite {
            trained: after(),
            tested: on(),
            sample,
        });
    }
    let mean = own.iter().sum::<f64>() / own.len() as f64;
    match merged.raw.values[trained][tested] {
        Some(score) if (score - mean).abs() > TOLERANCE => Err(MeanIntervalError::Disagree {
            trained: after(),
            tested: on(),
            mean,
            score,
        }),
        _ => Ok(()),
    }
}

/// 95% interval of a sum of means, each over samples of its own, which are independent.
///
/// The percentiles of 2000 resamples, each column's samples drawn with replacement; above 20 000
/// samples in all, the normal interval. The difference of two strategies is such a sum too: hand in
/// the differences of their samples. Columns without samples add nothing.
///
/// # Shapes
/// columns `[columns][samples of that column]`.
///
/// # Errors
/// [`MeanIntervalError::Value`] naming a value that is not finite.
pub fn of_sum_of_means(columns: &[Vec<f64>]) -> Result<Interval, MeanIntervalError> {
    for (column, own) in columns.iter().enumerate() {
        if let Some(sample) = own.iter().position(|value| !value.is_finite()) {
            return Err(MeanIntervalError::Value { column, sample });
        }
    }
    let columns: Vec<&Vec<f64>> = columns.iter().filter(|own| !own.is_empty()).collect();
    if columns.iter().map(|own| own.len()).sum::<usize>() > BOOTSTRAP_SAMPLES {
        return Ok(normal(&columns));
    }
    let mut sums: Vec<f64> = (0..RESAMPLES)
        .into_par_iter()
        .map(|resample| {
            let mut random = Random::new(SEED, resample);
            let mut mean = |own: &&Vec<f64>| {
                let total: f64 = (0..own.len()).map(|_| own[random.below(own.len())]).sum();
                total / own.len() as f64
            };
            columns.iter().map(&mut mean).sum()
        })
        .collect();
    sums.sort_by(f64::total_cmp);
    let at = |share: f64| sums[((RESAMPLES - 1) as f64 * share).round() as usize];
    Ok((at(TAIL), at(1.0 - TAIL)))
}

fn normal(columns: &[&Vec<f64>]) -> Interval {
    let (mut sum, mut variance) = (0.0, 0.0);
    for own in columns {
        let n = own.len() as f64;
        let mean = own.iter().sum::<f64>() / n;
        let squares: f64 = own.iter().map(|worth| (worth - mean).powi(2)).sum();
        sum += mean;
        // As the bootstrap: n, not n - 1.
        variance += squares / (n * n);
    }
    let half = Normal::standard().inverse_cdf(1.0 - TAIL) * variance.sqrt();
    (sum - half, sum + half)
}
