//! Numbers for tests that look random and never change.

use crate::embeddings::Embeddings;

/// Samples around a direction of their class, and their labels; the classes take turns. As features of
/// a model do, they share a large part and vary along few directions.
///
/// # Shapes
/// `[samples, dim]`, `[samples]`.
pub(super) fn clustered(
    samples: usize,
    classes: usize,
    dim: usize,
    seed: u64,
) -> (Embeddings, Vec<usize>) {
    let means = scattered(classes * dim, 1);
    let mut values = scattered(samples * dim, seed);
    for (at, value) in values.iter_mut().enumerate() {
        let (row, column) = (at / dim, at % dim);
        let length = ((column + 1) as f32).powf(-0.7);
        *value = 0.4 + length * (1.5 * *value + means[row % classes * dim + column]);
    }
    let features = Embeddings::normalised(values, dim).expect("rows");
    (features, (0..samples).map(|row| row % classes).collect())
}

/// Values in [−1, 1).
pub(super) fn scattered(length: usize, seed: u64) -> Vec<f32> {
    (0..length as u64)
        .map(|at| {
            let bits = super::draw::mixed(seed, at) >> 40;
            bits as f32 / (1_u32 << 23) as f32 - 1.0
        })
        .collect()
}
