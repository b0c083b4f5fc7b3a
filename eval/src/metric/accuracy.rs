//! Accuracy: the share of samples whose label is the first guess, or among the first k.

/// Share of samples whose best guess is their label.
///
/// # Shapes
/// guesses `[samples][k]`, best first; labels `[samples]`.
#[must_use]
pub fn accuracy(guesses: &[Vec<usize>], labels: &[usize]) -> f64 {
    top_k_accuracy(guesses, labels, 1)
}

/// Share of samples whose label is among the first `k` guesses.
///
/// # Shapes
/// guesses `[samples][≥ k]`, best first; labels `[samples]`.
#[must_use]
pub fn top_k_accuracy(guesses: &[Vec<usize>], labels: &[usize], k: usize) -> f64 {
    let right = guesses
        .iter()
        .zip(labels)
        .filter(|(guesses, label)| guesses.iter().take(k).any(|guess| guess == *label));
    right.count() as f64 / labels.len() as f64
}
