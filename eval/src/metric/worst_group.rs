//! Worst-group accuracy: the accuracy of the group of samples that a model does worst.

use super::{Accuracy, Groups, MetricError, Statistic, binomial};

/// `acc_worst_group` (top-1 over regions of GeoDE), `acc_top5_worst_group` (top-5 over incomes of Dollar Street)
/// and `acc_worst_region` (top-1 over regions of FMoW).
///
/// A group without a sample is no group. DataComp takes FMoW's region `Other` in, four images of 22,108, so that
/// published scores jump by 0.25; WILDS leaves it out ([`Groups::leaving_out`]).
#[derive(Clone, Debug, PartialEq)]
pub struct WorstGroup {
    accuracy: Accuracy,
    groups: Groups,
}

impl WorstGroup {
    /// Splits an accuracy into groups.
    ///
    /// # Errors
    /// [`MetricError::Length`] when there is not a group for every sample.
    pub fn new(accuracy: Accuracy, groups: Groups) -> Result<Self, MetricError> {
        if accuracy.rows() != groups.of().len() {
            return Err(MetricError::Length {
                what: "groups",
                found: groups.of().len(),
                rows: accuracy.rows(),
            });
        }
        Ok(Self { accuracy, groups })
    }

    /// Accuracy of every group over `rows`; none of one that no row is of. Groups that are left out of the worst
    /// are here.
    #[must_use]
    pub fn of_groups(&self, rows: &[u32]) -> Vec<Option<f64>> {
        let mut groups = vec![(0_u64, 0_u64); self.groups.groups()];
        for &row in rows {
            let (right, all) = &mut groups[self.groups.of()[row as usize] as usize];
            *all += 1;
            *right += u64::from(self.accuracy.hits()[row as usize]);
        }
        let share = |(right, all): (u64, u64)| (all > 0).then(|| right as f64 / all as f64);
        groups.into_iter().map(share).collect()
    }

    /// Samples of every group that counts.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.groups.groups()];
        for group in self.groups.of() {
            sizes[*group as usize] += 1;
        }
        let counted = sizes.into_iter().enumerate();
        counted
            .filter(|(group, size)| *size > 0 && self.groups.counts(*group))
            .map(|(_, size)| size)
            .collect()
    }
}

impl Statistic for WorstGroup {
    fn rows(&self) -> usize {
        self.accuracy.rows()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let groups = self.of_groups(rows).into_iter().enumerate();
        groups
            .filter(|(group, _)| self.groups.counts(*group))
            .filter_map(|(_, share)| share)
            .fold(f64::NAN, f64::min)
    }

    /// Exact: the lowest of several shares of guesses is lower than each is on average, the more so the smaller
    /// the groups.
    fn chance(&self) -> f64 {
        expected_lowest_share(&self.sizes(), self.accuracy.chance())
    }
}

