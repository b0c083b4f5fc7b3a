//! A matrix like the inverse of the objective's Hessian, where one pays for itself.
//!
//! The Hessian of the cross-entropy of class k is Σᵢ pᵢₖ(1 − pᵢₖ) xᵢxᵢᵀ, about h·XᵀX with h the mean
//! of p(1 − p), and the penalty adds its factor to the diagonal. So every class's weights are
//! multiplied by (h·XᵀX + penalty)⁻¹, and its bias is divided by h·n. Features of a model lie along
//! few directions; this undoes that.

use rayon::prelude::*;

use super::product::{Matrix, Sum, multiply};
use super::samples::Centred;
use super::vector::dot_chunk;

/// A preconditioner pays where dim² is at most so many times samples · classes: a factorisation then
/// takes as long as some tens of evaluations of the objective, which is what it saves.
const WORTH: usize = 8;
/// Least part of XᵀX's trace that the diagonal is raised by: what f32 products leave uncertain.
const FLOOR: f64 = 1e-7;
/// Columns that are factorised before the rest is updated.
const PANEL: usize = 64;
/// Rows whose product with the factor is one thread's work.
const BLOCK: usize = 64;

/// XᵀX, `[dim, dim]`.
pub(super) struct Gram {
    dim: usize,
    values: Vec<f64>,
    trace: f64,
}

impl Gram {
    /// None where the samples are so few that factorising would take longer than it saves.
    pub(super) fn new(samples: &Centred) -> Option<Self> {
        let dim = samples.dim();
        if dim * dim > WORTH * samples.len() * samples.classes() {
            return None;
        }
        let mut sum = Sum::new(dim, dim);
        sum.add(&samples.values, &samples.values);
        let mut values = vec![0.0; dim * dim];
        sum.write(&mut values);
        let trace = (0..dim).map(|at| values[at * dim + at]).sum();
        Some(Self { dim, values, trace })
    }
}

/// The inverse of h·XᵀX + penalty as T·Tᵀ. Two factors, rounded to f32, still make a positive
/// definite matrix; their product, rounded, may not.
pub(super) struct Preconditioner {
    dim: usize,
    factor: Vec<f32>,
}

impl Preconditioner {
    /// None when the matrix is not positive definite in floating point.
    pub(super) fn new(gram: &Gram, curvature: f64, penalty: f64) -> Option<Self> {
        let dim = gram.dim;
        let mut matrix: Vec<f64> = gram.values.iter().map(|value| curvature * value).collect();
        let raised = penalty.max(FLOOR * curvature * gram.trace);
        for at in 0..dim {
            matrix[at * dim + at] += raised;
        }
        factorise(&mut matrix, dim)?;
        Some(Self {
            dim,
            factor: inverted(&matrix, dim),
        })
    }

    /// Multiplies every row.
    ///
    /// # Shapes
    /// rows `[classes, dim]`.
    pub(super) fn apply(&self, rows: &mut [f64]) {
        let factor = Matrix::new(&self.factor, self.dim);
        rows.par_chunks_mut(BLOCK * self.dim).for_each(|rows| {
            let mut narrow: Vec<f32> = rows.iter().map(|value| *value as f32).collect();
            let mut between = vec![0.0; rows.len()];
            multiply(&mut between, Matrix::new(&narrow, self.dim), factor);
            multiply(
                &mut narrow,
                Matrix::new(&between, self.dim),
                factor.transposed(),
            );
            for (value, narrow) in rows.iter_mut().zip(narrow) {
                *value = f64::from(narrow);
            }
        });
    }
}

/// Cholesky: the lower triangle becomes L with L·Lᵀ = matrix.
fn factorise(matrix: &mut [f64], dim: usize) -> Option<()> {
    for start in (0..dim).step_by(PANEL) {
        let end = (start + PANEL).min(dim);
        let (above, below) = matrix.split_at_mut(end * dim);
        for row in start..end {
            for column in start..=row {
                let (left, right) = (row * dim + start, column * dim + start);
                let known = column - start;
                let rest = above[row * dim + column]
                    - dot_chunk(&above[left..left + known], &above[right..right + known]);
                above[row * dim + column] = if row > column {
                    rest / above[column * dim + column]
                } else if rest > 0.0 {
                    rest.sqrt()
                } else {
                    return None;
                };
            }
        }
        let above = &*above;
        below.par_chunks_mut(dim).for_each(|row| {
            for column in start..end {
                let right = &above[column * dim + start..column * dim + column];
                let rest = row[column] - dot_chunk(&row[start..column], right);
                row[column] = rest / above[column * dim + column];
            }
        });
        let panel: Vec<f64> = below
            .chunks_exact(dim)
            .flat_map(|row| row[start..end].iter().copied())
            .collect();
        let width = end - start;
        below.par_chunks_mut(dim).enumerate().for_each(|(at, row)| {
            let (left, right) = row.split_at_mut(end);
            let others = panel.chunks_exact(width).take(at + 1);
            for (value, other) in right.iter_mut().zip(others) {
                *value -= dot_chunk(&left[start..], other);
            }
        });
    }
    Some(())
}

/// (L⁻¹)ᵀ, row k of which is the solution of L·z = eₖ.
fn inverted(lower: &[f64], dim: usize) -> Vec<f32> {
    let mut factor = vec![0.0_f32; dim * dim];
    factor.par_chunks_mut(dim).enumerate().for_each(|(k, row)| {
        let mut solution = vec![0.0; dim];
        solution[k] = 1.0 / lower[k * dim + k];
        for at in k + 1..dim {
            let known = dot_chunk(&lower[at * dim + k..at * dim + at], &solution[k..at]);
            solution[at] = -known / lower[at * dim + at];
        }
        for (narrow, value) in row.iter_mut().zip(solution) {
            *narrow = value as f32;
        }
    });
    factor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::scattered::scattered;

    #[test]
    fn it_undoes_the_matrix_it_was_made_from() {
        let dim = 150;
        let values = scattered(400 * dim, 1);
        let mut sum = Sum::new(dim, dim);
        sum.add(&values, &values);
        let mut gram = Gram {
            dim,
            values: vec![0.0; dim * dim],
            trace: 1.0,
        };
        sum.write(&mut gram.values);
        let (curvature, penalty) = (0.07, 0.9);
        let expected: Vec<f64> = (0..3 * dim)
            .map(|at| ((at % 17) as f64 - 8.0) / 8.0)
            .collect();
        let mut rows: Vec<f64> = Vec::new();
        for row in expected.chunks(dim) {
            for column in 0..dim {
                let product = dot_chunk(row, &gram.values[column * dim..(column + 1) * dim]);
                rows.push(curvature * product + penalty * row[column]);
            }
        }
        Preconditioner::new(&gram, curvature, penalty)
            .expect("positive definite")
            .apply(&mut rows);
        for (found, expected) in rows.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        let gram = Gram {
            dim: 2,
            values: vec![1.0, 2.0, 2.0, 1.0],
            trace: 2.0,
        };
        assert!(Preconditioner::new(&gram, 1.0, 0.1).is_none());
    }
}
