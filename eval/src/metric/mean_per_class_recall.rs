//! Mean per-class recall: accuracy of each class that is there, averaged over classes.

use std::collections::BTreeMap;

/// Mean over the classes present in `labels` of the share of their samples guessed right.
///
/// # Shapes
/// guesses `[samples][≥ 1]`, best first; labels `[samples]`.
#[must_use]
pub fn mean_per_class_recall(guesses: &[Vec<usize>], labels: &[usize]) -> f64 {
    let mut classes: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
    for (guesses, label) in guesses.iter().zip(labels) {
        let (right, all) = classes.entry(*label).or_default();
        *all += 1;
        *right += u64::from(guesses.first() == Some(label));
    }
    let recalls: f64 = classes
        .values()
        .map(|(right, all)| *right as f64 / *all as f64)
        .sum();
    recalls / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_counts_the_same_however_large() {
        let guesses = vec![vec![0], vec![0], vec![0], vec![0]];
        assert_eq!(mean_per_class_recall(&guesses, &[0, 0, 0, 1]), 0.5);
    }
}
