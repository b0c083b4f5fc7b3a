//! Rows of unit vectors.

use std::ops::Range;

use rayon::prelude::*;
use thiserror::Error;

use crate::similarity::similarity;

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
        let rows = data.par_chunks_exact(dim).enumerate();
        if let Some(error) = rows.find_map_first(|(row, values)| wrong(row, values)) {
            return Err(error);
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
            data.par_chunks_exact_mut(dim).for_each(|row| {
                let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
                row.iter_mut().for_each(|value| *value /= length);
            });
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

    /// Some rows, one after the other.
    pub(crate) fn rows_of(&self, rows: Range<usize>) -> &[f32] {
        &self.data[rows.start * self.dim..rows.end * self.dim]
    }

    /// Checks that the rows can be compared with others.
    pub(crate) fn same_width(&self, others: &Self) -> Result<(), EmbeddingsError> {
        let (left, right) = (self.dim, others.dim);
        match left == right {
            true => Ok(()),
            false => Err(EmbeddingsError::Width { left, right }),
        }
    }

    /// All values, row-major `[rows, dim]`.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.data
    }

    /// Cosine of the angle between a row and a row of others: the exact sum, rounded to f32. All ranks are by it.
    ///
    /// # Panics
    /// When there is no such row, or the widths differ.
    #[must_use]
    pub fn similarity(&self, row: usize, others: &Self, other: usize) -> f32 {
        assert_eq!(self.dim, others.dim, "widths of rows that are compared");
        similarity(self.row(row), others.row(other))
    }
}

/// Why a row is no unit vector.
fn wrong(row: usize, values: &[f32]) -> Option<EmbeddingsError> {
    let squared = values.iter().map(|value| value * value).sum::<f32>();
    if !squared.is_finite() {
        return Some(EmbeddingsError::NotFinite { row });
    }
    ((squared - 1.0).abs() > TOLERANCE).then_some(EmbeddingsError::NotUnit { row, squared })
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
    fn the_first_wrong_row_is_named() {
        let mut values = vec![1.0; 5000];
        (values[700], values[4000]) = (3.0, 2.0);
        assert_eq!(
            Embeddings::new(values, 1),
            Err(EmbeddingsError::NotUnit {
                row: 700,
                squared: 9.0
            })
        );
    }
}
