//! A grid with one column a training step: tested steps of one training step are averaged.

use thiserror::Error;

use super::grid::{Grid, GridError};
use super::matrix::Transfer;
use super::part::{Part, mean};
use super::place::Place;

/// A grid, when its tested steps lie, and the columns that follow from that.
///
/// A training step's column is the mean over the tested steps that lie in it; it has a score only
/// where all of them have one. A tested step before, between or after the training steps is a
/// column of its own, which counts as backward or forward by its place. One whose place is unknown
/// is in `raw` alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// What was measured.
    pub raw: Grid,
    /// Columns in time order; every training step has one.
    pub columns: Vec<Column>,
    /// `[trained][column]`; none where a score is missing.
    pub values: Vec<Vec<Option<f64>>>,
}

/// A column of merged scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The training step's name, or that of the tested step outside of training.
    pub name: String,
    /// Where it lies.
    pub place: Place,
    /// Columns of the raw grid that it is the mean of.
    pub tested: Vec<usize>,
}

/// Why places do not fit a grid.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MergeError {
    /// The grid is none.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Not one place a tested step.
    #[error("{places} places for {tested} tested steps")]
    Count {
        /// Number of places.
        places: usize,
        /// Number of tested steps.
        tested: usize,
    },
    /// A place among training steps that are not there.
    #[error("tested step {tested:?} is placed at training step {step}, there are {steps}, from 0")]
    NoSuchStep {
        /// Name of the tested step.
        tested: String,
        /// The training step's index.
        step: usize,
        /// Number of training steps.
        steps: usize,
    },
}

impl Merged {
    /// Averages the columns of `raw` that lie in the same training step.
    ///
    /// # Shapes
    /// places `[tested]`.
    ///
    /// # Errors
    /// [`MergeError`] when there is not one place a tested step, a place does not exist, or the
    /// grid's rows do not fit its steps or hold a score that is not finite.
    pub fn new(raw: Grid, places: &[Place]) -> Result<Self, MergeError> {
        raw.check()?;
        let steps = raw.trained.len();
        if places.len() != raw.tested.len() {
            return Err(MergeError::Count {
                places: places.len(),
                tested: raw.tested.len(),
            });
        }
        for (place, tested) in places.iter().zip(&raw.tested) {
            let (step, most) = match *place {
                Place::In(step) => (step, steps.checked_sub(1)),
                Place::Before(step) => (step, Some(steps)),
                Place::Unknown => continue,
            };
            if most.is_none_or(|most| step > most) {
                return Err(MergeError::NoSuchStep {
                    tested: tested.clone(),
                    step,
                    steps,
                });
            }
        }
        let columns = columns(&raw, places);
        let value = |row: &Vec<Option<f64>>, column: &Column| {
            let values: Option<Vec<f64>> = column.tested.iter().map(|at| row[*at]).collect();
            let values = values.filter(|values| !values.is_empty())?;
            Some(values.iter().sum::<f64>() / values.len() as f64)
        };
        let values = raw
            .values
            .iter()
            .map(|row| columns.iter().map(|column| value(row, column)).collect())
            .collect();
        Ok(Self {
            raw,
            columns,
            values,
        })
    }

    /// The square matrix: the training steps' columns alone.
    #[must_use]
    pub fn transfer(&self) -> Transfer {
        let inside = |column: &Column| matches!(column.place, Place::In(_));
        let square = |row: &Vec<Option<f64>>| {
            let own = row.iter().zip(&self.columns);
            own.filter(|(_, column)| inside(column))
                .map(|(value, _)| *value)
                .collect()
        };
        Transfer {
            steps: self.raw.trained.clone(),
            values: self.values.iter().map(square).collect(),
        }
    }

    /// Mean over the cells of `part`, one a column; none unless there are some and all of them
    /// have a score.
    #[must_use]
    pub fn mean(&self, part: Part) -> Option<f64> {
        mean(
            part,
            self.columns.iter().map(|column| column.place),
            &self.values,
        )
    }

    /// The mean over `part` as weights on the cells of the raw grid, `[trained][tested]`: the sum
    /// of weight · score is [`Merged::mean`].
    #[must_use]
    pub fn weights(&self, part: Part) -> Vec<Vec<f64>> {
        let (rows, tested) = (self.raw.trained.len(), self.raw.tested.len());
        let mut weights = vec![vec![0.0; tested]; rows];
        let mut cells = 0_usize;
        for (trained, row) in weights.iter_mut().enumerate() {
            for column in &self.columns {
                if part.holds(trained, column.place) {
                    cells += 1;
                    for at in &column.tested {
                        row[*at] = 1.0 / column.tested.len() as f64;
                    }
                }
            }
        }
        for weight in weights.iter_mut().flatten() {
            *weight /= cells.max(1) as f64;
        }
        weights
    }
}

