//! The mean of a group of tasks.

use std::collections::BTreeMap;

use super::{Suite, SuiteError};

/// The plain mean of a group's scores, each by its task's main metric, as DataComp averages.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupMean {
    /// The mean over the members that have a score, in [0, 1].
    pub value: f64,
    /// How many have one.
    pub tasks: usize,
    /// Members without a score: with any, this is no mean of the group.
    pub missing: Vec<String>,
    /// Members whose place in the group no source settles.
    pub unsettled: Vec<String>,
}

impl Suite {
    /// The mean of a group over `scores`, which are values of main metrics by the tasks' names; none if no member has a
    /// score.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] when there is no such group, [`SuiteError::Score`] when a member's score is no number in
    /// [0, 1].
    pub fn mean(
        &self,
        group: &str,
        scores: &BTreeMap<String, f64>,
    ) -> Result<Option<GroupMean>, SuiteError> {
        let (mut sum, mut tasks, mut missing) = (0.0, 0, Vec::new());
        for task in self.members(group)? {
            match scores.get(&task.name) {
                Some(value) if (0.0..=1.0).contains(value) => {
                    sum += value;
                    tasks += 1;
                }
                Some(&value) => {
                    let task = task.name.clone();
                    return Err(SuiteError::Score { task, value });
                }
                None => missing.push(task.name.clone()),
            }
        }
        let unsettled = self.unsettled(group)?.into_iter();
        let unsettled = unsettled.map(|task| task.name.clone()).collect();
        Ok((tasks > 0).then(|| GroupMean {
            value: sum / tasks as f64,
            tasks,
            missing,
            unsettled,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 3] = [
        (
            "a",
            "name = \"a\"\nkind = \"retrieval\"\nmetric = \"mean_recall@1\"\ngroups = [\"all\"]\n",
        ),
        (
            "b",
            "name = \"b\"\nkind = \"classification\"\nmetric = \"acc1\"\ngroups = [\"all?\"]\n",
        ),
        (
            "c",
            "name = \"c\"\nkind = \"classification\"\nmetric = \"acc1\"\n",
        ),
    ];

    fn mean(scores: &[(&str, f64)]) -> Result<Option<GroupMean>, SuiteError> {
        let scores = scores
            .iter()
            .map(|(task, value)| ((*task).to_owned(), *value));
        let suite = Suite::new(&FILES, ("groups", "")).expect("a suite");
        suite.mean("all", &scores.collect())
    }

    #[test]
    fn every_member_weighs_the_same() {
        let mean = mean(&[("a", 0.5), ("b", 0.25), ("c", 1.0)]).expect("scores");
        let mean = mean.expect("a mean");
        assert_eq!((mean.value, mean.tasks), (0.375, 2));
        assert!(mean.missing.is_empty());
        assert_eq!(mean.unsettled, ["b"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mean = mean(&[("a", 0.5)]).expect("scores").expect("a mean");
        assert_eq!((mean.value, mean.tasks), (0.5, 1));
        assert_eq!(mean.missing, ["b"]);
    }

    #[test]
    fn no_score_is_no_mean() {
        assert_eq!(mean(&[("c", 0.5)]).expect("scores"), None);
    }

    #[test]
    fn what_is_no_score_is_an_error() {
        for value in [f64::NAN, f64::INFINITY, -0.1, 56.3] {
            let message = mean(&[("a", 0.5), ("b", value)])
                .expect_err("no score")
                .to_string();
            assert!(message.contains("task b"), "{message}");
        }
    }
}
