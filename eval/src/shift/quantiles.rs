//! Mean and quantiles of whole numbers and ratios, counted so that the order does not matter.

use std::collections::BTreeMap;

/// Mean and quantiles of a step's images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// The mean.
    pub mean: f64,
    /// A twentieth is this or less.
    pub q05: f64,
    /// A quarter is this or less.
    pub q25: f64,
    /// Half is this or less.
    pub median: f64,
    /// Three quarters are this or less.
    pub q75: f64,
    /// All but a twentieth are this or less.
    pub q95: f64,
}

/// Fractions of one in the sum of values: whole numbers add up to the same in any order.
const FRACTIONS: f64 = 4_294_967_296.0;

/// How often each key was seen, and the sum of the values behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    counts: BTreeMap<i32, u64>,
    sum: u128,
}

impl Tally {
    /// Counts a value that is not negative under the key of its bin; larger values have larger
    /// keys.
    pub(super) fn add(&mut self, key: i32, value: f64) {
        *self.counts.entry(key).or_default() += 1;
        self.sum += (value * FRACTIONS).round() as u128;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (key, count) in &other.counts {
            *self.counts.entry(*key).or_default() += count;
        }
        self.sum += other.sum;
    }

    /// Mean and quantiles, `value` being what stands for a key; none if nothing was counted. A
    /// quantile is the smallest value that its share of all is not above.
    pub(super) fn quantiles(&self, value: impl Fn(i32) -> f64) -> Option<Quantiles> {
        let n: u64 = self.counts.values().sum();
        let last = *self.counts.keys().next_back()?;
        let at = |share: f64| {
            let wanted = share * n as f64;
            let mut seen = 0;
            let found = self.counts.iter().find(|(_, count)| {
                seen += **count;
                seen as f64 >= wanted
            });
            value(found.map_or(last, |(key, _)| *key))
        };
        Some(Quantiles {
            mean: self.sum as f64 / FRACTIONS / n as f64,
            q05: at(0.05),
            q25: at(0.25),
            median: at(0.5),
            q75: at(0.75),
            q95: at(0.95),
        })
    }
}
