//! A right answer, as others are compared with it.

/// Index and similarity of a right answer to a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) similarity: f32,
    pub(crate) index: usize,
}

impl Answer {
    /// Whether another candidate comes first; of equal ones the lower index does.
    pub(crate) fn is_behind(self, similarity: f32, index: usize) -> bool {
        similarity > self.similarity || (similarity == self.similarity && index < self.index)
    }
}
