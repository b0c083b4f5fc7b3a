//! A p-value from random draws, as many as it takes.

use rayon::prelude::*;

use crate::interval::Stream;

/// Extreme draws after which the p-value is known to a tenth of itself.
const ENOUGH: usize = 100;
/// Draws before the first look at the count; later looks are as far apart as all draws before.
const FIRST: usize = 256;
/// At most so many draws lie between two looks.
const FAR: usize = 8192;

/// Share of draws under the null hypothesis that are at least as extreme as what was observed.
///
/// Sequential, after Besag & Clifford (1991): drawing ends at the 100th extreme draw, or after
/// `permutations`, when the observation counts as one draw more. Such p-values are valid: under the
/// null hypothesis one is at most α with a probability of at most α.
pub(super) fn p_value(
    permutations: usize,
    seed: u64,
    extreme: impl Fn(&mut Stream) -> bool + Sync,
) -> f64 {
    let (mut drawn, mut count) = (0, 0);
    while drawn < permutations {
        let block = drawn..permutations.min(drawn + drawn.clamp(FIRST, FAR));
        let draws: Vec<bool> = block
            .into_par_iter()
            .with_min_len(32)
            .map(|index| extreme(&mut Stream::new(seed, index)))
            .collect();
        // One after the other, so that where it ends depends on no block and no thread.
        for is_extreme in draws {
            drawn += 1;
            count += usize::from(is_extreme);
            if count == ENOUGH {
                return ENOUGH as f64 / drawn as f64;
            }
        }
    }
    (count + 1) as f64 / (permutations + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_draw_ends_early_and_a_rare_one_is_bounded() {
        assert_eq!(p_value(9_999, 1, |_| true), 1.0);
        assert_eq!(p_value(9_999, 1, |_| false), 1e-4);
        let half = p_value(9_999, 1, |stream| stream.unit() < 0.5);
        assert!((half - 0.5).abs() < 0.15, "{half}");
        let rare = p_value(99_999, 1, |stream| stream.unit() < 0.01);
        assert!((rare - 0.01).abs() < 0.004, "{rare}");
    }

    #[test]
    fn under_the_null_hypothesis_small_values_are_as_rare_as_they_say() {
        let rejected = |level: f64| {
            let count = (0..2000)
                .filter(|seed| {
                    let observed = Stream::new(77, *seed as usize).unit();
                    p_value(999, *seed, |stream| stream.unit() <= observed) <= level
                })
                .count();
            count as f64 / 2000.0
        };
        assert!(rejected(0.05) < 0.05 + 3.0 * (0.05_f64 * 0.95 / 2000.0).sqrt());
        assert!(rejected(0.01) < 0.01 + 3.0 * (0.01_f64 * 0.99 / 2000.0).sqrt());
    }
}
