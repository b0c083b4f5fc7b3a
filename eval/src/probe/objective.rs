//! What a fit makes small: cross-entropy summed over the samples + ‖W‖² / (2C).
//!
//! This is scikit-learn's `LogisticRegression` divided by C. For more than two classes a softmax has
//! one row of W a class; for two, scikit-learn fits one row w with the penalty ‖w‖² / (2C), which is
//! w₁ − w₀ here: at the optimum w₀ = −w₁ = −w/2, so the same probe has the penalty ‖W‖² / C.

use rayon::prelude::*;

use super::product::{Matrix, Sum, multiply};
use super::samples::Centred;
use super::softmax;

/// Samples whose logits are one product.
const BLOCK: usize = 256;
/// Residuals that are kept at a time, in values: 64 MiB.
const KEPT: usize = 1 << 24;

/// The function, its room to work in, and what it was called.
pub(super) struct Objective<'a> {
    samples: &'a Centred,
    /// The factor on ‖W‖² / 2.
    penalty: f64,
    weights: Vec<f32>,
    residuals: Vec<f32>,
    sum: Sum,
    curvature: f64,
}

/// What a block of samples adds up to.
struct Block {
    loss: f64,
    curvature: f64,
    /// Σ of the residuals over the samples, `[classes]`.
    columns: Vec<f32>,
}

impl<'a> Objective<'a> {
    /// The objective at the regularisation C.
    pub(super) fn new(samples: &'a Centred, c: f64) -> Self {
        let classes = samples.classes();
        let blocks = samples.len().div_ceil(BLOCK);
        let kept = (KEPT / (BLOCK * classes)).clamp(1, blocks) * BLOCK;
        Self {
            samples,
            penalty: penalty(classes, c),
            weights: vec![0.0; classes * samples.dim()],
            residuals: vec![0.0; kept.min(samples.len()) * classes],
            sum: Sum::new(classes, samples.dim()),
            curvature: 0.0,
        }
    }

    /// The value, and the gradient written to `gradient`.
    ///
    /// # Shapes
    /// at and gradient: W `[classes, dim]` row by row, then the bias `[classes]`.
    pub(super) fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (classes, dim) = (self.samples.classes(), self.samples.dim());
        let (weights, bias) = at.split_at(classes * dim);
        for (narrow, weight) in self.weights.iter_mut().zip(weights) {
            *narrow = *weight as f32;
        }
        let bias: Vec<f32> = bias.iter().map(|value| *value as f32).collect();
        let kept = self.residuals.len() / classes;
        self.sum.clear();
        let (mut loss, mut curvature) = (0.0, 0.0);
        let mut bias_gradient = vec![0.0; classes];
        let pieces = self.samples.values.chunks(kept * dim);
        for (features, labels) in pieces.zip(self.samples.labels.chunks(kept)) {
            let residuals = &mut self.residuals[..labels.len() * classes];
            for block in logits_to_residuals(residuals, features, labels, &self.weights, &bias) {
                loss += block.loss;
                curvature += block.curvature;
                for (total, column) in bias_gradient.iter_mut().zip(block.columns) {
                    *total += f64::from(column);
                }
            }
            self.sum.add(residuals, features);
        }
        self.curvature = curvature / (self.samples.len() * classes) as f64;
        let (gradient, to_bias) = gradient.split_at_mut(classes * dim);
        to_bias.copy_from_slice(&bias_gradient);
        self.sum.write(gradient);
        let mut squares = 0.0;
        for (gradient, weight) in gradient.iter_mut().zip(weights) {
            *gradient += self.penalty * weight;
            squares += weight * weight;
        }
        loss + self.penalty / 2.0 * squares
    }

    /// The factor on ‖W‖² / 2.
    pub(super) fn penalty(&self) -> f64 {
        self.penalty
    }

    /// Mean of p(1 − p) over samples and classes, where the function was evaluated last.
    pub(super) fn curvature(&self) -> f64 {
        self.curvature
    }
}

fn penalty(classes: usize, c: f64) -> f64 {
    if classes == 2 { 2.0 / c } else { 1.0 / c }
}

