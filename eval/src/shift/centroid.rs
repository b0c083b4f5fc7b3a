//! How far the mean vector of every class moves between two steps.
//!
//! Means of few vectors differ although nothing has moved. So the distance is held against
//! distances after the class's vectors were shuffled between the two steps, each keeping its
//! number: what a move of nothing looks like in a class of this size and spread.

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

use super::random::Random;
use crate::embeddings::Embeddings;

/// Start of the shuffles' random numbers; fixed, so that a move is a function of the data.
const SEED: u64 = 0x6365_6e74_726f_6964;
/// How much two sums of the same vectors in another order may differ in distance.
const ROUNDING: f64 = 1e-12;

/// One class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassMove {
    /// The class.
    pub class: usize,
    /// Its vectors in the step before.
    pub before: usize,
    /// Its vectors in the step after.
    pub after: usize,
    /// 1 − cosine of the two means; a mean without direction is at distance 1 from all.
    pub distance: f64,
    /// Mean of the distance over shuffles: what chance alone gives.
    pub expected: f64,
    /// (distance − expected) in standard deviations of the shuffled distances, whose upper tail is
    /// longer than a normal one; zero where all shuffles give one distance. How sure the move is,
    /// not how far: that is `distance − expected`.
    pub z: f64,
    /// Share of shuffles that reach the distance, the order found among them; never below
    /// 1 / (shuffles + 1).
    pub p: f64,
}

/// Classes by how surely they moved.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMoves {
    /// Classes in both steps by z, the surest move first; equal ones by class.
    pub ranked: Vec<ClassMove>,
    /// Classes that only one of the two steps has, in order.
    pub absent: Vec<usize>,
}

/// Why classes cannot be compared.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CentroidError {
    /// Not one class and one step a vector.
    #[error("{rows} vectors, {classes} classes and {steps} steps, expected as many of each")]
    Rows {
        /// Number of vectors.
        rows: usize,
        /// Number of classes given.
        classes: usize,
        /// Number of steps given.
        steps: usize,
    },
    /// Nothing to compare with.
    #[error("no shuffles were asked for, expected 1 or more")]
    Shuffles,
    /// A step against itself.
    #[error("step {step} cannot be compared with itself")]
    SameStep {
        /// The step.
        step: usize,
    },
}

/// Compares the class means of step `from` with those of step `to`; vectors of other steps are
/// left out.
///
/// A class costs shuffles · its smaller side · dim, and the memory of a few vectors; 200 shuffles
/// serve for z and the order, 1000 for p below 0.01.
///
/// # Shapes
/// vectors `[n, dim]`, classes `[n]`, steps `[n]`.
///
/// # Errors
/// [`CentroidError`] when there is not one class and step a vector, the steps are the same, or
/// there are no shuffles.
pub fn class_moves(
    vectors: &Embeddings,
    classes: &[usize],
    steps: &[usize],
    (from, to): (usize, usize),
    shuffles: usize,
) -> Result<ClassMoves, CentroidError> {
    if classes.len() != vectors.rows() || steps.len() != vectors.rows() {
        return Err(CentroidError::Rows {
            rows: vectors.rows(),
            classes: classes.len(),
            steps: steps.len(),
        });
    }
    if shuffles == 0 {
        return Err(CentroidError::Shuffles);
    }
    if from == to {
        return Err(CentroidError::SameStep { step: from });
    }
    let mut rows: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (row, (class, step)) in classes.iter().zip(steps).enumerate() {
        if *step == from {
            rows.entry(*class).or_default().0.push(row);
        } else if *step == to {
            rows.entry(*class).or_default().1.push(row);
        }
    }
    let (both, one): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|(_, (before, after))| !before.is_empty() && !after.is_empty());
    let mut ranked: Vec<ClassMove> = both
        .into_par_iter()
        .map(|(class, (before, after))| class_move(vectors, class, &before, &after, shuffles))
        .collect();
    ranked.sort_by(|a, b| b.z.total_cmp(&a.z).then(a.class.cmp(&b.class)));
    let absent = one.into_iter().map(|(class, _)| class).collect();
    Ok(ClassMoves { ranked, absent })
}

fn class_move(
    vectors: &Embeddings,
    class: usize,
    before: &[usize],
    after: &[usize],
    shuffles: usize,
) -> ClassMove {
    // Summing the smaller side is enough: the other is the rest.
    let (few, many) = if before.len() <= after.len() {
        (before, after)
    } else {
        (after, before)
    };
    let mut rows: Vec<usize> = few.iter().chain(many).copied().collect();
    let total = sum(vectors, &rows);
    let distance = from_rest(&sum(vectors, few), &total);
    let mut random = Random::new(SEED, class as u64);
    let mut shuffled: Vec<f64> = (0..shuffles)
        .map(|_| {
            for at in 0..few.len() {
                let other = at + random.below(rows.len() - at);
                rows.swap(at, other);
            }
            from_rest(&sum(vectors, &rows[..few.len()]), &total)
        })
        .collect();
    shuffled.sort_by(f64::total_cmp);
    let n = shuffles as f64;
    let expected = shuffled.iter().sum::<f64>() / n;
    let variance = shuffled
        .iter()
        .map(|other| (other - expected).powi(2))
        .sum::<f64>()
        / n;
    let reach = shuffled.len() - shuffled.partition_point(|other| *other < distance - ROUNDING);
    let z = (distance - expected) / variance.sqrt();
    ClassMove {
        class,
        before: before.len(),
        after: after.len(),
        distance,
        expected,
        z: if variance.sqrt() > ROUNDING { z } else { 0.0 },
        p: (reach + 1) as f64 / (n + 1.0),
    }
}

fn sum(vectors: &Embeddings, rows: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; vectors.dim()];
    for row in rows {
        for (sum, value) in sum.iter_mut().zip(vectors.row(*row)) {
            *sum += f64::from(*value);
        }
    }
    sum
}

/// 1 − cosine of a part and what is left of the total without it.
fn from_rest(part: &[f64], total: &[f64]) -> f64 {
    let (mut dot, mut own, mut rest) = (0.0, 0.0, 0.0);
    for (part, total) in part.iter().zip(total) {
        let other = total - part;
        dot += part * other;
        own += part * part;
        rest += other * other;
    }
    // Sums of opposite vectors leave rounding, and rounding has no direction.
    if own < ROUNDING || rest < ROUNDING {
        return 1.0;
    }
    1.0 - dot / (own * rest).sqrt()
}
