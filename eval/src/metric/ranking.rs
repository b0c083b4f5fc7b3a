//! Order of scores: the highest first, equal ones by lower index.

use std::cmp::Ordering;

use super::MetricError;

/// Compares candidates `a` and `b`, the better one first; scores are finite.
pub(super) fn better_first(scores: &[f32], a: usize, b: usize) -> Ordering {
    // Adding zero makes -0 and 0 the same score.
    let (own, other) = (scores[a] + 0.0, scores[b] + 0.0);
    other.total_cmp(&own).then(a.cmp(&b))
}

/// The `k` best candidates, the best first; all of them where there are no more.
pub(super) fn first(scores: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    if (1..order.len()).contains(&k) {
        order.select_nth_unstable_by(k - 1, |a, b| better_first(scores, *a, *b));
    }
    order.truncate(k);
    order.sort_unstable_by(|a, b| better_first(scores, *a, *b));
    order
}

/// Refuses NaN and infinity in a row-major matrix of `columns` columns.
pub(super) fn finite(scores: &[f32], columns: usize) -> Result<(), MetricError> {
    match scores.iter().position(|score| !score.is_finite()) {
        None => Ok(()),
        Some(at) => Err(MetricError::NotFinite {
            row: at / columns,
            column: at % columns,
            value: scores[at],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_k_are_those_of_a_stable_sort(
            scores in prop::collection::vec((-3_i8..3).prop_map(f32::from), 1..40),
            k in 0_usize..45,
        ) {
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
            order.truncate(k);
            prop_assert_eq!(first(&scores, k), order);
        }
    }

    #[test]
    fn minus_zero_is_zero() {
        assert_eq!(first(&[-0.0, 0.0, -0.0], 2), [0, 1]);
    }
}
