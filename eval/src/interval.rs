//! 95% intervals: how far a score could be from what more samples would give.

use statrs::distribution::{Beta, ContinuousCDF};

const LEVEL: f64 = 0.95;
/// Resamples of a bootstrap.
const RESAMPLES: usize = 2000;
/// Start of the bootstrap's random numbers; fixed, so that an interval is a function of the data.
const SEED: u64 = 0x7469_6363_6c69_7031;

/// A lower and an upper end.
pub type Interval = (f64, f64);

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

/// Percentile bootstrap of the mean of `values`, resampling them with replacement.
///
/// For a mean over both directions of retrieval, a value is an image's mean of its two hits: the
/// directions of one pair are not independent.
#[must_use]
pub fn of_mean(values: &[f64]) -> Interval {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mut state = SEED;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let total: f64 = (0..values.len())
                .map(|_| values[below(&mut state, values.len())])
                .sum();
            total / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |p: f64| means[((RESAMPLES - 1) as f64 * p).round() as usize];
    let tail = (1.0 - LEVEL) / 2.0;
    (at(tail), at(1.0 - tail))
}

/// A number below `bound` from SplitMix64 (Steele, Lea & Flood 2014), by multiply-and-shift.
fn below(state: &mut u64, bound: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    ((u128::from(z) * bound as u128) >> 64) as usize
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
}
