use crate::interval::Interval;
use crate::shift::Random;
use crate::transfer::grid::tests::steps;
use crate::transfer::{
    Grid, MeanIntervalError, Merged, Part, Place, bound_of_means, interval_of_means,
    of_sum_of_means,
};

/// Three models on three steps of `n` samples; each is right on the share of `values`.
fn tested(n: usize, same: bool) -> (Merged, Vec<Vec<Vec<f64>>>) {
    let mut random = Random::new(1, 0);
    let samples: Vec<Vec<Vec<f64>>> = (0..3)
        .map(|_| (0..3).map(|_| Vec::with_capacity(n)).collect())
        .collect();
    let mut samples = samples;
    for column in 0..3 {
        for _ in 0..n {
            let shared = random.unit();
            for row in &mut samples {
                let own = if same { shared } else { random.unit() };
                row[column].push(f64::from(own < 0.3));
            }
        }
    }
    let mean = |own: &Vec<f64>| Some(own.iter().sum::<f64>() / own.len() as f64);
    let grid = Grid {
        trained: steps(&["a", "b", "c"]),
        tested: steps(&["a", "b", "c"]),
        values: samples
            .iter()
            .map(|row| row.iter().map(mean).collect())
            .collect(),
    };
    let places: Vec<Place> = (0..3).map(Place::In).collect();
    (Merged::new(grid, &places).expect("a square"), samples)
}

fn width((low, high): Interval) -> f64 {
    high - low
}

fn half_of_cell(n: usize) -> f64 {
    1.96 * (0.3_f64 * 0.7 / n as f64).sqrt()
}

fn intervals(merged: &Merged, n: usize) -> Vec<Vec<Option<Interval>>> {
    let half = half_of_cell(n);
    let around = |value: &Option<f64>| value.map(|value| (value - half, value + half));
    let row = |row: &Vec<Option<f64>>| row.iter().map(around).collect();
    merged.raw.values.iter().map(row).collect()
}

#[test]
fn models_that_err_together_are_as_sure_as_the_bound() {
    let (merged, samples) = tested(2000, true);
    let own = interval_of_means(&merged, Part::Backward, |i, j| Some(&samples[i][j]))
        .expect("samples fit")
        .expect("all there");
    let bound = bound_of_means(&merged, Part::Backward, &intervals(&merged, 2000))
        .expect("intervals fit")
        .expect("all there");
    assert!(
        (width(own) / width(bound) - 1.0).abs() < 0.06,
        "{own:?} {bound:?}"
    );
}

#[test]
fn models_that_err_apart_are_surer_than_the_bound() {
    let (merged, samples) = tested(2000, false);
    let own = interval_of_means(&merged, Part::Backward, |i, j| Some(&samples[i][j]))
        .expect("samples fit")
        .expect("all there");
    // Three cells that err apart: a third of a cell's width by the square root of three.
    let expected = 2.0 * half_of_cell(2000) / 3.0_f64.sqrt();
    assert!((width(own) / expected - 1.0).abs() < 0.06, "{own:?}");
    let bound = bound_of_means(&merged, Part::Backward, &intervals(&merged, 2000))
        .expect("intervals fit")
        .expect("all there");
    assert!(width(bound) > 1.2 * width(own));
}

#[test]
fn many_samples_get_the_interval_that_resampling_would_give() {
    let (_, samples) = tested(6600, false);
    let few = of_sum_of_means(&samples[0]).expect("finite");
    let twice: Vec<Vec<f64>> = samples[0].iter().map(|own| own.repeat(2)).collect();
    let many = of_sum_of_means(&twice).expect("finite");
    let centre = |(low, high): Interval| (low + high) / 2.0;
    assert!((width(few) / (width(many) * 2.0_f64.sqrt()) - 1.0).abs() < 0.06);
    assert!((centre(few) - centre(many)).abs() < 0.05 * width(many));
}

#[test]
fn a_missing_cell_leaves_the_interval_open() {
    let (merged, samples) = tested(20, false);
    let without = |i: usize, j: usize| ((i, j) != (2, 1)).then_some(samples[i][j].as_slice());
    assert_eq!(
        interval_of_means(&merged, Part::Backward, without),
        Ok(None)
    );
    assert!(
        interval_of_means(&merged, Part::Forward, without)
            .expect("samples fit")
            .is_some()
    );
    let mut cells = intervals(&merged, 20);
    cells[2][1] = None;
    assert_eq!(bound_of_means(&merged, Part::Backward, &cells), Ok(None));
}

#[test]
fn samples_of_another_score_or_number_are_refused() {
    let (merged, samples) = tested(20, false);
    let wrong = vec![1.0; 20];
    let swapped = |i: usize, j: usize| {
        Some(if (i, j) == (1, 0) {
            wrong.as_slice()
        } else {
            samples[i][j].as_slice()
        })
    };
    assert!(matches!(
        interval_of_means(&merged, Part::Backward, swapped),
        Err(MeanIntervalError::Disagree { mean, .. }) if mean == 1.0
    ));
    let short = |i: usize, j: usize| Some(&samples[i][j][..if i == 2 { 19 } else { 20 }]);
    assert!(matches!(
        interval_of_means(&merged, Part::Backward, short),
        Err(MeanIntervalError::Length {
            samples: 19,
            others: 20,
            ..
        })
    ));
}

#[test]
fn intervals_and_values_that_are_no_numbers_are_refused() {
    let (merged, _) = tested(20, false);
    let mut cells = intervals(&merged, 20);
    cells[2][1] = Some((f64::NAN, 1.0));
    assert!(matches!(
        bound_of_means(&merged, Part::Backward, &cells),
        Err(MeanIntervalError::Interval { .. })
    ));
    assert_eq!(
        of_sum_of_means(&[vec![0.0], vec![0.5, f64::INFINITY]]),
        Err(MeanIntervalError::Value {
            column: 1,
            sample: 1
        })
    );
}
