//! The difference between the means of two separate groups of samples.

use thiserror::Error;

use super::hypergeometric::Hypergeometric;
use super::monte_carlo::p_value;
use super::resampling::Resampling;
use crate::interval::{Spread, Stream, Values, bootstrap};

/// Draws that equal the observation but for rounding are as extreme as it.
const ROUNDING: f64 = 1e-9;

/// How far one group's mean is above another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Mean of the one − mean of the other.
    pub difference: f64,
    /// Lower end of its 95% interval (both groups resampled, percentiles).
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value of a permutation test: samples are dealt to groups of the same sizes at
    /// random. The statistic is studentised, so that groups may differ in variance (Janssen 1997).
    pub p: f64,
}

/// Why two groups have no gap.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GapError {
    /// One group has no samples.
    #[error("groups of {one} and {other} samples cannot be compared; each needs at least one")]
    Empty {
        /// Samples of the one.
        one: usize,
        /// Samples of the other.
        other: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {row} of the {group} group is not finite")]
    NotFinite {
        /// `first` or `second`.
        group: &'static str,
        /// The first such value, from 0.
        row: usize,
    },
}

/// The gap between two groups of values that share no samples.
///
/// # Errors
/// [`GapError`] when a group is empty or a value is not finite.
pub fn unpaired(one: &[f64], other: &[f64], resampling: &Resampling) -> Result<Gap, GapError> {
    if one.is_empty() || other.is_empty() {
        let (one, other) = (one.len(), other.len());
        return Err(GapError::Empty { one, other });
    }
    for (group, values) in [("first", one), ("second", other)] {
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(GapError::NotFinite { group, row });
        }
    }
    let (one, other) = (Spread::new(one.to_vec()), Spread::new(other.to_vec()));
    Ok(gap(&one, &other, resampling))
}

pub(super) fn gap(one: &Spread, other: &Spread, resampling: &Resampling) -> Gap {
    let (low, high) = bootstrap(resampling.resamples, resampling.seed, |stream| {
        one.resample(stream) - other.resample(stream)
    });
    Gap {
        difference: one.mean() - other.mean(),
        low,
        high,
        p: Pool::new(one, other).p(resampling),
    }
}

/// Both groups in one, values centred on their common mean.
struct Pool {
    rows: u64,
    /// Rows of the one group.
    dealt: u64,
    squares: f64,
    observed: f64,
    values: Values,
}

impl Pool {
    fn new(one: &Spread, other: &Spread) -> Self {
        let rows = one.n() + other.n();
        let mean = (one.mean() * one.n() as f64 + other.mean() * other.n() as f64) / rows as f64;
        let (sum, square) = sums(one, mean);
        let (_, square_of_other) = sums(other, mean);
        let values = match (one.values(), other.values()) {
            (Values::Counted(one), Values::Counted(other)) => {
                Values::Counted(merged(one, other, mean))
            }
            _ => Values::Rows(
                [one, other]
                    .into_iter()
                    .flat_map(expanded)
                    .map(|value| value - mean)
                    .collect(),
            ),
        };
        let mut pool = Self {
            rows,
            dealt: one.n(),
            squares: square + square_of_other,
            observed: 0.0,
            values,
        };
        pool.observed = pool.statistic(sum, square);
        pool
    }

    fn p(&self, resampling: &Resampling) -> f64 {
        let bound = self.observed * (1.0 - ROUNDING);
        let first = match &self.values {
            Values::Counted(counts) => Hypergeometric::new(self.rows, counts[0].1, self.dealt),
            Values::Rows(_) => Hypergeometric::new(self.rows, 0, self.dealt),
        };
        p_value(resampling.permutations, resampling.seed, |stream| {
            let (sum, square) = match &self.values {
                Values::Counted(counts) => self.deal_counts(counts, &first, stream),
                Values::Rows(rows) => self.deal_rows(rows, stream),
            };
            self.statistic(sum, square) >= bound
        })
    }

    /// Sum and sum of squares of the rows dealt to the one group: of each value in turn a
    /// hypergeometric number, the first of which always has the same law.
    fn deal_counts(
        &self,
        counts: &[(f64, u64)],
        first: &Hypergeometric,
        stream: &mut Stream,
    ) -> (f64, f64) {
        let (mut rows, mut dealt) = (self.rows, self.dealt);
        let (mut sum, mut square) = (0.0, 0.0);
        for (at, (value, count)) in counts.iter().enumerate() {
            let drawn = if at == 0 {
                first.draw(stream)
            } else if *count == rows {
                dealt
            } else {
                Hypergeometric::new(rows, *count, dealt).draw(stream)
            };
            rows -= count;
            dealt -= drawn;
            sum += value * drawn as f64;
            square += value * value * drawn as f64;
        }
        (sum, square)
    }