/// What every block adds up to, in the order of the blocks; its logits become residuals.
///
/// # Shapes
/// residuals `[n, classes]`, features `[n, dim]`, weights `[classes, dim]`, bias `[classes]`.
fn logits_to_residuals(
    residuals: &mut [f32],
    features: &[f32],
    labels: &[usize],
    weights: &[f32],
    bias: &[f32],
) -> Vec<Block> {
    let (classes, dim) = (bias.len(), weights.len() / bias.len());
    residuals
        .par_chunks_mut(BLOCK * classes)
        .zip(features.par_chunks(BLOCK * dim))
        .zip(labels.par_chunks(BLOCK))
        .map(|((residuals, features), labels)| {
            let weights = Matrix::new(weights, dim).transposed();
            multiply(residuals, Matrix::new(features, dim), weights);
            let (mut loss, mut curvature) = (0.0, 0.0);
            let mut columns = vec![0.0; classes];
            for (row, label) in residuals.chunks_exact_mut(classes).zip(labels) {
                for (logit, bias) in row.iter_mut().zip(bias) {
                    *logit += bias;
                }
                loss += softmax::residuals(row, *label);
                curvature += softmax::curvature(row);
                for (column, residual) in columns.iter_mut().zip(row) {
                    *column += *residual;
                }
            }
            Block {
                loss,
                curvature,
                columns,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embeddings::Embeddings;
    use crate::probe::Samples;
    use crate::probe::scattered::scattered;

    const DIM: usize = 19;

    fn centred(samples: usize, classes: usize) -> Centred {
        let features = Embeddings::normalised(scattered(samples * DIM, 1), DIM).expect("rows");
        let labels: Vec<usize> = (0..samples).map(|at| (at * 7 + at / 3) % classes).collect();
        let rows: Vec<usize> = (0..samples).collect();
        Centred::new(&[(Samples::new(&features, &labels), &rows)]).expect("classes")
    }

    fn somewhere(samples: &Centred) -> Vec<f64> {
        let values = scattered(samples.classes() * (DIM + 1), 2);
        values.iter().map(|value| 3.0 * f64::from(*value)).collect()
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        for classes in [2, 7] {
            let samples = centred(300, classes);
            let at = somewhere(&samples);
            let direction: Vec<f64> = scattered(at.len(), 3)
                .iter()
                .map(|value| f64::from(*value))
                .collect();
            let mut objective = Objective::new(&samples, 0.5);
            let (mut gradient, mut unused) = (vec![0.0; at.len()], vec![0.0; at.len()]);
            objective.evaluate(&at, &mut gradient);
            let slope: f64 = gradient.iter().zip(&direction).map(|(a, b)| a * b).sum();
            let mut value = |step: f64| {
                let moved: Vec<f64> = at
                    .iter()
                    .zip(&direction)
                    .map(|(a, d)| a + step * d)
                    .collect();
                objective.evaluate(&moved, &mut unused)
            };
            let measured = (value(1e-2) - value(-1e-2)) / 2e-2;
            assert!(
                (slope - measured).abs() < 2e-4 * slope.abs(),
                "{slope} {measured}"
            );
        }
    }

    #[test]
    fn threads_do_not_change_a_bit_and_pieces_not_the_value() {
        let samples = centred(2 * BLOCK + 77, 5);
        let at = somewhere(&samples);
        let evaluate = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let mut gradient = vec![0.0; at.len()];
            let value = pool
                .expect("a pool")
                .install(|| Objective::new(&samples, 1.0).evaluate(&at, &mut gradient));
            (value, gradient)
        };
        assert_eq!(evaluate(1), evaluate(3));
        let mut objective = Objective::new(&samples, 1.0);
        objective.residuals.truncate(BLOCK * 5);
        let mut gradient = vec![0.0; at.len()];
        let value = objective.evaluate(&at, &mut gradient);
        let (whole, _) = evaluate(1);
        assert!((value - whole).abs() < 1e-9 * whole, "{value} {whole}");
    }
}
