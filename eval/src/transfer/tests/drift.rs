use serde::Deserialize;

use crate::shift::Random;
use crate::transfer::{DriftError, Grid, GridError, Side, drift};

const WEEK: i64 = 7 * 86_400;
const YEAR: i64 = 31_557_600;

#[derive(Deserialize)]
struct Golden {
    trained_seconds: Vec<i64>,
    tested_seconds: Vec<i64>,
    values: Vec<Vec<Option<f64>>>,
    past: Fit,
    future: Fit,
}

#[derive(Deserialize)]
struct Fit {
    per_week: f64,
    standard_error: f64,
    jackknife_error: f64,
    low: f64,
    high: f64,
    level: f64,
    loss_per_year: f64,
    cells: usize,
    models: usize,
}

fn grid(values: Vec<Vec<Option<f64>>>) -> Grid {
    let names = |n: usize| (0..n).map(|at| at.to_string()).collect();
    Grid {
        trained: names(values.len()),
        tested: names(values[0].len()),
        values,
    }
}

fn close(own: f64, theirs: f64) -> bool {
    (own - theirs).abs() <= 1e-9 * theirs.abs()
}

#[test]
fn slopes_and_errors_are_those_of_least_squares_with_an_intercept_a_model() {
    let golden = include_str!("../../../tests/golden/transfer.json");
    let golden: Golden = serde_json::from_str(golden).expect("golden values");
    let grid = grid(golden.values);
    for (side, fit) in [(Side::Past, golden.past), (Side::Future, golden.future)] {
        let own = drift(&grid, &golden.trained_seconds, &golden.tested_seconds, side)
            .expect("times fit")
            .expect("a slope");
        assert_eq!((own.cells, own.models), (fit.cells, fit.models));
        for (own, theirs) in [
            (own.per_week, fit.per_week),
            (own.standard_error, fit.standard_error),
            (
                own.jackknife_error.expect("enough steps"),
                fit.jackknife_error,
            ),
            (own.low, fit.low),
            (own.high, fit.high),
            (own.level, fit.level),
            (own.loss_per_year.expect("a level"), fit.loss_per_year),
        ] {
            assert!(close(own, theirs), "{side:?}: {own} {theirs}");
        }
    }
}

#[test]
fn a_planted_loss_is_found_on_its_side_whatever_the_models_level() {
    let times: Vec<i64> = (0..5).map(|year| year * YEAR).collect();
    let score = |trained: i64, tested: i64| {
        let level = 0.3 + 0.05 * trained as f64;
        let distance = (tested - trained) as f64;
        Some(level + if distance > 0.0 { -0.04 } else { 0.01 } * distance)
    };
    let values = (0..5)
        .map(|trained| (0..5).map(|tested| score(trained, tested)).collect())
        .collect();
    let grid = grid(values);
    let of = |side| {
        drift(&grid, &times, &times, side)
            .expect("times fit")
            .expect("a slope")
    };
    let (past, future) = (of(Side::Past), of(Side::Future));
    let weeks = 365.25 / 7.0;
    assert!(close(past.per_week, 0.01 / weeks) && close(future.per_week, -0.04 / weeks));
    let level = 0.3 + 0.05 * 2.0;
    assert!(close(past.loss_per_year.expect("a level"), 0.01 / level));
    assert!(close(future.loss_per_year.expect("a level"), 0.04 / level));
}

/// How often the interval holds a slope of zero when tested steps are easy or hard at random.
#[test]
fn intervals_hold_the_truth_when_cells_of_a_column_err_together() {
    let times: Vec<i64> = (0..7).map(|year| year * YEAR).collect();
    let mut random = Random::new(5, 0);
    let (mut held, mut held_by_least_squares) = (0, 0);
    for _ in 0..1000 {
        let hard: Vec<f64> = (0..7).map(|_| 0.02 * random.normal()).collect();
        let values = (0..7)
            .map(|_| {
                let cell = |hard: &f64| Some(0.5 + hard + 0.005 * random.normal());
                hard.iter().map(cell).collect()
            })
            .collect();
        let own = drift(&grid(values), &times, &times, Side::Past)
            .expect("times fit")
            .expect("a slope");
        held += usize::from(own.low <= 0.0 && 0.0 <= own.high);
        held_by_least_squares += usize::from(own.per_week.abs() <= 2.09 * own.standard_error);
    }
    assert!((900..=990).contains(&held), "{held}");
    assert!(held_by_least_squares < 860, "{held_by_least_squares}");
}

#[test]
fn one_distance_a_model_has_no_slope() {
    let diagonal = grid(vec![vec![Some(0.5), None], vec![None, Some(0.6)]]);
    let own = drift(&diagonal, &[0, WEEK], &[0, WEEK], Side::Past);
    assert_eq!(own, Ok(None));
    let two = grid(vec![vec![Some(0.5), None], vec![Some(0.4), Some(0.6)]]);
    assert_eq!(drift(&two, &[0, WEEK], &[0, WEEK], Side::Past), Ok(None));
}

#[test]
fn times_and_scores_that_do_not_fit_are_named() {
    let one = grid(vec![vec![Some(f64::NAN)]]);
    assert_eq!(
        drift(&one, &[0, 1], &[0], Side::Past),
        Err(DriftError::Times {
            side: "trained",
            times: 2,
            steps: 1
        })
    );
    assert_eq!(
        drift(&one, &[0], &[0], Side::Past),
        Err(DriftError::Grid(GridError::NotFinite {
            trained: "0".to_owned(),
            tested: "0".to_owned()
        }))
    );
}
