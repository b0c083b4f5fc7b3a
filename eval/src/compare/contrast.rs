//! Chosen samples against the rest: is one model, or the step from A to B, worse on them?
//!
//! For queries whose caption speaks of something new, for example: each model's gap to the rest, and
//! whether the drop on them exceeds the drop on the rest (a difference in differences).

use thiserror::Error;

use super::drop::PairedDrop;
use super::gap::{Gap, gap};
use super::paired::Paired;
use super::resampling::Resampling;
use crate::interval::Spread;

/// Chosen samples (inside) against all others (outside).
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// The drop on the chosen samples.
    pub inside: PairedDrop,
    /// The drop on the rest.
    pub outside: PairedDrop,
    /// Mean of A inside − outside.
    pub a: Gap,
    /// Mean of B inside − outside.
    pub b: Gap,
    /// Drop inside − drop outside: positive when B loses more on the chosen samples.
    pub more: Gap,
}

/// Why samples cannot be contrasted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ContrastError {
    /// Not one mark a sample.
    #[error("{marks} marks for {samples} samples; there must be one a sample")]
    Marks {
        /// Number of samples.
        samples: usize,
        /// Number of marks.
        marks: usize,
    },
    /// All samples are chosen, or none.
    #[error("{chosen} of {samples} samples are chosen; a contrast needs some and leaves some")]
    OneSided {
        /// Chosen samples.
        chosen: usize,
        /// Number of samples.
        samples: usize,
    },
}

/// Contrasts the samples for which `chosen` is true with the rest.
///
/// # Errors
/// [`ContrastError`] when there is not one mark a sample, or a side is empty.
pub fn contrast(
    pairs: &Paired,
    chosen: &[bool],
    resampling: &Resampling,
) -> Result<Contrast, ContrastError> {
    let samples = pairs.samples();
    if chosen.len() != samples {
        let marks = chosen.len();
        return Err(ContrastError::Marks { samples, marks });
    }
    let (Some(inside), Some(outside)) = (
        pairs.select(|row| chosen[row]),
        pairs.select(|row| !chosen[row]),
    ) else {
        let chosen = chosen.iter().filter(|chosen| **chosen).count();
        return Err(ContrastError::OneSided { chosen, samples });
    };
    let spread = |values: &[f64]| Spread::new(values.to_vec());
    let between = |one: &Spread, other: &Spread| gap(one, other, resampling);
    let (drop_inside, drop_outside) = (inside.summary(), outside.summary());
    Ok(Contrast {
        a: between(&spread(inside.a()), &spread(outside.a())),
        b: between(&spread(inside.b()), &spread(outside.b())),
        more: between(&drop_inside.differences, &drop_outside.differences),
        inside: drop_inside.drop(resampling),
        outside: drop_outside.drop(resampling),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_drops_is_the_difference_of_gaps() {
        // Inside A 0.8, B 0.4 of 50; outside A 0.7, B 0.7 of 100.
        let row = |at: usize| match at {
            0..50 => (at < 40, at < 20),
            _ => (at % 10 < 7, at % 10 >= 3),
        };
        let (a, b): (Vec<bool>, Vec<bool>) = (0..150).map(row).unzip();
        let chosen: Vec<bool> = (0..150).map(|at| at < 50).collect();
        let pairs = Paired::hits(&a, &b).expect("pairs");
        let found = contrast(&pairs, &chosen, &Resampling::default()).expect("both sides");
        assert!((found.inside.drop - 0.4).abs() < 1e-12);
        assert_eq!(found.outside.drop, 0.0);
        assert!((found.a.difference - 0.1).abs() < 1e-12);
        assert!((found.b.difference + 0.3).abs() < 1e-12);
        assert!((found.more.difference - 0.4).abs() < 1e-12);
        // √(0.24 / 50 + 0.6 / 100) = 0.1039: the pairing is kept, the sides are independent.
        assert!((found.more.low - 0.196).abs() < 0.03, "{:?}", found.more);
        assert!((found.more.high - 0.604).abs() < 0.03, "{:?}", found.more);
        assert!(found.more.p < 0.003, "{:?}", found.more);
    }

    #[test]
    fn a_contrast_needs_two_sides() {
        let pairs = Paired::hits(&[true, false], &[true, true]).expect("pairs");
        let resampling = Resampling::default();
        assert_eq!(
            contrast(&pairs, &[true], &resampling),
            Err(ContrastError::Marks {
                samples: 2,
                marks: 1
            })
        );
        assert_eq!(
            contrast(&pairs, &[true, true], &resampling),
            Err(ContrastError::OneSided {
                chosen: 2,
                samples: 2
            })
        );
    }
}
