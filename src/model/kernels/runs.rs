//! How the rows of a flat batch fall into samples.

use std::sync::Arc;

/// Numbers of tokens of samples whose rows stand one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::model) struct Runs(Arc<[usize]>);

impl Runs {
    /// # Panics
    /// When a sample has no token.
    pub(in crate::model) fn new(tokens: impl IntoIterator<Item = usize>) -> Self {
        let tokens: Arc<[usize]> = tokens.into_iter().collect();
        assert!(!tokens.contains(&0), "a sample without tokens");
        Self(tokens)
    }

    /// `samples` samples of `tokens` tokens each.
    pub(in crate::model) fn uniform(samples: usize, tokens: usize) -> Self {
        Self::new(std::iter::repeat_n(tokens, samples))
    }

    /// Tokens of each sample.
    pub(in crate::model) fn tokens(&self) -> &[usize] {
        &self.0
    }

    /// Stretches of neighbours of equal length: (samples, tokens of each).
    pub(in crate::model) fn stretches(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0
            .chunk_by(PartialEq::eq)
            .map(|same| (same.len(), same[0]))
    }

    /// Rows of all samples.
    pub(super) fn rows(&self) -> usize {
        self.0.iter().sum()
    }

    /// The largest number of tokens.
    pub(super) fn longest(&self) -> usize {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// A matrix of `width` columns, cut into the samples' rows.
    ///
    /// # Panics
    /// When it has another number of rows.
    pub(super) fn split<'a>(&self, mut values: &'a [f32], width: usize) -> Vec<&'a [f32]> {
        let mut parts = Vec::with_capacity(self.0.len());
        for tokens in self.0.iter() {
            let (part, rest) = values.split_at(tokens * width);
            parts.push(part);
            values = rest;
        }
        assert!(values.is_empty(), "rows behind the last sample");
        parts
    }

    /// The same of a matrix to be written.
    ///
    /// # Panics
    /// When it has another number of rows.
    pub(super) fn split_mut<'a>(
        &self,
        mut values: &'a mut [f32],
        width: usize,
    ) -> Vec<&'a mut [f32]> {
        let mut parts = Vec::with_capacity(self.0.len());
        for tokens in self.0.iter() {
            let (part, rest) = values.split_at_mut(tokens * width);
            parts.push(part);
            values = rest;
        }
        assert!(values.is_empty(), "rows behind the last sample");
        parts
    }
}
