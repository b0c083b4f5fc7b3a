//! Drift: how much score a model loses a week away from what it was trained on.
//!
//! The slope b of least squares in E = aₘ + b · (tested − trained), with an intercept aₘ for every
//! model, so that a better model does not pass for a drift. Past and future are fitted apart.
//! With time as the only regressor a hard tested step cannot be told from drift: the distance is
//! the tested time minus the trained time, so an effect of every tested step would leave nothing
//! to fit.

use statrs::distribution::{ContinuousCDF, StudentsT};
use thiserror::Error;

use super::grid::{Grid, GridError};

const SECONDS_PER_WEEK: f64 = 7.0 * 86_400.0;
/// Weeks of a Julian year.
const WEEKS_PER_YEAR: f64 = 365.25 / 7.0;
/// Squared weeks below which distances differ by rounding alone; a second is a thousand times more.
const SAME: f64 = 1e-15;
/// Both tails outside of a 95% interval begin here.
const UPPER: f64 = 0.975;

/// Which side of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Tested at or before the trained time.
    Past,
    /// Tested at or after the trained time.
    Future,
}

/// A fitted slope and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// Change of score as the tested step is a week later, at a fixed trained step: positive in
    /// the past where old steps are forgotten, negative in the future where models age.
    pub per_week: f64,
    /// Standard error of least squares, as if every cell erred on its own.
    pub standard_error: f64,
    /// Standard error by the jackknife over tested steps, whose cells share their samples and so
    /// err together; none with fewer than three tested steps that have a slope without them.
    pub jackknife_error: Option<f64>,
    /// Lower end of the 95% interval of `per_week`: Student's t with the larger error of the two,
    /// and one degree of freedom less than there are tested steps.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Fitted score at no distance, mean over models.
    pub level: f64,
    /// Share of `level` that is lost a year of distance from training; negative where distant
    /// steps score higher. None where the level is not positive.
    pub loss_per_year: Option<f64>,
    /// Cells that the fit is of.
    pub cells: usize,
    /// Models among them.
    pub models: usize,
}

/// Why there is nothing to fit.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DriftError {
    /// Not one time a step.
    #[error("{times} times for {steps} {side} steps")]
    Times {
        /// "trained" or "tested".
        side: &'static str,
        /// Number of times.
        times: usize,
        /// Number of steps.
        steps: usize,
    },
    /// The grid is none.
    #[error(transparent)]
    Grid(#[from] GridError),
}

/// One score: its model, tested step, distance in weeks and value.
#[derive(Clone, Copy)]
struct Cell {
    model: usize,
    tested: usize,
    weeks: f64,
    score: f64,
}

/// Fits the drift on one side of training; cells at no distance belong to both sides, missing
/// cells to none. None where the fit has no slope or no error: all cells of every model at one
/// distance, or no cell more than there are parameters.
///
/// # Shapes
/// trained_seconds `[trained]`, tested_seconds `[tested]`: the middle of every step, on one clock.
///
/// # Errors
/// [`DriftError`] when there is not one time a step, or naming a score that is not finite.
pub fn drift(
    grid: &Grid,
    trained_seconds: &[i64],
    tested_seconds: &[i64],
    side: Side,
) -> Result<Option<Drift>, DriftError> {
    for (name, times, steps) in [
        ("trained", trained_seconds.len(), grid.trained.len()),
        ("tested", tested_seconds.len(), grid.tested.len()),
    ] {
        if times != steps {
            return Err(DriftError::Times {
                side: name,
                times,
                steps,
            });
        }
    }
    grid.check()?;
    let mut cells = Vec::new();
    for (model, row) in grid.values.iter().enumerate() {
        for (tested, score) in row.iter().enumerate() {
            let Some(score) = *score else { continue };
            let seconds = i128::from(tested_seconds[tested]) - i128::from(trained_seconds[model]);
            let own = match side {
                Side::Past => seconds <= 0,
                Side::Future => seconds >= 0,
            };
            if own {
                cells.push(Cell {
                    model,
                    tested,
                    weeks: seconds as f64 / SECONDS_PER_WEEK,
                    score,
                });
            }
        }
    }
    Ok(fit(&cells, grid.trained.len(), grid.tested.len(), side))
}