    /// The same by selection sampling: a row is dealt with probability (still to deal) / (still there).
    fn deal_rows(&self, rows: &[f64], stream: &mut Stream) -> (f64, f64) {
        let mut dealt = self.dealt as usize;
        let (mut sum, mut square) = (0.0, 0.0);
        for (at, value) in rows.iter().enumerate() {
            if stream.below(rows.len() - at) < dealt {
                dealt -= 1;
                sum += value;
                square += value * value;
            }
        }
        (sum, square)
    }

    /// Square of the difference of means over its standard error; the values' total is zero.
    fn statistic(&self, sum: f64, square: f64) -> f64 {
        let (one, other) = (self.dealt as f64, (self.rows - self.dealt) as f64);
        let (mean, mean_of_other) = (sum / one, -sum / other);
        let variance = |square: f64, mean: f64, n: f64| (square / n - mean * mean).max(0.0) / n;
        let error =
            variance(square, mean, one) + variance(self.squares - square, mean_of_other, other);
        let difference = (mean - mean_of_other).powi(2);
        let scale = self.squares / self.rows as f64;
        if difference <= ROUNDING * ROUNDING * scale {
            0.0
        } else if error <= ROUNDING * ROUNDING * scale {
            f64::INFINITY
        } else {
            difference / error
        }
    }
}

/// Sum and sum of squares of the values less `mean`.
fn sums(spread: &Spread, mean: f64) -> (f64, f64) {
    let add = |(sum, square): (f64, f64), value: f64, count: f64| {
        let centred = value - mean;
        (sum + centred * count, square + centred * centred * count)
    };
    match spread.values() {
        Values::Counted(counts) => counts.iter().fold((0.0, 0.0), |sums, (value, count)| {
            add(sums, *value, *count as f64)
        }),
        Values::Rows(rows) => rows
            .iter()
            .fold((0.0, 0.0), |sums, value| add(sums, *value, 1.0)),
    }
}

fn expanded(spread: &Spread) -> Vec<f64> {
    match spread.values() {
        Values::Counted(counts) => counts
            .iter()
            .flat_map(|(value, count)| std::iter::repeat_n(*value, *count as usize))
            .collect(),
        Values::Rows(rows) => rows.clone(),
    }
}

/// Counts of both, by ascending value.
fn merged(one: &[(f64, u64)], other: &[(f64, u64)], mean: f64) -> Vec<(f64, u64)> {
    let mut counts = [one, other].concat();
    counts.sort_by(|a, b| a.0.total_cmp(&b.0));
    counts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|equal| {
            (
                equal[0].0 - mean,
                equal.iter().map(|(_, count)| count).sum(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(hits: usize, n: usize) -> Vec<f64> {
        (0..n).map(|at| f64::from(u8::from(at < hits))).collect()
    }

    #[test]
    fn a_gap_has_the_width_of_the_normal_approximation() {
        let found =
            unpaired(&hits(60, 200), &hits(160, 400), &Resampling::default()).expect("two groups");
        let half = 1.96 * (0.3_f64 * 0.7 / 200.0 + 0.4 * 0.6 / 400.0).sqrt();
        assert!((found.difference + 0.1).abs() < 1e-12);
        assert!((found.low + 0.1 + half).abs() < 0.008, "{found:?}");
        assert!((found.high + 0.1 - half).abs() < 0.008, "{found:?}");
        // z = 2.46.
        assert!((found.p - 0.014).abs() < 0.006, "{found:?}");
    }

    #[test]
    fn counts_and_rows_are_dealt_alike() {
        let (one, other) = (hits(25, 60), hits(60, 250));
        let counted = unpaired(&one, &other, &Resampling::default()).expect("two groups");
        // A hair's breadth between equal values makes them rows.
        let apart = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .enumerate()
                .map(|(at, v)| v + 1e-7 * at as f64)
                .collect()
        };
        let rows =
            unpaired(&apart(&one), &apart(&other), &Resampling::default()).expect("two groups");
        assert!(
            (counted.p / rows.p - 1.0).abs() < 0.4,
            "{counted:?} {rows:?}"
        );
        assert!((counted.low - rows.low).abs() < 0.01 && (counted.high - rows.high).abs() < 0.01);
    }

    #[test]
    fn a_group_of_one_usual_sample_is_no_evidence() {
        let found = unpaired(&[0.0], &hits(3, 100), &Resampling::default()).expect("two groups");
        assert_eq!(found.p, 1.0);
        let equal = unpaired(&[0.5; 9], &[0.5; 30], &Resampling::default()).expect("two groups");
        assert_eq!((equal.difference, equal.p), (0.0, 1.0));
    }

    #[test]
    fn empty_groups_and_broken_values_are_refused() {
        let resampling = Resampling::default();
        let error = unpaired(&[], &[1.0], &resampling).expect_err("nothing there");
        assert_eq!(error, GapError::Empty { one: 0, other: 1 });
        let error = unpaired(&[1.0], &[0.0, f64::NAN], &resampling).expect_err("NaN");
        assert_eq!(
            error,
            GapError::NotFinite {
                group: "second",
                row: 1
            }
        );
    }
}
