//! The square matrix: steps are trained and tested alike.

use super::grid::{Grid, TransferError};
use super::part::{Part, mean};
use super::place::Place;
use crate::score::Score;

/// The matrix of one strategy and task, and its means.
#[derive(Clone, Debug, PartialEq)]
pub struct Transfer {
    /// Names of the steps in time order.
    pub steps: Vec<String>,
    /// `[trained step][tested step]`; none where there is no score.
    pub values: Vec<Vec<Option<f64>>>,
}

impl Transfer {
    /// Arranges the scores of one strategy and one task; scores without steps are left out.
    ///
    /// # Errors
    /// [`TransferError`] naming a step that is not in `steps`, a cell with two scores, or one
    /// whose score is not finite.
    pub fn new<'a>(
        steps: &[String],
        scores: impl IntoIterator<Item = &'a Score>,
    ) -> Result<Self, TransferError> {
        let Grid {
            trained, values, ..
        } = Grid::new(steps, steps, scores)?;
        Ok(Self {
            steps: trained,
            values,
        })
    }

    /// Mean of the diagonal: tested on the step just trained on.
    #[must_use]
    pub fn in_domain(&self) -> Option<f64> {
        self.mean(Part::InDomain)
    }

    /// Mean below the diagonal: tested on steps before.
    #[must_use]
    pub fn backward(&self) -> Option<f64> {
        self.mean(Part::Backward)
    }

    /// Mean above the diagonal: tested on steps to come.
    #[must_use]
    pub fn forward(&self) -> Option<f64> {
        self.mean(Part::Forward)
    }

    /// Mean of the first cells above the diagonal: tested on the very next step.
    #[must_use]
    pub fn next_step(&self) -> Option<f64> {
        self.mean(Part::NextStep)
    }

    /// Mean over the cells of `part`; none unless there are some and all of them have a score.
    #[must_use]
    pub fn mean(&self, part: Part) -> Option<f64> {
        mean(part, (0..self.steps.len()).map(Place::In), &self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::tests::{score, steps};
    use super::*;

    #[test]
    fn the_means_are_diagonal_triangles_and_what_is_just_above() {
        let names = ["a", "b", "c"];
        let scores: Vec<Score> = (0..9)
            .map(|at| score(names[at / 3], names[at % 3], at as f64))
            .collect();
        let transfer = Transfer::new(&steps(&names), &scores).expect("a full matrix");
        assert_eq!(transfer.in_domain(), Some(4.0));
        assert_eq!(transfer.backward(), Some((3.0 + 6.0 + 7.0) / 3.0));
        assert_eq!(transfer.forward(), Some((1.0 + 2.0 + 5.0) / 3.0));
        assert_eq!(transfer.next_step(), Some((1.0 + 5.0) / 2.0));
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
