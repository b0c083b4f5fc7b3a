//! One fit: a training set prepared once, and the least value of the objective for a C.

use super::lbfgs::{self, Minimum, Problem, Stop};
use super::linear::Probe;
use super::objective::Objective;
use super::precondition::{Gram, Preconditioner};
use super::samples::{Centred, Chosen, ProbeError, Samples, Set};

/// The curvature may change by this factor before the preconditioner is made anew.
const STALE: f64 = 4.0;
/// Least curvature that is believed; of samples that are certain, f32 sums leave less.
const LEAST_CURVATURE: f64 = 1e-9;

/// When a fit is good enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solver {
    /// Estimated excess of the objective over its least value, as a share of it.
    pub tolerance: f64,
    /// Directions that are tried at most; 1000 in the paper's linear probes.
    pub max_iterations: usize,
}

impl Default for Solver {
    fn default() -> Self {
        Self {
            tolerance: 1e-10,
            max_iterations: 1000,
        }
    }
}

/// A probe and how it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The probe.
    pub probe: Probe,
    /// Cross-entropy summed over the training samples + ‖W‖² / (2C).
    pub objective: f64,
    /// Directions that were tried.
    pub iterations: usize,
    /// Whether the solver's tolerance was met, as far as f32 can tell.
    pub converged: bool,
}

/// Fits a probe at a given C, the inverse of the regularisation.
///
/// # Errors
/// [`ProbeError`] when features and labels do not fit together, all labels are one, or C is no
/// positive number.
pub fn fit(train: Samples<'_>, classes: usize, c: f64, solver: &Solver) -> Result<Fit, ProbeError> {
    train.check(Set::Training, classes, train.features.dim())?;
    check_c(c)?;
    let rows: Vec<usize> = (0..train.labels.len()).collect();
    let training = Training::new(&[(train, &rows)])?;
    let minimum = training.minimise(c, None, solver);
    Ok(training.fit(&minimum, classes))
}

pub(super) fn check_c(c: f64) -> Result<(), ProbeError> {
    if c.is_finite() && c > 0.0 {
        return Ok(());
    }
    Err(ProbeError::C { c })
}

/// A training set, ready to be fitted on at any C.
pub(super) struct Training {
    samples: Centred,
    gram: Option<Gram>,
}

impl Training {
    /// # Errors
    /// [`ProbeError::OneClass`] when the chosen samples have one label only.
    pub(super) fn new(chosen: &[Chosen<'_>]) -> Result<Self, ProbeError> {
        let samples = Centred::new(chosen)?;
        let gram = Gram::new(&samples);
        Ok(Self { samples, gram })
    }

    /// The least value at C, from another fit's weights and bias if they have the same shape.
    pub(super) fn minimise(&self, c: f64, start: Option<&[f64]>, solver: &Solver) -> Minimum {
        let length = self.samples.classes() * (self.samples.dim() + 1);
        let start = start.filter(|start| start.len() == length);
        let start = start.map_or_else(|| vec![0.0; length], <[f64]>::to_vec);
        let mut descent = Descent {
            samples: &self.samples,
            gram: self.gram.as_ref(),
            objective: Objective::new(&self.samples, c),
            scale: None,
        };
        let stop = Stop {
            decrease: solver.tolerance,
            iterations: solver.max_iterations,
        };
        lbfgs::minimise(&mut descent, start, stop)
    }

    /// The probe at a minimum.
    pub(super) fn fit(&self, minimum: &Minimum, classes: usize) -> Fit {
        let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
        let (weights, bias) = minimum
            .at
            .split_at(self.samples.classes() * self.samples.dim());
        Fit {
            probe: Probe {
                classes,
                present: self.samples.present.clone(),
                mean: self.samples.mean.clone(),
                weights: narrow(weights),
                bias: narrow(bias),
            },
            objective: minimum.value,
            iterations: minimum.iterations,
            converged: minimum.converged,
        }
    }
}

/// The objective on its way down.
struct Descent<'a> {
    samples: &'a Centred,
    gram: Option<&'a Gram>,
    objective: Objective<'a>,
    scale: Option<Scale>,
}

