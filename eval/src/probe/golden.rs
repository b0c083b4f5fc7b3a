//! Fits against scikit-learn's: `tests/golden/probe.json`, made by `probe.py` beside it.

use serde::Deserialize;

use super::{Fit, Samples, Solver, fit};
use crate::embeddings::Embeddings;

#[derive(Deserialize)]
struct Golden {
    digits: Digits,
    mixture: Mixture,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Digits {
    letters: Vec<String>,
    labels: Vec<usize>,
}

#[derive(Deserialize)]
struct Mixture {
    dim: usize,
    rows: Vec<f32>,
    labels: Vec<usize>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    present: Vec<usize>,
    train: Vec<usize>,
    test: Vec<usize>,
    fits: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    c: f64,
    objective: f64,
    probabilities: Vec<f64>,
    weights: Option<Vec<f64>>,
    bias: Option<Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../tests/golden/probe.json")).expect("golden values")
}

/// The chosen rows of a case's data, at unit length.
fn chosen(golden: &Golden, case: &Case, rows: &[usize]) -> (Embeddings, Vec<usize>) {
    let (all, dim, labels) = if case.name == "a mixture" {
        let mixture = &golden.mixture;
        (mixture.rows.clone(), mixture.dim, &mixture.labels)
    } else {
        let letters = golden.digits.letters.iter().flat_map(|row| row.bytes());
        let pixels = letters.map(|letter| f32::from(letter - b'a')).collect();
        (pixels, 64, &golden.digits.labels)
    };
    let values = rows.iter().flat_map(|row| &all[row * dim..(row + 1) * dim]);
    let features = Embeddings::normalised(values.copied().collect(), dim).expect("rows");
    (features, rows.iter().map(|row| labels[*row]).collect())
}

/// Every case with every fit that is expected, and ours.
fn fits(mut check: impl FnMut(&Case, &Expected, &Fit, &Embeddings)) {
    let golden = golden();
    for case in &golden.cases {
        let (features, labels) = chosen(&golden, case, &case.train);
        let (tested, _) = chosen(&golden, case, &case.test);
        for expected in &case.fits {
            let train = Samples::new(&features, &labels);
            let fit = fit(train, case.classes, expected.c, &Solver::default()).expect("a fit");
            check(case, expected, &fit, &tested);
        }
    }
}

#[test]
fn objectives_are_those_of_scikit_learn() {
    fits(|case, expected, fit, _| {
        let off = (fit.objective / expected.objective - 1.0).abs();
        assert!(
            fit.converged && off < 1e-5,
            "{} at {}: {off:e}",
            case.name,
            expected.c
        );
    });
}

#[test]
fn probabilities_are_those_of_scikit_learn() {
    fits(|case, expected, fit, tested| {
        let found = fit.probe.probabilities(tested).expect("the same width");
        let present = case.present.len();
        for (row, shares) in found.chunks_exact(case.classes).enumerate() {
            for (at, class) in case.present.iter().enumerate() {
                let off = f64::from(shares[*class]) - expected.probabilities[row * present + at];
                assert!(off.abs() < 1e-4, "{} at {}: {off:e}", case.name, expected.c);
            }
            let sum: f32 = case.present.iter().map(|class| shares[*class]).sum();
            assert!((sum - 1.0).abs() < 1e-5, "what is absent has no share");
        }
    });
}

#[test]
fn weights_and_biases_are_those_of_scikit_learn() {
    let mut compared = 0;
    fits(|case, expected, fit, _| {
        let (Some(weights), Some(biases)) = (&expected.weights, &expected.bias) else {
            return;
        };
        let largest = weights
            .iter()
            .chain(biases)
            .fold(0.0_f64, |a, b| a.max(b.abs()));
        let dim = weights.len() / biases.len();
        for (at, (weights, bias)) in weights.chunks(dim).zip(biases).enumerate() {
            // Of two classes, scikit-learn keeps the difference.
            let own = |class: usize| fit.probe.class(class).expect("a present class");
            let (found, found_bias): (Vec<f64>, f64) = if biases.len() == 1 {
                let ((no, no_bias), (yes, yes_bias)) = (own(case.present[0]), own(case.present[1]));
                let difference = yes.iter().zip(no).map(|(yes, no)| f64::from(yes - no));
                (difference.collect(), yes_bias - no_bias)
            } else {
                let (weights, bias) = own(case.present[at]);
                (
                    weights.iter().map(|weight| f64::from(*weight)).collect(),
                    bias,
                )
            };
            for (found, expected) in found
                .iter()
                .chain([&found_bias])
                .zip(weights.iter().chain([bias]))
            {
                let off = (found - expected).abs() / largest;
                assert!(off < 1e-3, "{}: {found} {expected}", case.name);
                compared += 1;
            }
        }
    });
    assert_eq!(compared, 10 * 65 + 65 + 20 * 25);
}
