//! Which C: the search of CLIP's linear probes (Radford et al. 2021, appendix A.3).
//!
//! 97 values from 10⁻⁶ to 10⁶, eight a decade. Every 16th is tried first; then the distance to the
//! neighbours of the best so far is halved until it is one: 15 fits at most. A fit starts from the one
//! at the nearest smaller C.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::fit::{Solver, Training};
use super::lbfgs::Minimum;
use super::samples::Chosen;

/// Values of C in a decade.
const A_DECADE: i32 = 8;
/// Decades on either side of 1.
const DECADES: i32 = 6;
/// Distance of the values that are tried first.
const FIRST_DISTANCE: i32 = 16;
/// Tolerance of the fits on the way: probabilities are right to about 10⁻³, so only samples whose two best
/// classes are as near as that can be counted otherwise. It saves a third of the sweep.
const TOLERANCE: f64 = 1e-8;

/// One C that was tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Inverse of the regularisation.
    pub c: f64,
    /// Share of validation samples whose best guess is right.
    pub accuracy: f64,
    /// Mean cross-entropy of the validation samples; infinite when one has a class never seen.
    pub loss: f64,
    /// Directions the fit tried.
    pub iterations: usize,
    /// Whether the fit met its tolerance, as far as f32 can tell.
    pub converged: bool,
}

/// What a sweep found.
pub(super) struct Sweep {
    /// The best candidate.
    pub(super) best: Candidate,
    /// Its weights and bias.
    pub(super) minimum: Minimum,
    /// All candidates, by ascending C.
    pub(super) path: Vec<Candidate>,
}

/// The C at a place of the grid.
fn value(place: i32) -> f64 {
    10_f64.powf(f64::from(place) / f64::from(A_DECADE))
}

/// Fits along the path and measures every fit on the validation samples.
pub(super) fn sweep(
    training: &Training,
    validation: Chosen<'_>,
    classes: usize,
    solver: &Solver,
) -> Sweep {
    let solver = Solver {
        tolerance: solver.tolerance.max(TOLERANCE),
        ..*solver
    };
    let mut minima: BTreeMap<i32, Minimum> = BTreeMap::new();
    let (best, path) = search(|place| {
        let before = minima.range(..place).next_back();
        let start = before.map(|(_, minimum)| minimum.at.as_slice());
        let minimum = training.minimise(value(place), start, &solver);
        let fit = training.fit(&minimum, classes);
        let (accuracy, loss) = fit.probe.measure(validation);
        minima.insert(place, minimum);
        Candidate {
            c: value(place),
            accuracy,
            loss,
            iterations: fit.iterations,
            converged: fit.converged,
        }
    });
    Sweep {
        best: path[&best],
        minimum: minima.remove(&best).expect("the best was fitted"),
        path: path.into_values().collect(),
    }
}

/// The best place, and all that were tried.
fn search(mut attempt: impl FnMut(i32) -> Candidate) -> (i32, BTreeMap<i32, Candidate>) {
    let (first, last) = (-DECADES * A_DECADE, DECADES * A_DECADE);
    let mut tried: BTreeMap<i32, Candidate> = BTreeMap::new();
    for place in (first..=last).step_by(FIRST_DISTANCE as usize) {
        tried.insert(place, attempt(place));
    }
    let mut distance = FIRST_DISTANCE / 2;
    while distance > 0 {
        let peak = peak(&tried);
        for place in [peak - distance, peak + distance] {
            if (first..=last).contains(&place) {
                tried.entry(place).or_insert_with(|| attempt(place));
            }
        }
        distance /= 2;
    }
    (peak(&tried), tried)
}

/// The place of the most accurate candidate; of equal ones, of the lower loss, then of the smaller C.
fn peak(tried: &BTreeMap<i32, Candidate>) -> i32 {
    let better = |a: &Candidate, b: &Candidate| -> Ordering {
        a.accuracy
            .total_cmp(&b.accuracy)
            .then(b.loss.total_cmp(&a.loss))
            .then(b.c.total_cmp(&a.c))
    };
    tried
        .iter()
        .max_by(|a, b| better(a.1, b.1))
        .map_or(0, |(place, _)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(accuracy: impl Fn(f64) -> f64, loss: impl Fn(f64) -> f64) -> (f64, Vec<f64>) {
        let (best, tried) = search(|place| Candidate {
            c: value(place),
            accuracy: accuracy(value(place)),
            loss: loss(value(place)),
            iterations: 1,
            converged: true,
        });
        (value(best), tried.values().map(|tried| tried.c).collect())
    }

    #[test]
    fn a_peak_is_found_to_an_eighth_of_a_decade_in_15_fits() {
        for at in [1e-6, 2e-4, 0.3, 1.0, 47.0, 9e5] {
            let (best, tried) = found(|c| -(c / at).ln().abs(), |_| 0.0);
            assert!((best / at).log10().abs() <= 0.5 / 8.0 + 1e-9, "{best} {at}");
            assert!(tried.len() <= 15, "{}", tried.len());
        }
    }

    #[test]
    fn seven_values_two_decades_apart_are_always_tried() {
        let (_, tried) = found(|c| -c, |_| 0.0);
        for expected in [1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6] {
            assert!(tried.iter().any(|c| (c / expected - 1.0).abs() < 1e-12));
        }
    }

    #[test]
    fn of_equal_accuracies_the_lower_loss_wins_then_the_smaller_c() {
        let (best, _) = found(|_| 0.5, |c| (c / 100.0).ln().abs());
        assert_eq!(best, 100.0);
        let (best, _) = found(|_| 0.5, |_| f64::INFINITY);
        assert_eq!(best, 1e-6);
    }
}
