//! Slices of a transfer matrix: a row before its diagonal, the cells of one age.

use super::content::TaskScores;
use super::transfer::{Estimate, mean};

impl TaskScores {
    /// The diagonal cell of step `i`.
    pub(super) fn on_own_step(&self, i: usize) -> Option<Estimate> {
        Some(Estimate {
            value: self.cell(i, i)?.value,
            half_width: self.half_width(i, i),
        })
    }

    /// The ends of its 95% interval: as handed in, else Wilson's for a share of its items.
    pub(super) fn interval_on_own_step(&self, i: usize) -> Option<[f64; 2]> {
        let own = self.cell(i, i)?;
        own.interval.or_else(|| self.on_own_step(i)?.interval())
    }

    /// Mean of row `i` left of the diagonal, if all of it was tested.
    ///
    /// Steps hold different pairs and err apart, so their half widths add up in squares.
    pub(super) fn on_earlier_steps(&self, i: usize) -> Option<Estimate> {
        let values: Option<Vec<f64>> = (0..i).map(|j| Some(self.cell(i, j)?.value)).collect();
        let squares: Option<Vec<f64>> = (0..i)
            .map(|j| Some(self.half_width(i, j)?.powi(2)))
            .collect();
        Some(Estimate {
            value: mean(&values?)?,
            half_width: squares.map(|squares| squares.iter().sum::<f64>().sqrt() / i as f64),
        })
    }

    /// Mean score of guessing on the steps before `i`.
    pub(super) fn chance_on_earlier_steps(&self, i: usize) -> Option<f64> {
        let chances: Option<Vec<f64>> = (0..i).map(|j| self.chance_at(j)).collect();
        mean(&chances?)
    }

    /// Mean of the cells that were tested `offset` steps after their training.
    pub(super) fn at_age(&self, offset: i64, steps: usize) -> Option<f64> {
        let cells: Vec<f64> = pairs(offset, steps)
            .filter_map(|(i, j)| Some(self.cell(i, j)?.value))
            .collect();
        mean(&cells)
    }

    /// How many cells those are.
    pub(super) fn cells_at_age(&self, offset: i64, steps: usize) -> usize {
        pairs(offset, steps)
            .filter(|(i, j)| self.cell(*i, *j).is_some())
            .count()
    }

    /// Mean score of guessing over those cells.
    pub(super) fn chance_at_age(&self, offset: i64, steps: usize) -> Option<f64> {
        let chances: Vec<f64> = pairs(offset, steps)
            .filter_map(|(_, j)| self.chance_at(j))
            .collect();
        mean(&chances)
    }
}

/// Trained and tested steps with `tested - trained = offset`.
fn pairs(offset: i64, steps: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..steps).filter_map(move |i| {
        let j = usize::try_from(i as i64 + offset).ok()?;
        (j < steps).then_some((i, j))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Score;

    fn matrix(rows: [[f64; 3]; 3], half: f64) -> TaskScores {
        let score = |value: f64| {
            Some(Score {
                value,
                interval: Some([value - half, value + half]),
            })
        };
        TaskScores {
            cells: rows.map(|row| row.map(score).to_vec()).to_vec(),
            chance: vec![Some(0.1), Some(0.2), Some(0.3)],
            ..TaskScores::default()
        }
    }

    #[test]
    fn rows_end_before_the_diagonal() {
        let task = matrix([[0.5, 0.1, 0.1], [0.3, 0.6, 0.1], [0.1, 0.2, 0.7]], 0.03);
        assert_eq!(task.on_earlier_steps(0), None);
        let row = task.on_earlier_steps(2).expect("the row is there");
        assert!((row.value - 0.15).abs() < 1e-12);
        let half = row.half_width.expect("all intervals are there");
        assert!((half - 0.03 / 2f64.sqrt()).abs() < 1e-12);
        let chance = task.chance_on_earlier_steps(2).expect("chance is known");
        assert!((chance - 0.15).abs() < 1e-12);
        assert_eq!(task.on_own_step(1).map(|own| own.value), Some(0.6));
    }

    #[test]
    fn own_step_has_the_interval_that_was_handed_in_or_wilsons() {
        let mut task = matrix([[0.5; 3]; 3], 0.03);
        task.cells[1][1] = Some(Score {
            value: 0.5,
            interval: Some([0.4, 0.7]),
        });
        assert_eq!(task.interval_on_own_step(1), Some([0.4, 0.7]));
        task.cells[1][1] = Some(Score {
            value: 0.5,
            interval: None,
        });
        assert_eq!(task.interval_on_own_step(1), None);
        task.n = vec![Some(100); 3];
        let [low, high] = task.interval_on_own_step(1).expect("items are known");
        assert!((0.40..0.41).contains(&low) && (0.59..0.60).contains(&high));
    }

    #[test]
    fn cells_of_one_age_are_averaged() {
        let task = matrix([[0.5, 0.1, 0.1], [0.3, 0.6, 0.3], [0.1, 0.2, 0.7]], 0.0);
        let close = |mean: Option<f64>, expected: f64| {
            assert!((mean.expect("there are cells") - expected).abs() < 1e-12);
        };
        close(task.at_age(0, 3), 0.6);
        close(task.at_age(-1, 3), 0.25);
        close(task.at_age(1, 3), 0.2);
        close(task.chance_at_age(1, 3), 0.25);
        assert_eq!(task.at_age(3, 3), None);
        assert_eq!([-1, 0, 3].map(|age| task.cells_at_age(age, 3)), [2, 3, 0]);
    }

    #[test]
    fn chance_is_common_only_if_all_steps_agree() {
        let mut task = matrix([[0.5; 3]; 3], 0.0);
        assert_eq!(task.common_chance(3), None);
        task.chance = vec![Some(0.1); 3];
        assert_eq!(task.common_chance(3), Some(0.1));
        task.chance.pop();
        assert_eq!(task.common_chance(3), None);
    }
}
