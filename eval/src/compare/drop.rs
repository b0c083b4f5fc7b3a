//! The drop from model A to model B on the same samples.

use super::mcnemar::mcnemar;
use super::resampling::Resampling;
use super::sign_flip::sign_flip;
use super::table::Table;
use crate::interval::{Spread, bootstrap};

/// A drop and how sure it is.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedDrop {
    /// Number of samples.
    pub samples: u64,
    /// Mean of A.
    pub a: f64,
    /// Mean of B.
    pub b: f64,
    /// Mean of A − mean of B: positive when B is worse.
    pub drop: f64,
    /// Lower end of the drop's 95% interval (paired bootstrap, percentiles). If no sample is
    /// discordant, the interval is a point; with few samples that says little.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// The test it is of.
    pub test: Test,
    /// Samples on which A is better; for hits, those that only A has right.
    pub a_only: u64,
    /// Samples on which B is better.
    pub b_only: u64,
}

/// A paired test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Exact binomial test of the discordant pairs, for hits and misses.
    McNemar,
    /// Random signs for the differences, for all other outcomes.
    SignFlip,
}

/// All that a drop is computed from.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) a_only: u64,
    pub(super) b_only: u64,
    pub(super) differences: Spread,
    pub(super) test: Test,
}

impl Summary {
    /// Of finite outcomes that are not all 0 or 1; at least one.
    pub(super) fn of_values(a: &[f64], b: &[f64]) -> Self {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let count = |better: fn(&f64) -> bool| differences.iter().filter(|d| better(d)).count();
        Self {
            a: mean(a),
            b: mean(b),
            a_only: count(|difference| *difference > 0.0) as u64,
            b_only: count(|difference| *difference < 0.0) as u64,
            differences: Spread::new(differences),
            test: Test::SignFlip,
        }
    }

    pub(super) fn drop(&self, resampling: &Resampling) -> PairedDrop {
        let interval = bootstrap(resampling.resamples, resampling.seed, |stream| {
            self.differences.resample(stream)
        });
        let p = match self.test {
            Test::McNemar => mcnemar(self.a_only, self.b_only).exact,
            Test::SignFlip => sign_flip(std::slice::from_ref(&self.differences), resampling),
        };
        self.with(interval, p)
    }

    /// The drop with an interval and a p-value that were found otherwise.
    pub(super) fn with(&self, (low, high): (f64, f64), p: f64) -> PairedDrop {
        PairedDrop {
            samples: self.differences.n(),
            a: self.a,
            b: self.b,
            drop: self.differences.mean(),
            low,
            high,
            p,
            test: self.test,
            a_only: self.a_only,
            b_only: self.b_only,
        }
    }
}

impl From<Table> for Summary {
    /// Of at least one sample.
    fn from(table: Table) -> Self {
        let samples = table.samples() as f64;
        Self {
            a: (table.both + table.a_only) as f64 / samples,
            b: (table.both + table.b_only) as f64 / samples,
            a_only: table.a_only,
            b_only: table.b_only,
            differences: Spread::counted([
                (-1.0, table.b_only),
                (0.0, table.both + table.neither),
                (1.0, table.a_only),
            ]),
            test: Test::McNemar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_is_positive_when_b_is_worse() {
        let table = Table {
            both: 50,
            a_only: 30,
            b_only: 10,
            neither: 10,
        };
        let drop = table.drop(&Resampling::default()).expect("100 samples");
        assert_eq!((drop.samples, drop.a, drop.b), (100, 0.8, 0.6));
        assert_eq!((drop.drop, drop.test), (0.2, Test::McNemar));
        // Normal approximation: 0.2 ± 1.96 · √((0.4 − 0.04) / 100).
        assert!((drop.low - 0.0824).abs() < 0.021, "{}", drop.low);
        assert!((drop.high - 0.3176).abs() < 0.021, "{}", drop.high);
        assert!(drop.p < 0.003, "{}", drop.p);
        assert_eq!(Table::default().drop(&Resampling::default()), None);
    }

    #[test]
    fn the_drop_of_swapped_models_is_the_negative() {
        let (a, b) = ([0.5, 1.0, 0.25, 0.0], [0.0, 1.0, 0.5, 0.5]);
        let drop = Summary::of_values(&a, &b).drop(&Resampling::default());
        let back = Summary::of_values(&b, &a).drop(&Resampling::default());
        assert_eq!((drop.drop, back.drop), (-0.0625, 0.0625));
        assert_eq!((drop.a_only, drop.b_only), (1, 2));
        assert_eq!((back.a_only, back.b_only), (2, 1));
        assert_eq!(drop.p, back.p);
    }
}
