//! McNemar's test: do two models miss the same number of samples?

use crate::interval::ln_binomial;

/// Two-sided p-values of the discordant pairs, each a fair coin under the null hypothesis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Exact: twice the smaller binomial tail, at most 1.
    pub exact: f64,
    /// Mid-p: the observed split counts half (Fagerland, Lydersen & Laake 2013); less conservative
    /// with few discordant pairs.
    pub mid: f64,
}

/// The test for samples that only A or only B has right.
///
/// A p-value too small for an `f64` is given as the smallest positive one, never as zero.
#[must_use]
pub fn mcnemar(a_only: u64, b_only: u64) -> McNemar {
    let (fewer, pairs) = (a_only.min(b_only), a_only + b_only);
    let observed = (ln_binomial(pairs, fewer) - pairs as f64 * std::f64::consts::LN_2).exp();
    // The tail over its largest term: each count down is k / (n − k + 1) times as likely.
    let (mut tail, mut term) = (1.0, 1.0);
    for k in (1..=fewer).rev() {
        term *= k as f64 / (pairs - k + 1) as f64;
        tail += term;
        if term < f64::EPSILON * 1e-3 {
            break;
        }
    }
    let bounded = |p: f64| p.clamp(f64::MIN_POSITIVE, 1.0);
    McNemar {
        exact: bounded(2.0 * tail * observed),
        mid: bounded((2.0 * tail - 1.0) * observed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_discordance_and_an_even_split_say_nothing() {
        for (a_only, b_only) in [(0, 0), (7, 7), (300_000, 300_000)] {
            let test = mcnemar(a_only, b_only);
            assert_eq!(test.exact, 1.0);
            assert!((test.mid - 1.0).abs() < 1e-6, "{a_only}: {}", test.mid);
        }
    }

    #[test]
    fn one_of_five_is_three_of_sixteen() {
        let test = mcnemar(5, 0);
        assert!((test.exact - 2.0 / 32.0).abs() < 1e-15);
        let test = mcnemar(1, 4);
        assert!((test.exact - 12.0 / 32.0).abs() < 1e-15);
        assert!((test.mid - 7.0 / 32.0).abs() < 1e-15);
    }

    #[test]
    fn large_counts_neither_overflow_nor_reach_zero() {
        let test = mcnemar(50_000, 0);
        assert_eq!(test.exact, f64::MIN_POSITIVE);
        assert_eq!(mcnemar(0, 50_000), test);
    }
}
