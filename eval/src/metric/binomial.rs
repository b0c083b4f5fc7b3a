//! The binomial distribution: how many of n guesses are right.

/// Probabilities of 0, 1, … `n` right guesses, each right with probability `p` between 0 and 1.
///
/// By logarithms of the ratio of neighbours: the probability of none alone would be zero in floating point
/// for large `n`.
pub(super) fn probabilities(n: usize, p: f64) -> Vec<f64> {
    if p <= 0.0 || p >= 1.0 {
        let sure = if p <= 0.0 { 0 } else { n };
        return (0..=n)
            .map(|right| f64::from(u8::from(right == sure)))
            .collect();
    }
    let odds = (p / (1.0 - p)).ln();
    let mut log = n as f64 * (-p).ln_1p();
    (0..=n)
        .map(|right| {
            if right > 0 {
                log += ((n + 1 - right) as f64 / right as f64).ln() + odds;
            }
            log.exp()
        })
        .collect()
}

/// Probabilities of more than 0, more than 1, … more than `n` right guesses.
pub(super) fn beyond(probabilities: &[f64]) -> Vec<f64> {
    let mut beyond = vec![0.0; probabilities.len()];
    for right in (1..probabilities.len()).rev() {
        beyond[right - 1] = beyond[right] + probabilities[right];
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn probabilities_have_sum_one_and_mean_n_p(n in 0_usize..20_000, p in 0.0_f64..=1.0) {
            let probabilities = probabilities(n, p);
            let mean = probabilities.iter().enumerate().map(|(right, p)| right as f64 * p).sum::<f64>();
            prop_assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!((mean - n as f64 * p).abs() < 1e-9 * (1 + n) as f64);
        }
    }

    #[test]
    fn two_coins() {
        let two = probabilities(2, 0.5);
        for (found, expected) in two.iter().zip([0.25, 0.5, 0.25]) {
            assert!((found - expected).abs() < 1e-15, "{two:?}");
        }
        assert_eq!(beyond(&[0.25, 0.5, 0.25]), [0.75, 0.25, 0.0]);
        assert_eq!(probabilities(2, 1.0), [0.0, 0.0, 1.0]);
    }
}
