//! Matrices: the scores of every strategy and task, arranged by trained and tested step.

use thiserror::Error;
use ticclip_eval::score::Score;
use ticclip_eval::transfer::{
    Drift, Grid, Merged, Part, Place, PlaceError, Side, Span, TransferError, bound_of_means, drift,
    places,
};

use super::Calendar;
use crate::strategy;

/// The task that comes first: what the benchmark is about.
const FIRST: &str = "retrieval";

/// Scores of one strategy on one task.
#[derive(Clone, Debug)]
pub struct Matrix<'a> {
    /// The strategy, or what else the models have in common.
    pub strategy: &'a str,
    /// The task.
    pub task: &'a str,
    /// Its metric that counts.
    pub metric: &'a str,
    /// The scores by trained step and column: as measured, and with one column a training step.
    pub merged: Merged,
    /// `[trained][tested]`, of the raw grid.
    scores: Vec<Vec<Option<&'a Score>>>,
    /// When every trained and tested step of the raw grid is.
    spans: [Vec<Option<Span>>; 2],
}

/// A value and the 95% interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The value, in [0, 1].
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Why scores make no matrix.
#[derive(Debug, Error)]
pub enum MatrixError {
    /// Two scores for one cell, or one that is no number.
    #[error("{0}; two models of one strategy and step need names of their own")]
    Scores(#[from] TransferError),
    /// Training steps of a strategy that share time.
    #[error(
        "{strategy}: the training steps {} do not follow one another: {source}; say when they are",
        steps.join(", ")
    )]
    Times {
        /// The strategy.
        strategy: String,
        /// Its training steps in order of their beginnings.
        steps: Vec<String>,
        /// What is wrong.
        source: PlaceError,
    },
}

/// All matrices, by strategy in the order reports list them, then by task in the order of the scores.
///
/// Rows are `trained`, or the training steps that a strategy's scores name if that is empty. Columns are the steps that
/// the scores are of; scores without steps, such as those of static tasks, are in none.
///
/// # Errors
/// [`MatrixError`] when a cell has two scores, or training steps share time.
pub fn matrices<'a>(
    trained: &[String],
    calendar: &Calendar,
    scores: &'a [Score],
) -> Result<Vec<Matrix<'a>>, MatrixError> {
    let stepped = |score: &&Score| score.trained_step.is_some() && score.tested_step.is_some();
    let scores: Vec<&Score> = scores.iter().filter(stepped).collect();
    let mut tasks = distinct(scores.iter().map(|score| score.task.as_str()));
    tasks.sort_by_key(|task| *task != FIRST);
    let mut strategies = distinct(scores.iter().filter_map(|score| score.strategy.as_deref()));
    let listed = strategy::names();
    strategies.sort_by_key(|name| {
        listed
            .iter()
            .position(|known| known == name)
            .unwrap_or(listed.len())
    });
    let mut all = Vec::new();
    for strategy in strategies {
        for task in &tasks {
            let own = |score: &&&Score| {
                score.strategy.as_deref() == Some(strategy) && score.task == *task
            };
            let own: Vec<&Score> = scores.iter().filter(own).copied().collect();
            if !own.is_empty() {
                all.push(Matrix::new(trained, calendar, strategy, &own)?);
            }
        }
    }
    Ok(all)
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// Names in order of time; those whose time nobody knows come last, as they came.
fn in_time(names: Vec<&str>, calendar: &Calendar) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort_by_key(|name| {
        let span = calendar.span(name);
        (span.is_none(), span.map(|span| (span.from, span.to)))
    });
    names
}

