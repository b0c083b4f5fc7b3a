//! Outcomes of two models on the same samples.

use thiserror::Error;

use super::drop::{PairedDrop, Summary};
use super::resampling::Resampling;
use super::table::Table;

/// What A and B reached on each sample, checked once; a row is a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Paired {
    a: Vec<f64>,
    b: Vec<f64>,
    hits: bool,
}

/// Why outcomes cannot be compared.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PairedError {
    /// Not the same samples.
    #[error("model A has outcomes of {a} samples, model B of {b}; they must be the same samples")]
    Lengths {
        /// Outcomes of A.
        a: usize,
        /// Outcomes of B.
        b: usize,
    },
    /// No samples.
    #[error("there are no samples to compare models on")]
    Empty,
    /// An outcome is NaN or infinite.
    #[error("the outcome of model {model} on row {row} is not finite")]
    NotFinite {
        /// `A` or `B`.
        model: char,
        /// The first such row, from 0.
        row: usize,
    },
}

impl Paired {
    /// Takes what each sample contributes to either model's score. If all are 0 or 1, they are hits.
    ///
    /// # Errors
    /// [`PairedError`] when there are no samples, not as many of A as of B, or a row is not finite.
    pub fn values(a: Vec<f64>, b: Vec<f64>) -> Result<Self, PairedError> {
        if a.len() != b.len() {
            let (a, b) = (a.len(), b.len());
            return Err(PairedError::Lengths { a, b });
        }
        if a.is_empty() {
            return Err(PairedError::Empty);
        }
        for (model, values) in [('A', &a), ('B', &b)] {
            if let Some(row) = values.iter().position(|value| !value.is_finite()) {
                return Err(PairedError::NotFinite { model, row });
            }
        }
        let hits = a
            .iter()
            .chain(&b)
            .all(|value| *value == 0.0 || *value == 1.0);
        Ok(Self { a, b, hits })
    }

    /// Takes which samples either model has right.
    ///
    /// # Errors
    /// As [`Paired::values`].
    pub fn hits(a: &[bool], b: &[bool]) -> Result<Self, PairedError> {
        let values = |hits: &[bool]| hits.iter().map(|hit| f64::from(u8::from(*hit))).collect();
        Self::values(values(a), values(b))
    }

    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.a.len()
    }

    /// Outcomes of A, a row each.
    #[must_use]
    pub fn a(&self) -> &[f64] {
        &self.a
    }

    /// Outcomes of B.
    #[must_use]
    pub fn b(&self) -> &[f64] {
        &self.b
    }

    /// Hits and misses counted; none if an outcome is something between.
    #[must_use]
    pub fn table(&self) -> Option<Table> {
        self.hits.then(|| {
            let mut table = Table::default();
            for (a, b) in self.a.iter().zip(&self.b) {
                table.count(*a == 1.0, *b == 1.0);
            }
            table
        })
    }

    /// The rows for which `chosen` is true; none if there are no such rows.
    #[must_use]
    pub fn select(&self, chosen: impl Fn(usize) -> bool) -> Option<Self> {
        let rows: Vec<usize> = (0..self.samples()).filter(|row| chosen(*row)).collect();
        (!rows.is_empty()).then(|| Self {
            a: rows.iter().map(|row| self.a[*row]).collect(),
            b: rows.iter().map(|row| self.b[*row]).collect(),
            hits: self.hits,
        })
    }

    /// The drop from A to B: McNemar's test for hits, the sign-flip test for other outcomes.
    #[must_use]
    pub fn drop(&self, resampling: &Resampling) -> PairedDrop {
        self.summary().drop(resampling)
    }

    pub(super) fn summary(&self) -> Summary {
        match self.table() {
            Some(table) => table.into(),
            None => Summary::of_values(&self.a, &self.b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Test;

    #[test]
    fn zeros_and_ones_are_hits_and_halves_are_not() {
        let hits = Paired::values(vec![1.0, 0.0, 1.0], vec![0.0, 0.0, 1.0]).expect("three samples");
        let table = Table {
            both: 1,
            a_only: 1,
            b_only: 0,
            neither: 1,
        };
        assert_eq!(hits.table(), Some(table));
        let same = Paired::hits(&[true, false, true], &[false, false, true]);
        assert_eq!(same, Ok(hits.clone()));
        let halves = Paired::values(vec![1.0, 0.5], vec![0.0, 0.0]).expect("two samples");
        assert_eq!(halves.table(), None);
        let resampling = Resampling::default();
        assert_eq!(hits.drop(&resampling).test, Test::McNemar);
        assert_eq!(halves.drop(&resampling).test, Test::SignFlip);
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        assert_eq!(
            Paired::hits(&[true], &[]),
            Err(PairedError::Lengths { a: 1, b: 0 })
        );
        assert_eq!(Paired::hits(&[], &[]), Err(PairedError::Empty));
        assert_eq!(
            Paired::values(vec![0.0, 1.0], vec![0.0, f64::INFINITY]),
            Err(PairedError::NotFinite { model: 'B', row: 1 })
        );
    }

    #[test]
    fn a_selection_keeps_pairs_together() {
        let pairs = Paired::values(vec![0.1, 0.2, 0.3], vec![0.4, 0.5, 0.6]).expect("pairs");
        let odd = pairs.select(|row| row % 2 == 1).expect("row 1");
        assert_eq!((odd.a(), odd.b()), (&[0.2][..], &[0.5][..]));
        assert_eq!(pairs.select(|_| false), None);
    }
}
