//! Parts of a transfer matrix, and how sure their means are.

use super::content::{Score, TaskScores};

/// A part of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The diagonal: tested on the step just trained.
    InDomain,
    /// The strict lower triangle: tested on earlier steps.
    Backward,
    /// The strict upper triangle: tested on later steps.
    Forward,
}

/// What ± says beside an estimate.
pub(super) const HALF: &str =
    "±: half of the 95% interval over evaluation pairs; it does not cover a change of seed.";

/// The parts in the order tables list them.
pub(super) const PARTS: [Part; 3] = [Part::InDomain, Part::Backward, Part::Forward];

impl Part {
    /// The part that holds cell (`trained`, `tested`).
    pub(super) fn of(trained: usize, tested: usize) -> Self {
        match tested.cmp(&trained) {
            std::cmp::Ordering::Equal => Self::InDomain,
            std::cmp::Ordering::Less => Self::Backward,
            std::cmp::Ordering::Greater => Self::Forward,
        }
    }

    /// Its name in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InDomain => "in-domain",
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }

    /// Its cells (trained, tested) in a matrix of `steps` × `steps`.
    fn cells(self, steps: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..steps)
            .flat_map(move |i| (0..steps).map(move |j| (i, j)))
            .filter(move |(i, j)| Self::of(*i, *j) == self)
    }
}

/// A mean and the half width of its 95% interval, where that can be known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) value: f64,
    pub(super) half_width: Option<f64>,
}

impl Estimate {
    /// A number without error, such as chance.
    pub(super) fn exact(value: f64) -> Self {
        Self {
            value,
            half_width: Some(0.0),
        }
    }

    /// The ends of its 95% interval.
    pub(super) fn interval(self) -> Option<[f64; 2]> {
        let half = self.half_width?;
        Some([self.value - half, self.value + half])
    }

    /// Whether it is larger than `other` by more than both half widths together.
    ///
    /// That holds for any correlation between the two, so it suits models tested on the same pairs.
    pub(super) fn clearly_above(self, other: Self) -> bool {
        match (self.half_width, other.half_width) {
            (Some(a), Some(b)) => self.value - other.value > a + b,
            _ => false,
        }
    }
}

impl TaskScores {
    /// The mean that was handed in for `part`, with its interval from the cells.
    pub(super) fn estimate(&self, part: Part, steps: usize) -> Option<Estimate> {
        let value = match part {
            Part::InDomain => self.in_domain,
            Part::Backward => self.backward,
            Part::Forward => self.forward,
        };
        let value = value.filter(|value| value.is_finite())?;
        let half_width = self.mean_half_width(part, steps, |i, j| self.half_width(i, j));
        Some(Estimate { value, half_width })
    }

    /// Mean score of guessing over the cells of `part`.
    pub(super) fn chance(&self, part: Part, steps: usize) -> Option<f64> {
        let chances: Option<Vec<f64>> = part.cells(steps).map(|(_, j)| self.chance_at(j)).collect();
        mean(&chances?)
    }

    /// How much lower the cells of `part` are than the diagonal cell of the same tested step.
    ///
    /// Both are measured on the same pairs, so a hard step does not pass for an old model.
    pub(super) fn drop_from_diagonal(&self, part: Part, steps: usize) -> Option<Estimate> {
        let drops: Option<Vec<f64>> = part
            .cells(steps)
            .map(|(i, j)| Some(self.cell(j, j)?.value - self.cell(i, j)?.value))
            .collect();
        let half_width = self.mean_half_width(part, steps, |i, j| {
            Some(self.half_width(j, j)? + self.half_width(i, j)?)
        });
        Some(Estimate {
            value: mean(&drops?)?,
            half_width,
        })
    }

    /// Mean of the cells of `part`, and mean of the diagonal cells of the same tested steps.
    pub(super) fn beside_diagonal(&self, part: Part, steps: usize) -> Option<(f64, f64)> {
        let cells: Option<Vec<f64>> = part
            .cells(steps)
            .map(|(i, j)| Some(self.cell(i, j)?.value))
            .collect();
        let diagonal: Option<Vec<f64>> = part
            .cells(steps)
            .map(|(_, j)| Some(self.cell(j, j)?.value))
            .collect();
        Some((mean(&cells?)?, mean(&diagonal?)?))
    }

