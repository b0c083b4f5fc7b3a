//! The similarity of two unit vectors, and how far a fast product may be from it.
//!
//! Ranks are decided by one similarity a pair, whatever computed a first guess at it: every product of two f32 is exact
//! in f64, the sums are taken in one order, and the result is rounded to f32 once. It depends on the two vectors alone, not
//! on their places, the threads, the vector units or the matrix library; it is the same from either side, and those of equal
//! rows are equal.

use pulp::{Arch, Simd, WithSimd};

/// Sums that are kept side by side.
const LANES: usize = 16;
/// Half the distance from 1 to the next f32.
const ROUNDING: f64 = 1.0 / (1 << 24) as f64;
/// Bound of the squared length that [`Embeddings`](crate::embeddings::Embeddings) finds in a row.
const LARGEST: f64 = 1.002;

/// Σ aᵢ·bᵢ, rounded to f32; never −0.
///
/// # Shapes
/// a `[dim]`, b `[dim]`.
pub(crate) fn similarity(a: &[f32], b: &[f32]) -> f32 {
    Arch::new().dispatch(Products { a, b }) as f32 + 0.0
}

struct Products<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Products<'_> {
    type Output = f64;

    /// Their sum. A fused multiply-add would change nothing, as the products are exact.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        let (a, a_rest) = self.a.as_chunks::<LANES>();
        let (b, b_rest) = self.b.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for at in 0..a.len().min(b.len()) {
            add_products(&mut sums, &a[at], &b[at]);
        }
        if !a_rest.is_empty() {
            add_products(&mut sums, &filled(a_rest), &filled(b_rest));
        }
        sums.iter().sum()
    }
}

#[inline(always)]
fn add_products(sums: &mut [f64; LANES], a: &[f32; LANES], b: &[f32; LANES]) {
    for lane in 0..LANES {
        sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
    }
}

/// The last values of a row, and zeros.
#[inline(always)]
fn filled(rest: &[f32]) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    values[..rest.len()].copy_from_slice(rest);
    values
}

/// How far a sum of f32 products of two rows, in any order, can be from their [`similarity`], with room for
/// the rounding of a sum or difference with it.
///
/// A sum of n terms is wrong by at most n·u/(1 − n·u) of the sum of their magnitudes, with u = 2⁻²⁴ (Higham, Accuracy
/// and Stability of Numerical Algorithms, section 3.1).
pub(crate) fn slack(dim: usize) -> f32 {
    let wrong = dim as f64 * ROUNDING;
    if wrong > 0.25 {
        return f32::INFINITY;
    }
    // The squared length is such a sum as well, and bounds the magnitudes (Cauchy and Schwarz).
    let magnitudes = LARGEST / (1.0 - 2.0 * wrong);
    (magnitudes * (wrong / (1.0 - wrong) + 4.0 * ROUNDING)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{Rows, rows};

    #[test]
    fn a_similarity_is_the_exact_sum_rounded_once() {
        for dim in [1, 2, 15, 16, 17, 512, 770] {
            let vectors = rows(Rows::Random, 2, dim, dim as u64);
            let (a, b) = (vectors.row(0), vectors.row(1));
            // Integers of 2⁻⁴⁸, in which sums have no rounding.
            let exact: i128 = a
                .iter()
                .zip(b)
                .map(|(a, b)| (f64::from(*a) * f64::from(*b) * 2.0_f64.powi(90)) as i128)
                .sum();
            assert_eq!(similarity(a, b), (exact as f64 / 2.0_f64.powi(90)) as f32);
            assert_eq!(similarity(a, b).to_bits(), similarity(b, a).to_bits());
        }
        let tiny = similarity(&[1e-30, 0.0], &[-1e-30, 1.0]);
        assert_eq!(tiny.to_bits(), 0.0_f32.to_bits());
    }

    #[test]
    fn the_slack_holds_for_sums_in_the_worst_order() {
        for dim in [3, 64, 513, 5000] {
            let vectors = rows(Rows::Random, 40, dim, 3);
            for other in 0..40 {
                let (a, b) = (vectors.row(0), vectors.row(other));
                let mut products: Vec<f32> = a.iter().zip(b).map(|(a, b)| a * b).collect();
                products.sort_by(f32::total_cmp);
                let sum: f32 = products.iter().sum();
                assert!((sum - similarity(a, b)).abs() < slack(dim));
            }
        }
    }
}
