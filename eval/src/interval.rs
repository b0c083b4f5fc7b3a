//! 95% intervals: how far a score could be from what more samples would give.

mod binomial;
mod factorial;
mod spread;
mod stream;

use rayon::prelude::*;
use statrs::distribution::{Beta, ContinuousCDF};
use thiserror::Error;

pub(crate) use factorial::ln_binomial;
pub(crate) use spread::{Spread, Values, bootstrap};
pub(crate) use stream::Stream;

const LEVEL: f64 = 0.95;
/// Resamples of a bootstrap.
pub(crate) const RESAMPLES: usize = 2000;
/// Start of the bootstrap's random numbers; fixed, so that an interval is a function of the data.
pub(crate) const SEED: u64 = 0x7469_6363_6c69_7031;

/// A lower and an upper end.
pub type Interval = (f64, f64);

/// Why a statistic has no interval.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StatisticError {
    /// There is nothing to resample.
    #[error("there are no samples to draw from")]
    Empty,
    /// The statistic of a resample is NaN or infinite.
    #[error("the statistic of resample {resample} is not finite")]
    NotFinite {
        /// The first such resample, from 0.
        resample: usize,
    },
}

/// Clopper–Pearson: the exact interval of a share of `hits` among `n` independent samples.
#[must_use]
pub fn of_share(hits: u64, n: u64) -> Interval {
    let tail = (1.0 - LEVEL) / 2.0;
    let quantile = |a: u64, b: u64, p: f64| {
        let beta = Beta::new(a as f64, b as f64).expect("both parameters are positive");
        beta.inverse_cdf(p)
    };
    let low = if hits == 0 {
        0.0
    } else {
        quantile(hits, n - hits + 1, tail)
    };
    let high = if hits == n {
        1.0
    } else {
        quantile(hits + 1, n - hits, 1.0 - tail)
    };
    (low, high)
}

/// Percentile bootstrap of the mean of `values`, resampling them with replacement; NaN at both ends
/// if one of them is not finite.
///
/// For a mean over both directions of retrieval, a value is an image's mean of its two hits: the
/// directions of one pair are not independent.
#[must_use]
pub fn of_mean(values: &[f64]) -> Interval {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    if !values.iter().all(|value| value.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    let spread = Spread::new(values.to_vec());
    bootstrap(RESAMPLES, SEED, |stream| spread.resample(stream))
}

/// Percentile bootstrap of a figure that is no mean: `statistic` of `n` rows drawn from `n` with
/// replacement.
///
/// # Errors
/// [`StatisticError`] when there are no rows, or a resample has no figure: a statistic that some
/// resamples leave undefined must say itself what it is worth there.
pub fn of_statistic(
    n: usize,
    statistic: impl Fn(&[usize]) -> f64 + Sync,
) -> Result<Interval, StatisticError> {
    if n == 0 {
        return Err(StatisticError::Empty);
    }
    let figures: Vec<f64> = (0..RESAMPLES)
        .into_par_iter()
        .map_init(
            || vec![0; n],
            |rows, resample| {
                let mut stream = Stream::new(SEED, resample);
                rows.fill_with(|| stream.below(n));
                statistic(rows)
            },
        )
        .collect();
    if let Some(resample) = figures.iter().position(|figure| !figure.is_finite()) {
        return Err(StatisticError::NotFinite { resample });
    }
    Ok(percentiles(figures))
}

/// The ends between which 95% of the figures lie; between two figures, a straight line.
fn percentiles(mut figures: Vec<f64>) -> Interval {
    figures.sort_unstable_by(f64::total_cmp);
    let at = |p: f64| {
        let place = (figures.len() - 1) as f64 * p;
        let (below, above) = (
            figures[place.floor() as usize],
            figures[place.ceil() as usize],
        );
        below + (above - below) * place.fract()
    };
    let tail = (1.0 - LEVEL) / 2.0;
    (at(tail), at(1.0 - tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exact_intervals_are_the_published_ones() {
        // 8 of 10, two-sided 95%: 0.4439 to 0.9748 (Clopper & Pearson 1934, and every table since).
        let (low, high) = of_share(8, 10);
        assert!(
            (low - 0.4439).abs() < 1e-4 && (high - 0.9748).abs() < 1e-4,
            "{low} {high}"
        );
        assert_eq!(of_share(0, 5).0, 0.0);
        assert_eq!(of_share(5, 5).1, 1.0);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_estimate(n in 1_u64..2000, share in 0.0_f64..1.0) {
            let hits = (n as f64 * share) as u64;
            let (low, high) = of_share(hits, n);
            let estimate = hits as f64 / n as f64;
            prop_assert!(low <= estimate + 1e-12 && estimate <= high + 1e-12);
        }
    }

    #[test]
    fn a_bootstrap_is_as_wide_as_the_normal_approximation() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 4 == 0)).collect();
        let (low, high) = of_mean(&values);
        let half = 1.96 * (0.25_f64 * 0.75 / 400.0).sqrt();
        assert!(
            (low - (0.25 - half)).abs() < 0.006 && (high - (0.25 + half)).abs() < 0.006,
            "{low} {high}"
        );
        assert_eq!(of_mean(&values), (low, high));
    }

    #[test]
    fn threads_and_the_order_of_values_change_no_bit() {
        let values: Vec<f64> = (0..5000)
            .map(|i| f64::from(i * 7919 % 5000).sqrt())
            .collect();
        let mut turned = values.clone();
        turned.reverse();
        let on = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("a pool")
                .install(|| (of_mean(&values), of_mean(&turned)))
        };
        let (forward, backward) = on(1);
        assert_eq!(forward, backward);
        assert_eq!(on(3), (forward, forward));
    }

    #[test]
    fn a_mean_as_a_statistic_has_the_interval_of_a_mean() {
        let values: Vec<f64> = (0..500).map(|i| f64::from(i).sqrt()).collect();
        let mean = |rows: &[usize]| rows.iter().map(|row| values[*row]).sum::<f64>() / 500.0;
        // The values are in ascending order already: both draw the same rows.
        let (low, high) = of_statistic(500, mean).expect("finite figures");
        let (expected_low, expected_high) = of_mean(&values);
        assert!((low - expected_low).abs() < 1e-12 && (high - expected_high).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_finite_has_no_interval() {
        assert!(of_mean(&[0.0, f64::NAN]).0.is_nan());
        let error = of_statistic(3, |rows| 1.0 / rows[0] as f64).expect_err("row 0 comes first");
        assert!(matches!(error, StatisticError::NotFinite { .. }));
        assert_eq!(of_statistic(0, |_| 0.0), Err(StatisticError::Empty));
    }
}