    /// Half width of a mean over cells: cells of one tested step share their pairs and may err together,
    /// different steps hold different pairs and err apart.
    fn mean_half_width(
        &self,
        part: Part,
        steps: usize,
        half_width: impl Fn(usize, usize) -> Option<f64>,
    ) -> Option<f64> {
        let cells = part.cells(steps).count();
        let mut by_tested = vec![0.0; steps];
        for (i, j) in part.cells(steps) {
            by_tested[j] += half_width(i, j)? / cells as f64;
        }
        Some(by_tested.iter().map(|sum| sum * sum).sum::<f64>().sqrt()).filter(|_| cells > 0)
    }

    /// Half the 95% interval of one cell: as handed in, else Wilson's for a share of its items.
    pub(super) fn half_width(&self, i: usize, j: usize) -> Option<f64> {
        let Score { value, interval } = self.cell(i, j)?;
        match interval {
            Some([low, high]) => Some((high - low).abs() / 2.0),
            None => wilson_half_width(value, self.items_at(j)?),
        }
    }
}

/// Half of Wilson's 95% interval of a share of `items`.
pub(super) fn wilson_half_width(share: f64, items: u64) -> Option<f64> {
    const Z: f64 = 1.96;
    let n = items as f64;
    let p = share.clamp(0.0, 1.0);
    let spread = (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    (items > 0).then(|| Z * spread / (1.0 + Z * Z / n))
}

/// The mean, unless there is nothing to take it of.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[f64]], half: f64) -> TaskScores {
        let score = |value: &f64| {
            Some(Score {
                value: *value,
                interval: Some([value - half, value + half]),
            })
        };
        TaskScores {
            cells: rows
                .iter()
                .map(|row| row.iter().map(score).collect())
                .collect(),
            chance: vec![Some(0.1), Some(0.2), Some(0.3)],
            backward: Some(0.2),
            ..TaskScores::default()
        }
    }

    #[test]
    fn cells_of_one_tested_step_err_together_and_steps_apart() {
        let task = matrix(
            &[&[0.5, 0.1, 0.1], &[0.3, 0.5, 0.1], &[0.1, 0.2, 0.5]],
            0.09,
        );
        // Tested step 0 holds two of the three cells, step 1 one.
        let half = task
            .estimate(Part::Backward, 3)
            .and_then(|estimate| estimate.half_width);
        let expected = (0.06f64.powi(2) + 0.03f64.powi(2)).sqrt();
        assert!((half.expect("all cells are there") - expected).abs() < 1e-12);
    }

    #[test]
    fn drop_compares_on_the_same_pairs() {
        let task = matrix(&[&[0.5, 0.1, 0.1], &[0.3, 0.6, 0.1], &[0.1, 0.2, 0.7]], 0.0);
        let drop = task
            .drop_from_diagonal(Part::Backward, 3)
            .expect("all cells are there");
        assert!((drop.value - (0.2 + 0.4 + 0.4) / 3.0).abs() < 1e-12);
        let (cells, diagonal) = task
            .beside_diagonal(Part::Backward, 3)
            .expect("all cells are there");
        assert!((cells - 0.2).abs() < 1e-12 && (diagonal - cells - drop.value).abs() < 1e-12);
    }

    #[test]
    fn missing_cell_leaves_the_interval_open() {
        let mut task = matrix(&[&[0.5, 0.1, 0.1], &[0.3, 0.5, 0.1], &[0.1, 0.2, 0.5]], 0.1);
        task.cells[2][0] = None;
        let estimate = task
            .estimate(Part::Backward, 3)
            .expect("the mean was handed in");
        assert_eq!(estimate.half_width, None);
        assert!(!estimate.clearly_above(Estimate::exact(0.0)));
        assert_eq!(task.drop_from_diagonal(Part::Backward, 3), None);
    }

    #[test]
    fn chance_is_averaged_over_the_cells_of_the_part() {
        let task = matrix(&[], 0.0);
        let chance = task.chance(Part::Backward, 3).expect("chance is known");
        assert!((chance - (0.1 + 0.1 + 0.2) / 3.0).abs() < 1e-12);
    }
}
