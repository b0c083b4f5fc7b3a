//! What the fast ways must equal: one similarity at a time, in f64, and full sorts.

use crate::embeddings::Embeddings;

/// How alike rows are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows {
    /// Directions without a pattern.
    Random,
    /// A few directions, each many times.
    Duplicated,
    /// One direction, with the last bits of some values changed in every other row.
    Near,
    /// One row.
    Equal,
}

impl Rows {
    pub(crate) const ALL: [Self; 4] = [Self::Random, Self::Duplicated, Self::Near, Self::Equal];
}

/// Unit rows, the same for the same seed; rows of the kinds that have few directions have the same ones for every seed.
pub(crate) fn rows(kind: Rows, rows: usize, dim: usize, seed: u64) -> Embeddings {
    let direction = |number: u64| -> Vec<f32> {
        let values = (0..dim as u64).map(|at| noise(number << 32 | at));
        let values: Vec<f64> = values.collect();
        let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        values.iter().map(|value| (value / length) as f32).collect()
    };
    let row = |row: u64| match kind {
        Rows::Random => direction((seed << 20) + row + 1),
        Rows::Duplicated => direction(mixed(row + seed) % 5),
        Rows::Near => {
            let mut values = direction(0);
            for (at, value) in values.iter_mut().enumerate() {
                let bits = value.to_bits();
                *value = f32::from_bits(bits ^ (mixed(row * at as u64 + seed) & row & 1) as u32);
            }
            values
        }
        Rows::Equal => direction(0),
    };
    let data = (0..rows as u64).flat_map(row).collect();
    Embeddings::new(data, dim).expect("unit rows")
}

/// In (−1, 1), and not 0.
fn noise(number: u64) -> f64 {
    let value = (mixed(number) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
    if value == 0.0 { 0.5 } else { value }
}

fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 29)
}

/// Σ aᵢ·bᵢ.
pub(crate) fn similarity(a: &[f32], b: &[f32]) -> f32 {
    let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
    a.iter().zip(b).map(product).sum::<f64>() as f32
}

/// All candidates, the most similar first; of equal ones the lower index.
pub(crate) fn order(query: &[f32], candidates: &Embeddings) -> Vec<usize> {
    let similarities: Vec<f32> = (0..candidates.rows())
        .map(|row| similarity(query, candidates.row(row)))
        .collect();
    let mut order: Vec<usize> = (0..similarities.len()).collect();
    // Stable, so that equal ones stay in order.
    order.sort_by(|a, b| {
        let ordering = similarities[*b].partial_cmp(&similarities[*a]);
        ordering.expect("numbers")
    });
    order
}

/// The answers of `ask`, which must not depend on the number of threads.
pub(crate) fn on_threads<T: PartialEq + std::fmt::Debug + Send>(ask: impl Fn() -> T + Sync) -> T {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool").install(&ask)
    };
    let answers = on(1);
    assert_eq!(answers, on(4), "one thread and four");
    answers
}
