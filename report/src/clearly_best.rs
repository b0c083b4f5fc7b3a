//! Which of several numbers is the best, if that is sure.

use super::transfer::Estimate;

/// What bold says of a score among those of its column.
pub(super) const BEST: &str =
    "Bold: above every other of its column by more than both intervals together.";

/// The place of the one that is above every other by more than both half widths together; none if nothing is compared.
pub(super) fn clearly_best(estimates: &[Option<Estimate>]) -> Option<usize> {
    let known = || {
        estimates
            .iter()
            .enumerate()
            .filter_map(|(place, estimate)| Some((place, (*estimate)?)))
    };
    let (best, top) = known().max_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
    let others = known().filter(|(place, _)| *place != best);
    let compared = others.clone().count() > 0;
    (compared
        && others
            .into_iter()
            .all(|(_, other)| top.clearly_above(other)))
    .then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[f64], half_width: Option<f64>) -> Vec<Option<Estimate>> {
        let estimate = |value: &f64| {
            Some(Estimate {
                value: *value,
                half_width,
            })
        };
        values.iter().map(estimate).collect()
    }

    #[test]
    fn best_must_clear_the_intervals_of_all_others() {
        assert_eq!(clearly_best(&with(&[0.1, 0.3, 0.2], Some(0.04))), Some(1));
        assert_eq!(clearly_best(&with(&[0.1, 0.3, 0.25], Some(0.04))), None);
        assert_eq!(clearly_best(&with(&[0.1, 0.3], None)), None);
    }

    #[test]
    fn nothing_is_best_without_another() {
        assert_eq!(clearly_best(&with(&[0.3], Some(0.0))), None);
        assert_eq!(clearly_best(&[None, with(&[0.3], Some(0.0))[0]]), None);
        assert_eq!(clearly_best(&[]), None);
    }
}
