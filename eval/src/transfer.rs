//! The transfer matrix E: a model after every training step, tested on every step.
//!
//! Eᵢⱼ is the score of the model after step i on the samples of step j (TiC-CLIP, section 4).

use thiserror::Error;

use crate::score::Score;

/// The matrix of one strategy and task, and its three means.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// Names of the steps in time order.
    pub steps: Vec<String>,
    /// `[trained step][tested step]`; none where there is no score.
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
}

impl Transfer {
    /// Arranges the scores of one strategy and one task; scores without steps are left out.
    ///
    /// # Errors
    /// [`TransferError`] naming a step that is not in `steps` or a cell with two scores.
    pub fn new<'a>(
        steps: &[String],
        scores: impl IntoIterator<Item = &'a Score>,
    ) -> Result<Self, TransferError> {
        let mut values = vec![vec![None; steps.len()]; steps.len()];
        for score in scores {
            let (Some(trained), Some(tested)) = (&score.trained_step, &score.tested_step) else {
                continue;
            };
            let place = |step: &String| {
                steps.iter().position(|other| other == step).ok_or_else(|| {
                    TransferError::UnknownStep {
                        task: score.task.clone(),
                        step: step.clone(),
                        steps: steps.to_vec(),
                    }
                })
            };
            let cell: &mut Option<f64> = &mut values[place(trained)?][place(tested)?];
            if cell.is_some() {
                let (task, trained, tested) = (score.task.clone(), trained.clone(), tested.clone());
                return Err(TransferError::Twice {
                    task,
                    trained,
                    tested,
                });
            }
            *cell = Some(score.value);
        }
        Ok(Self {
            steps: steps.to_vec(),
            values,
        })
    }

    /// Mean of the diagonal: tested on the step just trained on.
    #[must_use]
    pub fn in_domain(&self) -> Option<f64> {
        self.mean(|trained, tested| trained == tested)
    }

    /// Mean below the diagonal: tested on steps before.
    #[must_use]
    pub fn backward(&self) -> Option<f64> {
        self.mean(|trained, tested| tested < trained)
    }

    /// Mean above the diagonal: tested on steps to come.
    #[must_use]
    pub fn forward(&self) -> Option<f64> {
        self.mean(|trained, tested| tested > trained)
    }

    /// Mean of the cells chosen by (trained, tested); none unless all of them have a score.
    fn mean(&self, chosen: impl Fn(usize, usize) -> bool) -> Option<f64> {
        let size = self.steps.len();
        let cells: Option<Vec<f64>> = (0..size)
            .flat_map(|trained| (0..size).map(move |tested| (trained, tested)))
            .filter(|(trained, tested)| chosen(*trained, *tested))
            .map(|(trained, tested)| self.values[trained][tested])
            .collect();
        let cells = cells.filter(|cells| !cells.is_empty())?;
        Some(cells.iter().sum::<f64>() / cells.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn score(trained: &str, tested: &str, value: f64) -> Score {
        Score {
            task: "retrieval".into(),
            model: trained.into(),
            weights: String::new(),
            tokenizer: None,
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

    fn steps(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_three_means_are_diagonal_lower_and_upper_triangle() {
        let names = ["a", "b", "c"];
        let scores: Vec<Score> = (0..9)
            .map(|at| score(names[at / 3], names[at % 3], at as f64))
            .collect();
        let transfer = Transfer::new(&steps(&names), &scores).expect("a full matrix");
        assert_eq!(transfer.in_domain(), Some(4.0));
        assert_eq!(transfer.backward(), Some((3.0 + 6.0 + 7.0) / 3.0));
        assert_eq!(transfer.forward(), Some((1.0 + 2.0 + 5.0) / 3.0));
    }

    #[test]
    fn a_mean_with_a_missing_cell_is_no_mean() {
        let scores = [score("a", "a", 0.5), score("a", "b", 0.25)];
        let transfer = Transfer::new(&steps(&["a", "b"]), &scores).expect("half a matrix");
        assert_eq!(transfer.in_domain(), None);
        assert_eq!(transfer.forward(), Some(0.25));
    }

    #[test]
    fn unknown_steps_and_double_cells_are_refused() {
        let stray = Transfer::new(&steps(&["a"]), &[score("a", "z", 0.0)]);
        assert!(matches!(stray, Err(TransferError::UnknownStep { .. })));
        let double = Transfer::new(
            &steps(&["a"]),
            &[score("a", "a", 0.0), score("a", "a", 0.0)],
        );
        assert!(matches!(double, Err(TransferError::Twice { .. })));
    }
}
