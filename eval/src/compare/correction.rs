//! Corrections of a family of p-values for how many there are.

use thiserror::Error;

/// A correction, by what it bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correction {
    /// The probability that any true null hypothesis is rejected (family-wise error).
    #[default]
    Holm,
    /// The expected share of true null hypotheses among the rejected (false discovery rate).
    BenjaminiHochberg,
}

/// A number that is no p-value.
#[derive(Debug, Error, PartialEq)]
#[error("p-value {at} is {p}, not in 0 to 1")]
pub struct CorrectionError {
    /// Its place, from 0.
    pub at: usize,
    /// The number.
    pub p: f64,
}

impl Correction {
    /// The name for reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holm => "holm",
            Self::BenjaminiHochberg => "benjamini-hochberg",
        }
    }

    /// Adjusted p-values, each at the place of its own.
    ///
    /// # Errors
    /// [`CorrectionError`] at the first number outside 0 to 1.
    pub fn adjust(self, p: &[f64]) -> Result<Vec<f64>, CorrectionError> {
        match self {
            Self::Holm => holm(p),
            Self::BenjaminiHochberg => benjamini_hochberg(p),
        }
    }
}

/// Holm's step-down correction (1979): the smallest of m p-values times m, the next times m − 1 and
/// so on, none below the one before. Bounds the family-wise error however the tests depend on one
/// another.
///
/// # Errors
/// [`CorrectionError`] at the first number outside 0 to 1.
pub fn holm(p: &[f64]) -> Result<Vec<f64>, CorrectionError> {
    let mut adjusted = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, at) in ascending(p)?.into_iter().enumerate() {
        largest = largest.max(p[at] * (p.len() - rank) as f64).min(1.0);
        adjusted[at] = largest;
    }
    Ok(adjusted)
}

/// Benjamini & Hochberg's step-up correction (1995): the p-value of rank r times m / r, none above
/// the one after. Bounds the false discovery rate of tests that are independent or depend positively.
///
/// # Errors
/// [`CorrectionError`] at the first number outside 0 to 1.
pub fn benjamini_hochberg(p: &[f64]) -> Result<Vec<f64>, CorrectionError> {
    let mut adjusted = vec![0.0; p.len()];
    let mut smallest = 1.0_f64;
    for (rank, at) in ascending(p)?.into_iter().enumerate().rev() {
        smallest = smallest.min(p[at] * (p.len() as f64 / (rank + 1) as f64));
        adjusted[at] = smallest;
    }
    Ok(adjusted)
}

/// Places by ascending p-value.
fn ascending(p: &[f64]) -> Result<Vec<usize>, CorrectionError> {
    if let Some(at) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(CorrectionError { at, p: p[at] });
    }
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn holm_is_stricter_than_benjamini_hochberg_and_both_keep_order(
            p in prop::collection::vec(0.0_f64..=1.0, 1..40),
        ) {
            let strict = holm(&p).expect("p-values");
            let mild = benjamini_hochberg(&p).expect("p-values");
            for at in 0..p.len() {
                prop_assert!(p[at] <= mild[at] && mild[at] <= strict[at] && strict[at] <= 1.0);
                for other in 0..p.len() {
                    if p[at] <= p[other] {
                        prop_assert!(strict[at] <= strict[other] && mild[at] <= mild[other]);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_p_value_is_named() {
        let error = Correction::Holm.adjust(&[0.5, 1.5]).expect_err("1.5");
        assert_eq!(error, CorrectionError { at: 1, p: 1.5 });
        assert!(benjamini_hochberg(&[f64::NAN]).is_err());
        assert_eq!(holm(&[]), Ok(Vec::new()));
    }
}