fn fit(cells: &[Cell], models: usize, tested: usize, side: Side) -> Option<Drift> {
    let line = Line::through(cells, models)?;
    let freedom = cells.len().checked_sub(line.models + 1)?;
    if freedom == 0 {
        return None;
    }
    let residuals: f64 = cells.iter().map(|cell| line.residual(cell).powi(2)).sum();
    let standard_error = (residuals / freedom as f64 / line.spread).sqrt();
    let without = |step: usize| {
        let others: Vec<Cell> = cells
            .iter()
            .filter(|cell| cell.tested != step)
            .copied()
            .collect();
        Some(Line::through(&others, models)?.slope).filter(|_| others.len() < cells.len())
    };
    let slopes: Vec<f64> = (0..tested).filter_map(without).collect();
    let jackknife_error = jackknife(&slopes);
    let (error, freedom) = match jackknife_error {
        Some(error) => (error.max(standard_error), slopes.len() - 1),
        None => (standard_error, freedom),
    };
    let students = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    let half = error * students.inverse_cdf(UPPER);
    let towards_training = match side {
        Side::Past => 1.0,
        Side::Future => -1.0,
    };
    Some(Drift {
        per_week: line.slope,
        standard_error,
        jackknife_error,
        low: line.slope - half,
        high: line.slope + half,
        level: line.level,
        loss_per_year: (line.level > 0.0)
            .then(|| towards_training * line.slope * WEEKS_PER_YEAR / line.level),
        cells: cells.len(),
        models: line.models,
    })
}

/// Standard error of a slope from the slopes without each tested step (Efron & Stein 1981).
fn jackknife(slopes: &[f64]) -> Option<f64> {
    let n = slopes.len() as f64;
    let mean = slopes.iter().sum::<f64>() / n;
    let squares: f64 = slopes.iter().map(|slope| (slope - mean).powi(2)).sum();
    (slopes.len() >= 3).then(|| ((n - 1.0) / n * squares).sqrt())
}

/// Parallel lines, one a model.
struct Line {
    slope: f64,
    /// Σ of squared distances from their model's mean distance.
    spread: f64,
    /// Intercept of every model that has cells.
    intercepts: Vec<f64>,
    /// Mean of those intercepts.
    level: f64,
    /// Number of models that have cells.
    models: usize,
}

impl Line {
    /// Least squares: the slope within models; none where no model has two distances.
    fn through(cells: &[Cell], models: usize) -> Option<Self> {
        let mut means = vec![(0.0, 0.0, 0.0); models];
        for cell in cells {
            let (n, weeks, score) = &mut means[cell.model];
            *n += 1.0;
            *weeks += cell.weeks;
            *score += cell.score;
        }
        for (n, weeks, score) in &mut means {
            *weeks /= *n;
            *score /= *n;
        }
        let (mut spread, mut together) = (0.0, 0.0);
        for cell in cells {
            let (_, weeks, score) = means[cell.model];
            spread += (cell.weeks - weeks).powi(2);
            together += (cell.weeks - weeks) * (cell.score - score);
        }
        if spread < SAME {
            return None;
        }
        let slope = together / spread;
        let intercepts: Vec<f64> = means
            .iter()
            .map(|(_, weeks, score)| score - slope * weeks)
            .collect();
        let there = || means.iter().map(|(n, ..)| *n > 0.0);
        let models = there().filter(|there| *there).count();
        let sum: f64 = intercepts
            .iter()
            .zip(there())
            .filter(|(_, there)| *there)
            .map(|(intercept, _)| intercept)
            .sum();
        Some(Self {
            slope,
            spread,
            intercepts,
            level: sum / models as f64,
            models,
        })
    }

    fn residual(&self, cell: &Cell) -> f64 {
        cell.score - self.intercepts[cell.model] - self.slope * cell.weeks
    }
}
