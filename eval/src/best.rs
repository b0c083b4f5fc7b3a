//! The best candidates of a query so far.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A candidate with its similarity; it is greater if it comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    similarity: f32,
    index: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// Equal similarities rank by lower index.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_similarity = self.similarity.total_cmp(&other.similarity);
        by_similarity.then(other.index.cmp(&self.index))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// At most `k` candidates, the worst of them at hand.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    k: usize,
    kept: BinaryHeap<Reverse<Candidate>>,
}

impl Best {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            kept: BinaryHeap::new(),
        }
    }

    /// Keeps the candidate if it is among the `k` best.
    pub(crate) fn offer(&mut self, index: usize, similarity: f32) {
        let new = Reverse(Candidate { similarity, index });
        if self.kept.len() < self.k {
            self.kept.push(new);
        } else if let Some(mut worst) = self.kept.peek_mut()
            && new < *worst
        {
            *worst = new;
        }
    }

    /// The similarity below which nothing is kept any more.
    pub(crate) fn bar(&self) -> f32 {
        match self.kept.peek() {
            _ if self.k == 0 => f32::INFINITY,
            Some(Reverse(worst)) if self.kept.len() == self.k => worst.similarity,
            _ => f32::NEG_INFINITY,
        }
    }

    /// Indices and similarities, the best first.
    pub(crate) fn into_sorted(self) -> Vec<(usize, f32)> {
        let sorted = self.kept.into_sorted_vec().into_iter();
        sorted
            .map(|Reverse(candidate)| (candidate.index, candidate.similarity))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_keep_the_lower_index_in_whatever_order_they_come() {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let mut best = Best::new(3);
            for index in order {
                best.offer(index, if index == 3 { 0.9 } else { 0.5 });
            }
            assert_eq!(best.bar(), 0.5);
            assert_eq!(best.into_sorted(), [(3, 0.9), (0, 0.5), (1, 0.5)]);
        }
    }

    #[test]
    fn nothing_is_refused_before_there_are_k() {
        let mut best = Best::new(2);
        best.offer(0, -1.0);
        assert_eq!(best.bar(), f32::NEG_INFINITY);
        best.offer(1, -0.5);
        assert_eq!(best.bar(), -1.0);
        assert_eq!(Best::new(0).bar(), f32::INFINITY);
    }
}
