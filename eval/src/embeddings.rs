//! Rows of unit vectors.

use rayon::prelude::*;
use thiserror::Error;

/// How far a row's squared length may be from 1: what f32 sums of a few thousand terms leave.
const TOLERANCE: f32 = 1e-3;

/// Unit vectors, row-major `[rows, dim]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    rows: usize,
    dim: usize,
    data: Vec<f32>,
}

/// Why values are no embeddings.
#[derive(Debug, Error, PartialEq)]
pub enum EmbeddingsError {
    /// The values do not fill whole rows.
    #[error("{values} values do not make rows of {dim}")]
    Shape {
        /// Number of values.
        values: usize,
        /// Width of a row.
        dim: usize,
    },
    /// A row holds NaN or infinity.
    #[error("row {row} is not finite")]
    NotFinite {
        /// The first such row.
        row: usize,
    },
    /// A row is not of length one.
    #[error("row {row} has squared length {squared}, expected 1")]
    NotUnit {
        /// The first such row.
        row: usize,
        /// Its squared length.
        squared: f32,
    },
    /// Two sets of rows have different widths.
    #[error("rows of {left} values cannot be compared with rows of {right}")]
    Width {
        /// Width on the left.
        left: usize,
        /// Width on the right.
        right: usize,
    },
}

impl Embeddings {
    /// Takes row-major values of `dim` a row.
    ///
    /// # Errors
    /// [`EmbeddingsError`] when they do not fill whole rows, or a row is not finite or not of
    /// length one.
    pub fn new(data: Vec<f32>, dim: usize) -> Result<Self, EmbeddingsError> {
        if dim == 0 || !data.len().is_multiple_of(dim) {
            return Err(EmbeddingsError::Shape {
                values: data.len(),
                dim,
            });
        }
        for (row, values) in data.chunks_exact(dim).enumerate() {
            let squared: f32 = values.iter().map(|value| value * value).sum();
            if !squared.is_finite() {
                return Err(EmbeddingsError::NotFinite { row });
            }
            if (squared - 1.0).abs() > TOLERANCE {
                return Err(EmbeddingsError::NotUnit { row, squared });
            }
        }
        Ok(Self {
            rows: data.len() / dim,
            dim,
            data,
        })
    }

    /// Scales every row to length one first.
    ///
    /// # Errors
    /// As [`Embeddings::new`]; a row of zeros cannot be scaled.
    pub fn normalised(mut data: Vec<f32>, dim: usize) -> Result<Self, EmbeddingsError> {
        if dim > 0 {
            for row in data.chunks_exact_mut(dim) {
                let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
                row.iter_mut().for_each(|value| *value /= length);
            }
        }
        Self::new(data, dim)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Values in a row.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.dim..(row + 1) * self.dim]
    }

    /// Calls `query` with every row's index and its similarities to all rows of `others`, in
    /// parallel, and returns the answers in the order of the rows.
    ///
    /// One row of similarities per thread is all the memory it takes. Each similarity is one dot
    /// product in one fixed order, so the bits do not depend on the number of threads.
    ///
    /// # Errors
    /// [`EmbeddingsError::Width`] when the widths differ.
    pub fn against<T: Send>(
        &self,
        others: &Self,
        query: impl Fn(usize, &[f32]) -> T + Sync,
    ) -> Result<Vec<T>, EmbeddingsError> {
        if self.dim != others.dim {
            return Err(EmbeddingsError::Width {
                left: self.dim,
                right: others.dim,
            });
        }
        let answers = (0..self.rows)
            .into_par_iter()
            .map_init(
                || vec![0.0; others.rows],
                |similarities, row| {
                    let own = self.row(row);
                    for (similarity, other) in similarities
                        .iter_mut()
                        .zip(others.data.chunks_exact(self.dim))
                    {
                        *similarity = dot(own, other);
                    }
                    query(row, similarities)
                },
            )
            .collect();
        Ok(answers)
    }
}

/// Σ aᵢ·bᵢ in eight running sums.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_must_be_whole_finite_and_of_length_one() {
        assert_eq!(
            Embeddings::new(vec![1.0; 3], 2),
            Err(EmbeddingsError::Shape { values: 3, dim: 2 })
        );
        assert_eq!(
            Embeddings::new(vec![1.0, 0.0, f32::NAN, 0.0], 2),
            Err(EmbeddingsError::NotFinite { row: 1 })
        );
        assert!(matches!(
            Embeddings::new(vec![2.0, 0.0], 2),
            Err(EmbeddingsError::NotUnit { row: 0, .. })
        ));
        assert!(Embeddings::normalised(vec![0.0, 0.0], 2).is_err());
        assert_eq!(
            Embeddings::normalised(vec![3.0, 4.0], 2)
                .expect("a row")
                .row(0),
            [0.6, 0.8]
        );
    }

    #[test]
    fn rows_of_different_widths_are_not_compared() {
        let narrow = Embeddings::new(vec![1.0], 1).expect("a row");
        let wide = Embeddings::new(vec![1.0, 0.0], 2).expect("a row");
        assert_eq!(
            narrow.against(&wide, |_, _| ()),
            Err(EmbeddingsError::Width { left: 1, right: 2 })
        );
    }
}
