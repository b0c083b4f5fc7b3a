//! Terms that grow or shrink over all steps: the test for a linear trend in shares.
//!
//! Cochran (1954) and Armitage (1955): with yᵢ of nᵢ captions at time tᵢ, p the share in all N and
//! t̄ the mean time of captions, T = Σ yᵢ (tᵢ − t̄), its variance is p (1 − p) Σ nᵢ (tᵢ − t̄)² and
//! z = T / √variance. That is the score test of the slope in a logistic regression.

use rayon::prelude::*;
use thiserror::Error;

use super::log_odds::{LogOddsError, Ranked, best, check};
use super::term_table::{Term, TermTable};

/// Terms by their trend.
#[derive(Clone, Debug, PartialEq)]
pub struct Trends {
    /// Terms whose share grows, the surest first.
    pub growing: Vec<Ranked>,
    /// Terms whose share shrinks, the surest first; z is below zero.
    pub shrinking: Vec<Ranked>,
}

/// Why there is no trend to look for.
#[derive(Debug, Error, PartialEq)]
pub enum TrendError {
    /// Not one time a step, or one that is no number.
    #[error("times {times:?} of {steps} steps, expected one finite number a step")]
    Times {
        /// The times.
        times: Vec<f64>,
        /// Number of steps.
        steps: usize,
    },
    /// Captions of one moment.
    #[error("all captions are of one time, expected two at least")]
    OneTime,
    /// Counts that do not fit.
    #[error(transparent)]
    Counts(#[from] LogOddsError),
}

/// z of the trend in counts/captions, and its slope in log-odds a unit of time (one Newton step
/// from no change); none where no caption or every caption has the term, or all are of one time.
///
/// # Shapes
/// counts, captions and times `[steps]`.
pub(super) fn cochran_armitage(
    counts: &[u64],
    captions: &[u64],
    times: &[f64],
) -> Option<(f64, f64)> {
    let all: u64 = captions.iter().sum();
    let with: u64 = counts.iter().sum();
    if with == 0 || with >= all {
        return None;
    }
    let share = with as f64 / all as f64;
    let middle = middle(captions, times);
    let (mut sum, mut spread) = (0.0, 0.0);
    for ((count, captions), time) in counts.iter().zip(captions).zip(times) {
        let away = time - middle;
        sum += (*count as f64 - share * *captions as f64) * away;
        spread += *captions as f64 * away * away;
    }
    let variance = share * (1.0 - share) * spread;
    (variance > 0.0).then(|| (sum / variance.sqrt(), sum / variance))
}

/// Terms whose share grows or shrinks over all steps, by z; at most `limit` of each.
///
/// Where terms were dropped to bound memory, what may have been missed is counted where it speaks
/// against the trend.
///
/// # Shapes
/// times `[steps]`: the middle of each step, in the unit that slopes are wanted in.
///
/// # Errors
/// [`TrendError`] when times do not fit the steps or captions are of one time.
pub fn trends(table: &TermTable, times: &[f64], limit: usize) -> Result<Trends, TrendError> {
    let steps = table.captions.len();
    if times.len() != steps || times.iter().any(|time| !time.is_finite()) {
        return Err(TrendError::Times {
            times: times.to_vec(),
            steps,
        });
    }
    let mut seen = times
        .iter()
        .zip(&table.captions)
        .filter(|(_, captions)| **captions > 0)
        .map(|(time, _)| *time);
    let first = seen.next().ok_or(TrendError::OneTime)?;
    if seen.all(|time| time == first) {
        return Err(TrendError::OneTime);
    }
    check(table)?;
    let middle = middle(&table.captions, times);
    let one_way = |sign: f64| {
        let scored: Vec<(usize, f64, f64)> = table
            .terms
            .par_iter()
            .enumerate()
            .filter_map(|(at, term)| {
                let against = |step: usize| (times[step] - middle) * sign < 0.0;
                let counts = counts(term, &table.captions, against);
                let (z, slope) = cochran_armitage(&counts, &table.captions, times)?;
                (z * sign > 0.0).then_some((at, z * sign, slope))
            })
            .collect();
        best(table, scored, limit)
    };
    let growing = one_way(1.0);
    let mut shrinking = one_way(-1.0);
    for term in &mut shrinking {
        term.z = -term.z;
    }
    Ok(Trends { growing, shrinking })
}

/// Mean time of captions.
fn middle(captions: &[u64], times: &[f64]) -> f64 {
    let all: u64 = captions.iter().sum();
    let sum: f64 = captions
        .iter()
        .zip(times)
        .map(|(captions, time)| *captions as f64 * time)
        .sum();
    sum / all as f64
}

/// The term's counts, with what may have been missed in the steps chosen.
fn counts(term: &Term, captions: &[u64], missed: impl Fn(usize) -> bool) -> Vec<u64> {
    let own = term.counts.iter().zip(&term.missed).zip(captions);
    own.enumerate()
        .map(|(step, ((count, more), captions))| {
            if missed(step) {
                count.saturating_add(*more).min(*captions)
            } else {
                *count
            }
        })
        .collect()
}