/// What vectors are multiplied by, and the curvature it was made for.
struct Scale {
    curvature: f64,
    weights: Option<Preconditioner>,
    /// For all weights alike, where there is no preconditioner.
    weight: f64,
    bias: f64,
}

impl Problem for Descent<'_> {
    fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        self.objective.evaluate(at, gradient)
    }

    fn precondition(&mut self, vector: &mut [f64]) {
        let (classes, dim) = (self.samples.classes(), self.samples.dim());
        let curvature = self.objective.curvature().max(LEAST_CURVATURE);
        let fresh = |scale: &Scale| {
            let ratio = curvature / scale.curvature;
            ratio < STALE && ratio > 1.0 / STALE
        };
        let scale = match self.scale.take().filter(fresh) {
            Some(scale) => scale,
            None => self.scale_for(curvature),
        };
        let (weights, bias) = vector.split_at_mut(classes * dim);
        match &scale.weights {
            Some(preconditioner) => preconditioner.apply(weights),
            None => weights.iter_mut().for_each(|value| *value *= scale.weight),
        }
        bias.iter_mut().for_each(|value| *value *= scale.bias);
        self.scale = Some(scale);
    }
}

impl Descent<'_> {
    fn scale_for(&self, curvature: f64) -> Scale {
        let (samples, penalty) = (self.samples, self.objective.penalty());
        let squares = samples.values.iter().map(|x| f64::from(x * x)).sum::<f64>();
        Scale {
            curvature,
            weights: self
                .gram
                .and_then(|gram| Preconditioner::new(gram, curvature, penalty)),
            weight: 1.0 / (curvature * squares / samples.dim() as f64 + penalty),
            bias: 1.0 / (curvature * samples.len() as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::scattered::clustered;

    #[test]
    fn the_preconditioner_changes_the_way_and_not_the_goal() {
        let (features, labels) = clustered(300, 5, 24, 2);
        let rows: Vec<usize> = (0..300).collect();
        let fitted = |c: f64, preconditioned: bool| {
            let mut training =
                Training::new(&[(Samples::new(&features, &labels), &rows)]).expect("classes");
            assert!(training.gram.is_some());
            training.gram = training.gram.filter(|_| preconditioned);
            let minimum = training.minimise(c, None, &Solver::default());
            training.fit(&minimum, 5)
        };
        for c in [0.01, 1.0, 1e3] {
            let (with, without) = (fitted(c, true), fitted(c, false));
            assert!(with.converged && without.converged);
            assert!(with.iterations <= without.iterations);
            let shares = |fit: &Fit| fit.probe.probabilities(&features).expect("the width");
            for (a, b) in shares(&with).iter().zip(shares(&without)) {
                assert!((a - b).abs() < 1e-4, "{a} {b} at {c}");
            }
        }
    }

    #[test]
    fn few_samples_of_wide_features_have_no_preconditioner() {
        let (features, labels) = clustered(10, 2, 40, 2);
        let rows: Vec<usize> = (0..10).collect();
        let training = Training::new(&[(Samples::new(&features, &labels), &rows)]);
        assert!(training.expect("two classes").gram.is_none());
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let (features, labels) = clustered(700, 6, 130, 2);
        let fitted = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let fit = || {
                fit(
                    Samples::new(&features, &labels),
                    6,
                    10.0,
                    &Solver::default(),
                )
            };
            pool.expect("a pool").install(fit).expect("a fit")
        };
        assert_eq!(fitted(1), fitted(3));
    }

    #[test]
    fn a_c_that_is_no_positive_number_is_refused() {
        let (features, labels) = clustered(6, 2, 4, 2);
        for c in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let refused = fit(Samples::new(&features, &labels), 2, c, &Solver::default());
            assert!(matches!(refused, Err(ProbeError::C { .. })), "{c}");
        }
    }
}
