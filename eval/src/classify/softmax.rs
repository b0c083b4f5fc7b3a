//! The sum under a softmax, for a panel of samples at a time.

use std::f64::consts::{LN_2, LOG2_E};

use pulp::{Arch, Simd, WithSimd};

use crate::product::PANEL;

/// The factor on similarities in a zero-shot head's logits.
const LOGIT_SCALE: f64 = 100.0;

/// Adds exp(100 · similarity) of a class to every sample's sum.
///
/// Similarities are at most a little over 1, so that no sum overflows and none needs its largest term taken out.
pub(super) fn add(sums: &mut [f64; PANEL], similarities: &[f32; PANEL]) {
    Arch::new().dispatch(Weights { sums, similarities });
}

struct Weights<'a> {
    sums: &'a mut [f64; PANEL],
    similarities: &'a [f32; PANEL],
}

impl WithSimd for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for lane in 0..PANEL {
            self.sums[lane] += weight(self.similarities[lane]);
        }
    }
}

/// exp(100 · similarity) to 13 digits: 2ⁿ · eʳ with |r| ≤ ln 2 / 2, and a Taylor series for the latter.
///
/// There is no branch and no call in it, so a row of them is computed in vectors.
#[inline(always)]
pub(super) fn weight(similarity: f32) -> f64 {
    /// Added to a small number it leaves the nearest whole one in the last bits.
    const SHIFT: f64 = 1.5 * (1_u64 << 52) as f64;
    const ONE: u64 = 1.0_f64.to_bits();
    let logit = LOGIT_SCALE * f64::from(similarity);
    let shifted = logit * LOG2_E + SHIFT;
    let rest = (logit * LOG2_E - (shifted - SHIFT)) * LN_2;
    let mut series = 1.0;
    let mut place = 13.0;
    while place > 0.0 {
        series = 1.0 + rest * (1.0 / place) * series;
        place -= 1.0;
    }
    f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE)) * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_exponentials() {
        for at in -1003..=1003 {
            let similarity = at as f32 / 1000.0;
            let exact = (100.0 * f64::from(similarity)).exp();
            let error = (weight(similarity) / exact - 1.0).abs();
            assert!(error < 1e-13, "{similarity}: {error:e}");
        }
        assert_eq!(weight(0.0), 1.0);
    }

    #[test]
    fn a_sample_has_a_sum_of_its_own() {
        let mut sums = [0.0; PANEL];
        let mut similarities = [0.5; PANEL];
        similarities[3] = -0.25;
        add(&mut sums, &similarities);
        add(&mut sums, &similarities);
        assert_eq!(sums[0], 2.0 * weight(0.5));
        assert_eq!(sums[3], 2.0 * weight(-0.25));
    }
}
