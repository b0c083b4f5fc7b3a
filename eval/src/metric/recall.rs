//! Recall@k in retrieval: the share of queries with a right answer among the first k.

/// Share of queries whose best right answer has a rank below `k`.
///
/// # Shapes
/// ranks `[queries]`, counted from 0.
#[must_use]
pub fn recall_at(ranks: &[usize], k: usize) -> f64 {
    ranks.iter().filter(|rank| **rank < k).count() as f64 / ranks.len() as f64
}

/// Expected recall@1 when candidates are ranked at random: the mean share of right answers.
///
/// # Shapes
/// right `[queries]`, the number of right answers of each, among `candidates`.
#[must_use]
pub fn chance_of_recall_at_1(right: &[usize], candidates: usize) -> f64 {
    let shares: f64 = right
        .iter()
        .map(|right| *right as f64 / candidates as f64)
        .sum();
    shares / right.len() as f64
}
