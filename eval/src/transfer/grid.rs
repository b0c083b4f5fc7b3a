//! A grid: the scores of every model on every tested step, as they were measured.

use thiserror::Error;

use crate::score::Score;

/// Scores of one strategy and task; tested steps need not be the trained ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Names of the training steps in time order, one a row.
    pub trained: Vec<String>,
    /// Names of the tested steps, one a column.
    pub tested: Vec<String>,
    /// `[trained][tested]`; none where there is no score.
    pub values: Vec<Vec<Option<f64>>>,
}

/// Why scores make no matrix.
#[derive(Debug, Error, PartialEq)]
pub enum TransferError {
    /// A score of a step that the timeline does not have.
    #[error("a score of task {task} is for step {step:?}, which is not one of {}", steps.join(", "))]
    UnknownStep {
        /// The task.
        task: String,
        /// The step's name.
        step: String,
        /// The steps there are.
        steps: Vec<String>,
    },
    /// A cell with two scores.
    #[error("two scores of task {task} for the model after step {trained} on step {tested}")]
    Twice {
        /// The task.
        task: String,
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
    },
    /// A score that is no number.
    #[error(
        "the score of task {task} for the model after step {trained} on step {tested} is {value}, expected a finite number"
    )]
    NotFinite {
        /// The task.
        task: String,
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
        /// What stands for the score.
        value: String,
    },
}

/// Why a grid that was put together by hand is none.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GridError {
    /// Not one row a trained step, or not one value a tested step.
    #[error(
        "row {row} of the scores is not there or has not one value for each of {tested} tested steps, expected {trained} rows"
    )]
    Shape {
        /// The first such row.
        row: usize,
        /// Number of trained steps.
        trained: usize,
        /// Number of tested steps.
        tested: usize,
    },
    /// A score that is no number.
    #[error("the score of the model after step {trained} on step {tested} is not finite")]
    NotFinite {
        /// Trained step.
        trained: String,
        /// Tested step.
        tested: String,
    },
}

impl Grid {
    /// Whether rows and columns are those of the steps and every score is finite.
    pub(super) fn check(&self) -> Result<(), GridError> {
        let (trained, tested) = (self.trained.len(), self.tested.len());
        for row in 0..trained.max(self.values.len()) {
            let own = self.values.get(row).filter(|own| own.len() == tested);
            let Some(own) = own.filter(|_| row < trained) else {
                return Err(GridError::Shape {
                    row,
                    trained,
                    tested,
                });
            };
            if let Some(at) = own
                .iter()
                .position(|value| value.is_some_and(|value| !value.is_finite()))
            {
                return Err(GridError::NotFinite {
                    trained: self.trained[row].clone(),
                    tested: self.tested[at].clone(),
                });
            }
        }
        Ok(())
    }

    /// Arranges the scores of one strategy and one task; scores without steps are left out.
    ///
    /// # Errors
    /// [`TransferError`] naming a step that is not in `trained` or `tested`, a cell with two
    /// scores, or one whose score is not finite.
    pub fn new<'a>(
        trained: &[String],
        tested: &[String],
        scores: impl IntoIterator<Item = &'a Score>,
    ) -> Result<Self, TransferError> {
        let mut values = vec![vec![None; tested.len()]; trained.len()];
        for score in scores {
            let (Some(after), Some(on)) = (&score.trained_step, &score.tested_step) else {
                continue;
            };
            if !score.value.is_finite() {
                return Err(TransferError::NotFinite {
                    task: score.task.clone(),
                    trained: after.clone(),
                    tested: on.clone(),
                    value: score.value.to_string(),
                });
            }
            let cell: &mut Option<f64> =
                &mut values[at(trained, after, score)?][at(tested, on, score)?];
            if cell.replace(score.value).is_some() {
                return Err(TransferError::Twice {
                    task: score.task.clone(),
                    trained: after.clone(),
                    tested: on.clone(),
                });
            }
        }
        Ok(Self {
            trained: trained.to_vec(),
            tested: tested.to_vec(),
            values,
        })
    }
}

fn at(steps: &[String], step: &str, score: &Score) -> Result<usize, TransferError> {
    let found = steps.iter().position(|other| other == step);
    found.ok_or_else(|| TransferError::UnknownStep {
        task: score.task.clone(),
        step: step.to_owned(),
        steps: steps.to_vec(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::BTreeMap;

    pub(crate) fn score(trained: &str, tested: &str, value: f64) -> Score {
        Score {
            task: "retrieval".into(),
            model: trained.into(),
            weights: String::new(),
            tokenizer: None,
            data: None,
            strategy: None,
            metric: "mean_recall@1".into(),
            value,
            n: 1,
            chance: 0.0,
            trained_step: Some(trained.into()),
            tested_step: Some(tested.into()),
            metrics: BTreeMap::new(),
            low: 0.0,
            high: 1.0,
        }
    }

    pub(crate) fn steps(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn tested_steps_may_be_more_than_trained_ones() {
        let grid = Grid::new(
            &steps(&["2014-2016"]),
            &steps(&["2014", "2015", "2016"]),
            &[score("2014-2016", "2016", 0.5)],
        )
        .expect("a row of three");
        assert_eq!(grid.values, [[None, None, Some(0.5)]]);
    }

    #[test]
    fn rows_by_hand_must_fit_the_steps() {
        let mut grid = Grid {
            trained: steps(&["a"]),
            tested: steps(&["b", "c"]),
            values: vec![vec![Some(0.5), None]],
        };
        assert_eq!(grid.check(), Ok(()));
        grid.values.push(vec![None, None]);
        assert!(matches!(grid.check(), Err(GridError::Shape { row: 1, .. })));
        grid.values = vec![vec![None]];
        assert!(matches!(grid.check(), Err(GridError::Shape { row: 0, .. })));
        grid.values = vec![vec![None, Some(f64::INFINITY)]];
        assert!(matches!(grid.check(), Err(GridError::NotFinite { .. })));
    }

    #[test]
    fn a_score_that_is_no_number_is_refused() {
        let error = Grid::new(&steps(&["a"]), &steps(&["b"]), &[score("a", "b", f64::NAN)])
            .expect_err("not a number");
        assert!(error.to_string().contains("NaN"), "{error}");
    }
}