fn columns(raw: &Grid, places: &[Place]) -> Vec<Column> {
    let inside = (0..raw.trained.len()).map(|step| {
        let here = |at: &usize| places[*at] == Place::In(step);
        Column {
            name: raw.trained[step].clone(),
            place: Place::In(step),
            tested: (0..places.len()).filter(here).collect(),
        }
    });
    let outside = places
        .iter()
        .enumerate()
        .filter(|(_, place)| matches!(place, Place::Before(_)))
        .map(|(at, place)| Column {
            name: raw.tested[at].clone(),
            place: *place,
            tested: vec![at],
        });
    let mut columns: Vec<Column> = inside.chain(outside).collect();
    columns.sort_by_key(|column| column.place.key());
    columns
}

#[cfg(test)]
mod tests {
    use super::super::grid::tests::steps;
    use super::*;

    fn grid(trained: &[&str], tested: &[&str], values: &[&[f64]]) -> Grid {
        let row = |row: &&[f64]| row.iter().map(|value| Some(*value)).collect();
        Grid {
            trained: steps(trained),
            tested: steps(tested),
            values: values.iter().map(row).collect(),
        }
    }

    fn uneven() -> Grid {
        grid(
            &["2014-2015", "2016"],
            &["2013", "2014", "2015", "2016", "2017"],
            &[&[0.1, 0.4, 0.6, 0.3, 0.2], &[0.0, 0.2, 0.3, 0.7, 0.5]],
        )
    }

    const PLACES: [Place; 5] = [
        Place::Before(0),
        Place::In(0),
        Place::In(0),
        Place::In(1),
        Place::Before(2),
    ];

    #[test]
    fn years_of_one_training_step_are_averaged() {
        let merged = Merged::new(uneven(), &PLACES).expect("places fit");
        let names: Vec<&str> = merged.columns.iter().map(|own| own.name.as_str()).collect();
        assert_eq!(names, ["2013", "2014-2015", "2016", "2017"]);
        assert_eq!(
            merged.transfer().values,
            [[Some(0.5), Some(0.3)], [Some(0.25), Some(0.7)]]
        );
        assert_eq!(merged.raw, uneven());
    }

    #[test]
    fn years_outside_of_training_count_by_their_place() {
        let merged = Merged::new(uneven(), &PLACES).expect("places fit");
        let close = |mean: Option<f64>, value: f64| (mean.expect("a mean") - value).abs() < 1e-12;
        assert!(close(merged.mean(Part::InDomain), (0.5 + 0.7) / 2.0));
        assert!(close(merged.mean(Part::Backward), (0.1 + 0.0 + 0.25) / 3.0));
        assert!(close(merged.mean(Part::Forward), (0.3 + 0.2 + 0.5) / 3.0));
        assert_eq!(merged.mean(Part::NextStep), Some(0.3));
        let mut unknown = PLACES;
        unknown[0] = Place::Unknown;
        let merged = Merged::new(uneven(), &unknown).expect("places fit");
        assert_eq!(merged.mean(Part::Backward), Some(0.25));
    }

    #[test]
    fn weights_on_raw_cells_give_the_same_means() {
        let merged = Merged::new(uneven(), &PLACES).expect("places fit");
        for part in Part::ALL {
            let weights = merged.weights(part).concat();
            let cells = merged.raw.values.concat();
            let sum: f64 = weights
                .iter()
                .zip(cells)
                .map(|(weight, cell)| weight * cell.expect("a full grid"))
                .sum();
            let mean = merged.mean(part).expect("a full grid");
            assert!((sum - mean).abs() < 1e-12, "{part:?}: {sum} {mean}");
        }
    }

    #[test]
    fn one_missing_year_leaves_its_column_open() {
        let mut raw = uneven();
        raw.values[0][1] = None;
        let merged = Merged::new(raw, &PLACES).expect("places fit");
        assert_eq!(merged.mean(Part::InDomain), None);
        assert!(merged.mean(Part::Backward).is_some());
    }

    #[test]
    fn places_that_do_not_exist_are_named() {
        let error = Merged::new(uneven(), &[Place::In(2); 5]).expect_err("two steps");
        assert!(matches!(error, MergeError::NoSuchStep { step: 2, .. }));
        assert!(matches!(
            Merged::new(uneven(), &PLACES[1..]),
            Err(MergeError::Count {
                places: 4,
                tested: 5
            })
        ));
    }
}
