//! Sums and products of long f64 vectors, in chunks of one length so that no bit depends on threads.

use rayon::prelude::*;

/// Values that are one thread's work at a time.
const CHUNK: usize = 1 << 14;

/// Σ aᵢ·bᵢ.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() <= CHUNK {
        return dot_chunk(a, b);
    }
    let sums: Vec<f64> = a
        .par_chunks(CHUNK)
        .zip(b.par_chunks(CHUNK))
        .map(|(a, b)| dot_chunk(a, b))
        .collect();
    sums.iter().sum()
}

/// Σ aᵢ·bᵢ in eight running sums, on the calling thread.
pub(super) fn dot_chunk(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// target ← target + factor · other.
pub(super) fn add(target: &mut [f64], factor: f64, other: &[f64]) {
    target
        .par_chunks_mut(CHUNK)
        .zip(other.par_chunks(CHUNK))
        .for_each(|(target, other)| {
            for (target, other) in target.iter_mut().zip(other) {
                *target += factor * other;
            }
        });
}

/// a − b.
pub(super) fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_vectors_are_summed_as_short_ones_are() {
        let length = 3 * CHUNK + 5;
        let a: Vec<f64> = (0..length).map(|at| (at % 7) as f64).collect();
        let mut b: Vec<f64> = (0..length).map(|at| (at % 5) as f64).collect();
        let expected: usize = (0..length).map(|at| (at % 7) * (at % 5)).sum();
        assert_eq!(dot(&a, &b), expected as f64);
        add(&mut b, -2.0, &a);
        assert_eq!(
            b[length - 1],
            ((length - 1) % 5) as f64 - 2.0 * ((length - 1) % 7) as f64
        );
        assert_eq!(difference(&[3.0], &[1.0]), [2.0]);
    }
}
