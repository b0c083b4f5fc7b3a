//! The sign-flip test: under the null hypothesis a difference is as likely as its negative.

use super::monte_carlo::p_value;
use super::resampling::Resampling;
use crate::interval::{Spread, Stream, Values};

/// Rounding that a sum may have, relative to the sum of absolute values: draws that equal the
/// observation but for rounding are as extreme as it.
const ROUNDING: f64 = 1e-12;

/// Two-sided p-value of the differences in all parts together: the share of random signs whose sum
/// is at least as far from zero as what was observed.
pub(super) fn sign_flip(parts: &[Spread], resampling: &Resampling) -> f64 {
    let observed: f64 = parts.iter().map(|part| part.mean() * part.n() as f64).sum();
    let size: f64 = parts.iter().map(absolute).sum();
    if size == 0.0 {
        return 1.0;
    }
    let bound = observed.abs() - ROUNDING * size;
    p_value(resampling.permutations, resampling.seed, |stream| {
        let sum: f64 = parts.iter().map(|part| flipped(part, stream)).sum();
        sum.abs() >= bound
    })
}

fn absolute(part: &Spread) -> f64 {
    match part.values() {
        Values::Counted(counts) => counts
            .iter()
            .map(|(value, count)| value.abs() * *count as f64)
            .sum(),
        Values::Rows(rows) => rows.iter().map(|value| value.abs()).sum(),
    }
}

/// Sum of the values with random signs.
fn flipped(part: &Spread, stream: &mut Stream) -> f64 {
    match part.values() {
        Values::Counted(counts) => counts
            .iter()
            .filter(|(value, _)| *value != 0.0)
            .map(|(value, count)| {
                value * (2.0 * stream.binomial(*count, 0.5) as f64 - *count as f64)
            })
            .sum(),
        Values::Rows(rows) => rows
            .chunks(64)
            .map(|chunk| {
                let signs = stream.bits();
                chunk
                    .iter()
                    .enumerate()
                    .map(|(at, value)| {
                        f64::from_bits(value.to_bits() ^ (((signs >> at) & 1) << 63))
                    })
                    .sum::<f64>()
            })
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(differences: &[f64]) -> f64 {
        sign_flip(
            &[Spread::new(differences.to_vec())],
            &Resampling {
                permutations: 99_999,
                ..Resampling::default()
            },
        )
    }

    #[test]
    fn few_differences_give_the_share_of_all_signs() {
        // Of the 2⁴ signs of 1, 2, 3, 4 just all plus and all minus reach a sum of ±10.
        assert!((p(&[1.0, 2.0, 3.0, 4.0]) - 2.0 / 16.0).abs() < 0.03);
        // −1, 2, 3, 4 sums to 8; ±10 and ±8 are as extreme.
        assert!((p(&[-1.0, 2.0, 3.0, 4.0]) - 4.0 / 16.0).abs() < 0.06);
    }

    #[test]
    fn counted_differences_give_what_mcnemar_gives() {
        let mut differences = vec![0.0; 200];
        differences[..20].fill(1.0);
        differences[20..28].fill(-1.0);
        let exact = super::super::mcnemar::mcnemar(20, 8).exact;
        assert!((p(&differences) / exact - 1.0).abs() < 0.3, "{exact}");
    }

    #[test]
    fn equal_models_are_no_evidence() {
        assert_eq!(p(&[0.0; 40]), 1.0);
        assert_eq!(p(&[1.0, -1.0]), 1.0);
    }
}
