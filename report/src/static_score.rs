//! Static scores of a model: of one task, or the mean over the tasks of a column.

use super::content::{Content, Score, StaticColumn, StaticTask};
use super::transfer::{Estimate, wilson_half_width};

impl StaticTask {
    /// What the model of `strategy` after training step `step` scores; a value that is no number counts as missing.
    pub(super) fn score(&self, strategy: &str, step: usize) -> Option<Score> {
        self.scores
            .iter()
            .find(|score| score.strategy == strategy && score.step == step)
            .map(|score| score.score)
            .filter(|score| score.value.is_finite())
    }

    /// The score with half its 95% interval: as handed in, else Wilson's for a share of the items.
    pub(super) fn estimate(&self, strategy: &str, step: usize) -> Option<Estimate> {
        let Score { value, interval } = self.score(strategy, step)?;
        let half_width = match interval.filter(|ends| ends.iter().all(|end| end.is_finite())) {
            Some([low, high]) => Some((high - low).abs() / 2.0),
            None => self.n.and_then(|n| wilson_half_width(value, n)),
        };
        Some(Estimate { value, half_width })
    }
}

impl StaticColumn {
    /// The mean over the column's tasks, if the model has a score on all of them.
    ///
    /// Tasks hold different samples, so they err apart.
    pub(super) fn estimate(
        &self,
        content: &Content,
        strategy: &str,
        step: usize,
    ) -> Option<Estimate> {
        let tasks = self.found(content)?;
        let all: Option<Vec<Estimate>> = tasks
            .iter()
            .map(|task| task.estimate(strategy, step))
            .collect();
        let all = all.filter(|all| !all.is_empty())?;
        let n = all.len() as f64;
        let halves: Option<Vec<f64>> = all.iter().map(|one| one.half_width).collect();
        Some(Estimate {
            value: all.iter().map(|one| one.value).sum::<f64>() / n,
            half_width: halves
                .map(|halves| halves.iter().map(|half| half * half).sum::<f64>().sqrt() / n),
        })
    }

    /// Mean score of guessing over the column's tasks.
    pub(super) fn chance(&self, content: &Content) -> Option<f64> {
        let chances: Option<Vec<f64>> = self
            .found(content)?
            .iter()
            .map(|task| task.chance.filter(|chance| chance.is_finite()))
            .collect();
        super::transfer::mean(&chances?)
    }

    fn found<'a>(&self, content: &'a Content) -> Option<Vec<&'a StaticTask>> {
        self.tasks
            .iter()
            .map(|name| content.statics.iter().find(|task| task.name == *name))
            .collect()
    }
}

/// The last training step of `strategy` that has static scores.
pub(super) fn last_step(content: &Content, strategy: &str) -> Option<usize> {
    content
        .statics
        .iter()
        .flat_map(|task| &task.scores)
        .filter(|score| score.strategy == strategy)
        .map(|score| score.step)
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StaticScore;

    fn content() -> Content {
        let task = |name: &str, value: f64, half: f64| StaticTask {
            name: name.to_owned(),
            chance: Some(0.1),
            scores: vec![StaticScore {
                strategy: "oracle".to_owned(),
                step: 3,
                score: Score {
                    value,
                    interval: Some([value - half, value + half]),
                },
            }],
            ..StaticTask::default()
        };
        Content {
            statics: vec![task("a", 0.5, 0.03), task("b", 0.7, 0.04)],
            ..Content::default()
        }
    }

    #[test]
    fn column_is_the_plain_mean_and_its_tasks_err_apart() {
        let column = StaticColumn {
            title: "both".to_owned(),
            tasks: vec!["a".to_owned(), "b".to_owned()],
        };
        let found = column.estimate(&content(), "oracle", 3).expect("scored");
        assert!((found.value - 0.6).abs() < 1e-12);
        assert!((found.half_width.expect("known") - 0.025).abs() < 1e-12);
        assert_eq!(column.chance(&content()), Some(0.1));
        assert_eq!(last_step(&content(), "oracle"), Some(3));
    }

    #[test]
    fn column_with_an_unknown_or_unscored_task_has_no_score() {
        let column = |tasks: &[&str]| StaticColumn {
            title: String::new(),
            tasks: tasks.iter().map(|task| (*task).to_owned()).collect(),
        };
        assert_eq!(column(&["a", "c"]).estimate(&content(), "oracle", 3), None);
        assert_eq!(column(&["a"]).estimate(&content(), "oracle", 2), None);
        assert_eq!(column(&[]).estimate(&content(), "oracle", 3), None);
    }
}
