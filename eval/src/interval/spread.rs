//! The values of a sample, ready to be resampled: counted where few are distinct, else in rows.
//!
//! Resampling n rows with replacement and counting how often each distinct value came up is one
//! draw from a multinomial distribution. For hits and misses, or the −1, 0, 1 of two models'
//! difference, two binomial draws do the work of n rows, exactly.

use rayon::prelude::*;

use super::stream::Stream;
use super::{Interval, percentiles};

/// Rows for each distinct value from which counting them pays: a binomial draw costs as much as
/// about this many rows.
const ROWS_A_COUNT: usize = 16;

/// Finite values, in ascending order whatever order they came in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spread {
    n: u64,
    mean: f64,
    values: Values,
}

/// How the values are held.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Distinct values and how often each is there.
    Counted(Vec<(f64, u64)>),
    /// One a row.
    Rows(Vec<f64>),
}

impl Spread {
    /// Takes finite values, at least one.
    pub(crate) fn new(mut rows: Vec<f64>) -> Self {
        // Adding zero makes one value of both zeros.
        rows.iter_mut().for_each(|value| *value += 0.0);
        rows.sort_unstable_by(f64::total_cmp);
        let distinct = rows.chunk_by(|a, b| a == b).count();
        if distinct * ROWS_A_COUNT <= rows.len() {
            return Self::counted(
                rows.chunk_by(|a, b| a == b)
                    .map(|equal| (equal[0], equal.len() as u64)),
            );
        }
        Self {
            n: rows.len() as u64,
            mean: rows.iter().sum::<f64>() / rows.len() as f64,
            values: Values::Rows(rows),
        }
    }

    /// Takes distinct values in ascending order, and how often each is there.
    pub(crate) fn counted(counts: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let counts: Vec<(f64, u64)> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        let n: u64 = counts.iter().map(|(_, count)| count).sum();
        let total: f64 = counts
            .iter()
            .map(|(value, count)| value * *count as f64)
            .sum();
        Self {
            n,
            mean: total / n as f64,
            values: Values::Counted(counts),
        }
    }

    /// Number of values.
    pub(crate) fn n(&self) -> u64 {
        self.n
    }

    /// Their mean.
    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    /// The values themselves.
    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// The same values times a factor.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let values = match &self.values {
            Values::Counted(counts) => Values::Counted(
                counts
                    .iter()
                    .map(|(value, count)| (value * factor, *count))
                    .collect(),
            ),
            Values::Rows(rows) => Values::Rows(rows.iter().map(|value| value * factor).collect()),
        };
        Self {
            n: self.n,
            mean: self.mean * factor,
            values,
        }
    }

    /// Mean of as many values, drawn with replacement.
    pub(crate) fn resample(&self, stream: &mut Stream) -> f64 {
        let total: f64 = match &self.values {
            Values::Counted(counts) => {
                let (mut rows, mut mass) = (self.n, self.n);
                counts
                    .iter()
                    .map(|(value, count)| {
                        let drawn = if *count == mass {
                            rows
                        } else {
                            stream.binomial(rows, *count as f64 / mass as f64)
                        };
                        rows -= drawn;
                        mass -= count;
                        value * drawn as f64
                    })
                    .sum()
            }
            Values::Rows(rows) => (0..rows.len())
                .map(|_| rows[stream.below(rows.len())])
                .sum(),
        };
        total / self.n as f64
    }
}

/// Percentile interval of what `draw` makes of `resamples` streams, at least one.
pub(crate) fn bootstrap(
    resamples: usize,
    seed: u64,
    draw: impl Fn(&mut Stream) -> f64 + Sync,
) -> Interval {
    percentiles(
        (0..resamples.max(1))
            .into_par_iter()
            .with_min_len(16)
            .map(|index| draw(&mut Stream::new(seed, index)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_distinct_values_are_counted_and_many_are_not() {
        let few = Spread::new((0..64).map(|i| f64::from(i % 4) - 1.0).collect());
        let counts = vec![(-1.0, 16), (0.0, 16), (1.0, 16), (2.0, 16)];
        assert_eq!(few.values(), &Values::Counted(counts));
        let many = Spread::new((0..64).rev().map(f64::from).collect());
        let rows = (0..64).map(f64::from).collect();
        assert_eq!(many.values(), &Values::Rows(rows));
        assert_eq!((few.mean(), many.mean()), (0.5, 31.5));
    }

    #[test]
    fn counts_and_rows_resample_to_one_distribution() {
        let counts = [(-1.0, 9), (0.0, 170), (0.5, 30), (1.0, 21)];
        let counted = Spread::counted(counts);
        let rows: Vec<f64> = counts
            .iter()
            .flat_map(|(value, count)| vec![*value; *count as usize])
            .collect();
        let rows = Spread {
            n: 230,
            mean: counted.mean(),
            values: Values::Rows(rows),
        };
        let moments = |spread: &Spread| {
            let means: Vec<f64> = (0..20_000)
                .map(|index| spread.resample(&mut Stream::new(5, index)))
                .collect();
            let mean = means.iter().sum::<f64>() / 20_000.0;
            let square = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 20_000.0;
            (mean, square.sqrt())
        };
        let (mean, deviation) = moments(&counted);
        let (mean_of_rows, deviation_of_rows) = moments(&rows);
        // Four standard errors of 20,000 draws.
        assert!((mean - mean_of_rows).abs() < 4.0 * deviation * (2.0_f64 / 20_000.0).sqrt());
        assert!((deviation / deviation_of_rows - 1.0).abs() < 4.0 / 20_000_f64.sqrt());
    }
}
