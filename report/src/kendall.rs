//! Kendall's τ_b: how far two scores order the same models alike.

use std::cmp::Ordering;

/// τ_b of paired values, in [−1, 1]; none where one side orders nothing.
///
/// Kendall, "The treatment of ties in ranking problems" (Biometrika 33, 1945).
pub(super) fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    let (mut alike, mut left_only, mut right_only, mut sum) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    for (place, one) in pairs.iter().enumerate() {
        for other in &pairs[..place] {
            match (sign(one.0, other.0), sign(one.1, other.1)) {
                (0, 0) => {}
                (_, 0) => left_only += 1.0,
                (0, _) => right_only += 1.0,
                (left, right) => {
                    alike += 1.0;
                    sum += f64::from(left * right);
                }
            }
        }
    }
    let ordered = ((alike + left_only) * (alike + right_only)).sqrt();
    (ordered > 0.0).then(|| sum / ordered)
}

/// −1, 0 or 1: how `one` lies to `other`.
pub(super) fn sign(one: f64, other: f64) -> i8 {
    match one.total_cmp(&other) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_order_is_one_and_reversed_minus_one() {
        let up = [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)];
        let down = up.map(|(left, right)| (left, -right));
        assert_eq!(kendall(&up), Some(1.0));
        assert_eq!(kendall(&down), Some(-1.0));
    }

    #[test]
    fn one_swap_of_four_leaves_two_thirds() {
        let swapped = [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 4.0)];
        let tau = kendall(&swapped).expect("ordered");
        assert!((tau - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn ties_take_away_from_the_pairs_that_count() {
        // Of three pairs the left side ties one: (2) / sqrt(2 · 3).
        let tied = [(1.0, 1.0), (1.0, 2.0), (2.0, 3.0)];
        let tau = kendall(&tied).expect("ordered");
        assert!((tau - 2.0 / 6.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(kendall(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(kendall(&[]), None);
    }
}