impl<'a> Matrix<'a> {
    fn new(
        trained: &[String],
        calendar: &Calendar,
        strategy: &'a str,
        own: &[&'a Score],
    ) -> Result<Self, MatrixError> {
        let rows = || own.iter().filter_map(|score| score.trained_step.as_deref());
        let trained = if trained.is_empty() {
            in_time(distinct(rows()), calendar)
        } else {
            trained.to_vec()
        };
        let columns = own.iter().filter_map(|score| score.tested_step.as_deref());
        let mut columns = distinct(columns);
        // In the order of training where the calendar does not tell.
        columns.sort_by_key(|name| trained.iter().position(|step| step == name));
        let tested = in_time(columns, calendar);
        let grid = Grid::new(&trained, &tested, own.iter().copied())?;
        let cell = |after: &String, on: &String| {
            let same = |score: &&&Score| {
                (score.trained_step.as_ref(), score.tested_step.as_ref()) == (Some(after), Some(on))
            };
            own.iter().find(same).copied()
        };
        let scores = trained
            .iter()
            .map(|after| tested.iter().map(|on| cell(after, on)).collect())
            .collect();
        let spans = [&trained, &tested].map(|names| {
            let spans = names.iter().map(|name| calendar.span(name));
            spans.collect::<Vec<_>>()
        });
        let places = placed(&trained, &tested, &spans).map_err(|source| MatrixError::Times {
            strategy: strategy.to_owned(),
            steps: trained.clone(),
            source,
        })?;
        let merged = Merged::new(grid, &places).expect("a grid of finite scores, a place a column");
        Ok(Self {
            strategy,
            task: &own[0].task,
            metric: &own[0].metric,
            merged,
            scores,
            spans,
        })
    }

    /// The score of a trained step in a column, if all of the column's sets have one.
    ///
    /// Sets of one column are drawn apart: their half widths add in quadrature.
    pub fn cell(&self, trained: usize, column: usize) -> Option<Estimate> {
        let value = self.merged.values[trained][column]?;
        let tested = &self.merged.columns[column].tested;
        let (mut below, mut above) = (0.0, 0.0);
        for at in tested {
            let score = self.scores[trained][*at]?;
            below += (score.value - score.low).powi(2);
            above += (score.high - score.value).powi(2);
        }
        let sets = tested.len() as f64;
        Some(Estimate {
            value,
            low: value - f64::sqrt(below) / sets,
            high: value + f64::sqrt(above) / sets,
        })
    }

    /// Number of samples and mean chance of a column, which are the same for all models; none if no model was tested.
    pub fn column(&self, column: usize) -> Option<(u64, f64)> {
        let tested = &self.merged.columns[column].tested;
        let sets: Option<Vec<&Score>> = tested
            .iter()
            .map(|at| self.scores.iter().find_map(|row| row[*at]))
            .collect();
        let sets = sets.filter(|sets| !sets.is_empty())?;
        let chance = sets.iter().map(|score| score.chance).sum::<f64>() / sets.len() as f64;
        Some((sets.iter().map(|score| score.n).sum(), chance))
    }

    /// Mean of chance over the columns that have one.
    pub fn chance(&self) -> Option<f64> {
        let columns = 0..self.merged.columns.len();
        let known: Vec<f64> = columns
            .filter_map(|column| Some(self.column(column)?.1))
            .collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// The mean over a part of the matrix, with an interval that holds however much the models have in common.
    pub fn mean(&self, part: Part) -> Option<Estimate> {
        let value = self.merged.mean(part)?;
        let intervals: Vec<Vec<_>> = self
            .scores
            .iter()
            .map(|row| {
                let ends = |score: &Option<&Score>| score.map(|score| (score.low, score.high));
                row.iter().map(ends).collect()
            })
            .collect();
        let (low, high) = bound_of_means(&self.merged, part, &intervals).ok()??;
        Some(Estimate { value, low, high })
    }

    /// Change of score as the tested step is a week later; none where times are not known or nothing can be fitted.
    pub fn drift(&self, side: Side) -> Option<Drift> {
        let middles = |spans: &[Option<Span>]| -> Option<Vec<i64>> {
            let middle = |span: &Option<Span>| span.map(|span| span.from.midpoint(span.to));
            spans.iter().map(middle).collect()
        };
        let [trained, tested] = &self.spans;
        drift(
            &self.merged.raw,
            &middles(trained)?,
            &middles(tested)?,
            side,
        )
        .ok()?
    }

    /// Tested steps that count in no mean, since nobody says when they are, or only a part of them was trained on.
    pub fn unplaced(&self) -> Vec<&str> {
        let used = |at: &usize| {
            let mut columns = self.merged.columns.iter();
            columns.any(|column| column.tested.contains(at))
        };
        let names = self.merged.raw.tested.iter().enumerate();
        names
            .filter(|(at, _)| !used(at))
            .map(|(_, name)| name.as_str())
            .collect()
    }

    /// The columns of the training steps, in their order: those of the square matrix.
    pub fn square(&self) -> Vec<usize> {
        let columns = self.merged.columns.iter().enumerate();
        columns
            .filter(|(_, column)| matches!(column.place, Place::In(_)))
            .map(|(at, _)| at)
            .collect()
    }

    /// The scores as they were measured, by trained and tested step.
    pub fn measured(&self) -> impl Iterator<Item = &'a Score> + '_ {
        self.scores.iter().flatten().filter_map(|score| *score)
    }
}

/// Where every tested step lies among the trained ones.
fn placed(
    trained: &[String],
    tested: &[String],
    [trained_spans, tested_spans]: &[Vec<Option<Span>>; 2],
) -> Result<Vec<Place>, PlaceError> {
    let same = |name: &String| trained.iter().position(|step| step == name);
    let times: Option<Vec<Span>> = trained_spans.iter().copied().collect();
    let place = |(name, span): (&String, &Option<Span>)| {
        // The same name is the same step, whatever a calendar says.
        if let Some(step) = same(name) {
            return Ok(Place::In(step));
        }
        let (Some(times), Some(span)) = (&times, span) else {
            return Ok(Place::Unknown);
        };
        match places(times, &[*span]) {
            Ok(places) => Ok(places[0]),
            Err(PlaceError::Partly { .. }) => Ok(Place::Unknown),
            Err(error) => Err(error),
        }
    };
    tested.iter().zip(tested_spans).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(strategy: &str, trained: &str, tested: &str, value: f64) -> Score {
        Score {
            task: "retrieval".into(),
            model: format!("{strategy}/{trained}"),
            weights: String::new(),
            tokenizer: None,
            data: None,
            strategy: Some(strategy.into()),
            metric: "mean_recall@1".into(),
            value,
            n: 100,
            chance: 0.01,
            trained_step: Some(trained.into()),
            tested_step: Some(tested.into()),
            metrics: std::collections::BTreeMap::new(),
            low: value - 0.03,
            high: value + 0.04,
        }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn years_of_one_training_step_are_one_column() {
        let mut scores = Vec::new();
        for (trained, row) in [
            ("2014-2016", [0.4, 0.5, 0.6, 0.2]),
            ("2017", [0.1, 0.2, 0.3, 0.7]),
        ] {
            for (tested, value) in ["2014", "2015", "2016", "2017"].into_iter().zip(row) {
                scores.push(score("sequential", trained, tested, value));
            }
        }
        let all =
            matrices(&[], &Calendar::default(), &scores).expect("steps that follow one another");
        let [matrix] = all.as_slice() else {
            panic!("one strategy, one task");
        };
        let names: Vec<&str> = matrix
            .merged
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["2014-2016", "2017"]);
        let cell = matrix.cell(0, 0).expect("all sets are there");
        assert!(near(cell.value, 0.5));
        assert!(near(
            cell.high - cell.value,
            (3.0 * 0.04f64.powi(2)).sqrt() / 3.0
        ));
        assert_eq!(matrix.column(0), Some((300, 0.01)));
        assert!(near(
            matrix.mean(Part::InDomain).expect("a mean").value,
            0.6
        ));
        assert!(near(
            matrix.mean(Part::Backward).expect("a mean").value,
            0.2
        ));
        assert!(near(
            matrix.mean(Part::NextStep).expect("a mean").value,
            0.2
        ));
    }

    #[test]
    fn a_set_from_after_the_last_step_is_forward() {
        let scores = [
            score("restart", "2016", "2016", 0.5),
            score("restart", "2016", "2019", 0.2),
            score("restart", "2016", "some-day", 0.9),
        ];
        let all = matrices(&[], &Calendar::default(), &scores).expect("one step");
        assert!(near(all[0].mean(Part::Forward).expect("2019").value, 0.2));
        assert_eq!(all[0].unplaced(), ["some-day"]);
    }

    #[test]
    fn steps_without_times_are_matched_by_name() {
        let mut scores = Vec::new();
        for trained in ["old", "new"] {
            for tested in ["old", "new"] {
                scores.push(score(
                    "oracle",
                    trained,
                    tested,
                    if trained == tested { 0.5 } else { 0.25 },
                ));
            }
        }
        let steps = ["old", "new"].map(str::to_owned);
        let all = matrices(&steps, &Calendar::default(), &scores).expect("two steps");
        assert!(near(
            all[0].mean(Part::InDomain).expect("diagonal").value,
            0.5
        ));
        assert!(near(
            all[0].mean(Part::Backward).expect("below").value,
            0.25
        ));
        assert_eq!(all[0].drift(Side::Past), None);
    }

    #[test]
    fn strategies_come_in_the_order_of_reports_and_families_behind() {
        let of = |name| score(name, "2016", "2016", 0.5);
        let scores = [of("mine"), of("restart"), of("sequential")];
        let all = matrices(&[], &Calendar::default(), &scores).expect("one step each");
        let names: Vec<&str> = all.iter().map(|matrix| matrix.strategy).collect();
        let position = |name| strategy::names().iter().position(|known| *known == name);
        assert!(position("sequential") < position("restart"));
        assert_eq!(names, ["sequential", "restart", "mine"]);
    }

    #[test]
    fn two_scores_of_one_cell_are_refused() {
        let scores = [
            score("restart", "2016", "2016", 0.5),
            score("restart", "2016", "2016", 0.6),
        ];
        let error = matrices(&[], &Calendar::default(), &scores).expect_err("twice");
        assert!(
            error.to_string().contains("after step 2016 on step 2016"),
            "{error}"
        );
    }

    #[test]
    fn overlapping_training_steps_are_told() {
        let scores = [
            score("restart", "2016", "2018", 0.5),
            score("restart", "2015-2017", "2018", 0.6),
        ];
        let error = matrices(&[], &Calendar::default(), &scores).expect_err("they overlap");
        assert!(error.to_string().contains("2015-2017, 2016"), "{error}");
    }
}
