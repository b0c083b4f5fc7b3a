//! Limited-memory BFGS (Nocedal & Wright 2006, algorithm 7.4) with a preconditioner.
//!
//! Written here because the crates that have it bring a framework of solvers and a second matrix
//! library, and none takes a preconditioner as the start of its inverse Hessian.

use std::collections::VecDeque;

use super::line_search::{self, NOISE, Point};
use super::vector::{add, difference, dot};

/// Pairs of steps and changes of the gradient that are remembered, as scikit-learn's solver does.
const MEMORY: usize = 10;

/// A smooth convex function.
pub(super) trait Problem {
    /// The value, and the gradient written to `gradient`.
    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64;

    /// Multiplies by a positive definite matrix like the inverse of the Hessian where the function was
    /// evaluated last.
    fn precondition(&mut self, vector: &mut [f64]);
}

/// When a search for the least value ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    /// The decrease still to be had, as half the Newton decrement estimates it, that is small enough;
    /// a share of the value.
    pub(super) decrease: f64,
    /// Directions that are tried at most.
    pub(super) iterations: usize,
}

/// Where a search ended.
#[derive(Clone, Debug)]
pub(super) struct Minimum {
    pub(super) at: Vec<f64>,
    pub(super) value: f64,
    pub(super) iterations: usize,
    /// Whether the decrease still to be had is small enough, or too small to be told from rounding.
    pub(super) converged: bool,
}

/// A step and the change of the gradient along it.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// 1 / step · change.
    scale: f64,
}

/// Goes down from `start`.
pub(super) fn minimise(problem: &mut impl Problem, start: Vec<f64>, stop: Stop) -> Minimum {
    let mut at = start;
    let mut gradient = vec![0.0; at.len()];
    let (mut next, mut next_gradient) = (at.clone(), gradient.clone());
    let mut value = problem.evaluate(&at, &mut gradient);
    let mut pairs: VecDeque<Pair> = VecDeque::new();
    let mut iterations = 0;
    let converged = loop {
        let direction = direction(problem, &pairs, &gradient);
        let slope = dot(&gradient, &direction);
        if -slope / 2.0 <= stop.decrease * value.abs() {
            break true;
        }
        if iterations == stop.iterations {
            break false;
        }
        iterations += 1;
        let origin = Point {
            step: 0.0,
            value,
            slope,
        };
        let found = line_search::search(origin, |step| {
            next.copy_from_slice(&at);
            add(&mut next, step, &direction);
            let value = problem.evaluate(&next, &mut next_gradient);
            (value, dot(&next_gradient, &direction))
        });
        let Some(point) = found else {
            // What was remembered may be wrong; without it the direction is downhill for certain.
            if pairs.is_empty() {
                break -slope / 2.0 <= NOISE * value.abs();
            }
            pairs.clear();
            continue;
        };
        value = point.value;
        remember(
            &mut pairs,
            difference(&next, &at),
            difference(&next_gradient, &gradient),
        );
        std::mem::swap(&mut at, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
    };
    Minimum {
        at,
        value,
        iterations,
        converged,
    }
}

fn remember(pairs: &mut VecDeque<Pair>, step: Vec<f64>, change: Vec<f64>) {
    let product = dot(&step, &change);
    if product <= f64::MIN_POSITIVE {
        return;
    }
    if pairs.len() == MEMORY {
        pairs.pop_front();
    }
    pairs.push_back(Pair {
        step,
        change,
        scale: 1.0 / product,
    });
}

/// −H · gradient by the two-loop recursion.
fn direction(problem: &mut impl Problem, pairs: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut vector: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = pair.scale * dot(&pair.step, &vector);
        add(&mut vector, -share, &pair.change);
        shares.push(share);
    }
    problem.precondition(&mut vector);
    if let Some(last) = pairs.back() {
        let mut change = last.change.clone();
        problem.precondition(&mut change);
        let factor = 1.0 / (last.scale * dot(&last.change, &change));
        vector.iter_mut().for_each(|value| *value *= factor);
    }
    for (pair, share) in pairs.iter().zip(shares.into_iter().rev()) {
        let other = pair.scale * dot(&pair.change, &vector);
        add(&mut vector, share - other, &pair.step);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ wᵢ (xᵢ − 1)² + Σ (xᵢ − 1)⁴, with weights from 1 to 10³.
    struct Bowl {
        weights: Vec<f64>,
        preconditioned: bool,
        evaluations: usize,
    }

    impl Problem for Bowl {
        fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
            self.evaluations += 1;
            let mut value = 0.0;
            for ((x, slope), weight) in at.iter().zip(gradient).zip(&self.weights) {
                let x = x - 1.0;
                value += weight * x * x + x.powi(4);
                *slope = 2.0 * weight * x + 4.0 * x.powi(3);
            }
            value
        }

        fn precondition(&mut self, vector: &mut [f64]) {
            if self.preconditioned {
                for (value, weight) in vector.iter_mut().zip(&self.weights) {
                    *value /= 2.0 * weight;
                }
            }
        }
    }

    fn bowl(preconditioned: bool) -> (Minimum, usize) {
        let mut bowl = Bowl {
            weights: (0..13).map(|at| 10_f64.powf(f64::from(at) / 4.0)).collect(),
            preconditioned,
            evaluations: 0,
        };
        let stop = Stop {
            decrease: 1e-14,
            iterations: 1000,
        };
        let minimum = minimise(&mut bowl, vec![-2.0; 13], stop);
        (minimum, bowl.evaluations)
    }

    #[test]
    fn the_lowest_point_of_a_narrow_valley_is_found() {
        for preconditioned in [false, true] {
            let (minimum, _) = bowl(preconditioned);
            assert!(minimum.converged, "{minimum:?}");
            assert!(
                minimum.at.iter().all(|x| (x - 1.0).abs() < 1e-6),
                "{minimum:?}"
            );
        }
    }

    #[test]
    fn a_preconditioner_saves_most_of_the_evaluations() {
        assert!(4 * bowl(true).1 < bowl(false).1);
    }

    #[test]
    fn a_search_that_is_cut_short_says_so() {
        let mut bowl = Bowl {
            weights: vec![1.0, 1e6],
            preconditioned: false,
            evaluations: 0,
        };
        let stop = Stop {
            decrease: 1e-14,
            iterations: 2,
        };
        let minimum = minimise(&mut bowl, vec![-2.0; 2], stop);
        assert!(!minimum.converged && minimum.iterations == 2);
    }
}