/// Expected lowest of the shares of right guesses in groups of `sizes`, each guess right with probability `p`.
///
/// ∫₀¹ P(every share > x) dx, whose integrand is constant between the shares that a group can have.
fn expected_lowest_share(sizes: &[usize], p: f64) -> f64 {
    let mut beyond: Vec<Vec<f64>> = Vec::with_capacity(sizes.len());
    for size in sizes {
        beyond.push(binomial::beyond(&binomial::probabilities(*size, p)));
    }
    let shares = sizes.iter().enumerate();
    let mut shares: Vec<(f64, usize, usize)> = shares
        .flat_map(|(group, size)| {
            (0..=*size).map(move |right| (right as f64 / *size as f64, group, right))
        })
        .collect();
    shares.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut all_beyond = vec![1.0; sizes.len()];
    let (mut expected, mut from) = (0.0, 0.0);
    for (share, group, right) in shares {
        expected += (share - from) * all_beyond.iter().product::<f64>();
        all_beyond[group] = beyond[group][right];
        from = share;
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Answers;
    use crate::metric::enumeration::every_answer;
    use proptest::prelude::*;

    fn accuracy(guesses: &[usize], labels: &[usize], classes: usize) -> Accuracy {
        let rows = guesses.iter().map(std::slice::from_ref);
        Accuracy::first(&Answers::new(rows, labels, classes).expect("answers"))
    }

    /// Groups 0 and 3 have a hit of two, group 5 none of one; the others have no sample.
    fn regions() -> WorstGroup {
        let groups = Groups::new(&[0, 0, 3, 3, 5], 6).expect("groups");
        WorstGroup::new(accuracy(&[0, 1, 0, 0, 1], &[0, 0, 0, 0, 0], 2), groups)
            .expect("as many groups as samples")
    }

    #[test]
    fn a_group_without_a_sample_is_no_group() {
        let regions = regions();
        let of_groups = regions.of_groups(&[0, 1, 2, 3, 4]);
        assert_eq!(
            of_groups,
            [Some(0.5), None, None, Some(1.0), None, Some(0.0)]
        );
        assert_eq!(regions.whole(), 0.0);
        assert_eq!(regions.value(&[0, 0, 1, 2]), 2.0 / 3.0);
    }

    #[test]
    fn a_group_left_out_is_not_the_worst() {
        let regions = regions();
        let groups = regions.groups.leaving_out(&[5]).expect("others are left");
        let left = WorstGroup::new(regions.accuracy, groups).expect("as many groups as samples");
        assert_eq!(left.whole(), 0.5);
        assert_eq!(left.of_groups(&[4])[5], Some(0.0));
        assert!(left.value(&[4, 4]).is_nan());
    }

    #[test]
    fn every_sample_needs_a_group() {
        let groups = Groups::new(&[0], 1).expect("a group");
        let error =
            WorstGroup::new(accuracy(&[0, 0], &[0, 0], 1), groups).expect_err("one is missing");
        let (what, found, rows) = ("groups", 1, 2);
        assert_eq!(error, MetricError::Length { what, found, rows });
    }

    proptest! {
        #[test]
        fn the_worst_is_one_of_the_groups_and_none_is_worse(
            rows in prop::collection::vec((0_usize..2, 0_usize..5), 1..40),
        ) {
            let (guesses, of): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
            let groups = Groups::new(&of, 5).expect("groups");
            let accuracy = accuracy(&guesses, &vec![0; guesses.len()], 2);
            let worst = WorstGroup::new(accuracy, groups).expect("as many groups as samples");
            let all: Vec<u32> = (0..of.len() as u32).collect();
            let shares: Vec<f64> = worst.of_groups(&all).into_iter().flatten().collect();
            prop_assert!(shares.contains(&worst.whole()));
            prop_assert!(shares.iter().all(|share| *share >= worst.whole()));
        }

        #[test]
        fn chance_is_the_mean_over_every_answer(
            of in prop::collection::vec(0_usize..3, 1..6),
            classes in 2_usize..4,
        ) {
            let labels = vec![0; of.len()];
            let worst = |guesses: &[usize]| {
                let groups = Groups::new(&of, 4).expect("groups");
                WorstGroup::new(accuracy(guesses, &labels, classes), groups).expect("as many groups as samples")
            };
            let values: Vec<f64> = every_answer(of.len(), classes).map(|guesses| worst(&guesses).whole()).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((mean - worst(&labels).chance()).abs() < 1e-12);
        }
    }

    #[test]
    fn four_images_make_the_chance_of_fmow_almost_nothing() {
        let (regions, other) = ([4963, 5858, 2593, 8024, 666], 4);
        let without = expected_lowest_share(&regions, 1.0 / 62.0);
        let with = expected_lowest_share(&[&regions[..], &[other]].concat(), 1.0 / 62.0);
        assert!(without > 0.010 && without < 1.0 / 62.0, "{without}");
        assert!(with < 0.07 * without, "{with}");
    }
}
