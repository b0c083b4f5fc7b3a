//! Softmax and cross-entropy of one sample, in place.

/// Largest integer-valued step that f32 rounds to when this is added: 1.5 · 2²³.
const ROUNDING: f32 = 12_582_912.0;
/// Below this, e^x is taken to be what it is here, 1.6e-38: the smallest powers of two f32 can scale by.
const LOWEST: f32 = -87.0;
/// ln 2 in two parts; the first has few enough bits that its multiples are exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// Turns logits into residuals, softmax minus one-hot, and returns the cross-entropy.
///
/// The residual of the label itself is the sum of the others, so it keeps its digits when the
/// sample is as good as certain.
///
/// # Shapes
/// row `[classes]`.
pub(super) fn residuals(row: &mut [f32], label: usize) -> f64 {
    let (best, own) = (greatest(row), row[label]);
    exponentials(row, best);
    let own_share = f64::from(row[label]);
    row[label] = 0.0;
    let others = total(row, |share| share);
    let all = others + own_share;
    let scale = (1.0 / all) as f32;
    row.iter_mut().for_each(|value| *value *= scale);
    row[label] = -(others / all) as f32;
    if own == best {
        others.ln_1p()
    } else {
        all.ln() + f64::from(best - own)
    }
}

/// Σ p(1 − p) of residuals: |r| is p, and 1 − p for the label.
///
/// # Shapes
/// row `[classes]`.
pub(super) fn curvature(row: &[f32]) -> f64 {
    total(row, |residual| residual.abs() * (1.0 - residual.abs()))
}

/// Turns logits into the shares of a softmax.
///
/// # Shapes
/// row `[classes]`.
pub(super) fn shares(row: &mut [f32]) {
    let best = greatest(row);
    exponentials(row, best);
    let scale = (1.0 / total(row, |share| share)) as f32;
    row.iter_mut().for_each(|value| *value *= scale);
}

fn greatest(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let (lanes, rest) = row.as_chunks::<16>();
    let mut best = [f32::NEG_INFINITY; 16];
    for values in lanes {
        for (best, value) in best.iter_mut().zip(values) {
            *best = larger(*value, *best);
        }
    }
    best.iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, larger)
}

#[inline]
fn total(row: &[f32], part: impl Fn(f32) -> f32) -> f64 {
    let (lanes, rest) = row.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for values in lanes {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += part(*value);
        }
    }
    let rest: f64 = rest.iter().map(|value| f64::from(part(*value))).sum();
    sums.iter().map(|sum| f64::from(*sum)).sum::<f64>() + rest
}

fn exponentials(row: &mut [f32], best: f32) {
    for value in row {
        *value = exponential(*value - best);
    }
}

/// e^x for x ≤ 0, to two units in the last place: x = n · ln 2 + r, the power series of e^r to r⁷.
///
/// Written without a call or a branch, so that a loop over it becomes vector instructions.
#[inline]
fn exponential(x: f32) -> f32 {
    let x = if x > LOWEST { x } else { LOWEST };
    let shifted = x * std::f32::consts::LOG2_E + ROUNDING;
    let n = shifted - ROUNDING;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let series = 1.0
        + r * (1.0
            + r * (1.0 / 2.0
                + r * (1.0 / 6.0
                    + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
    let exponent = shifted
        .to_bits()
        .wrapping_sub(ROUNDING.to_bits())
        .wrapping_add(127);
    series * f32::from_bits(exponent << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_right_to_two_units_in_the_last_place() {
        for step in 0..870_000 {
            let x = -(step as f32) * 1e-4;
            let exact = f64::from(x).exp();
            let error = (f64::from(exponential(x)) - exact).abs() / exact;
            assert!(error < 2.4e-7, "e^{x}: {error:e}");
        }
        assert_eq!(exponential(0.0), 1.0);
        assert!(exponential(-1e30) < 2e-38);
    }

    #[test]
    fn residuals_and_loss_are_those_of_the_formula() {
        let logits: Vec<f32> = (0..37).map(|at| ((at * 29) % 37) as f32 / 5.0).collect();
        let exact = |class: usize| {
            let total: f64 = logits.iter().map(|value| f64::from(*value).exp()).sum();
            f64::from(logits[class]).exp() / total
        };
        for label in [0, 14, 36] {
            let mut row = logits.clone();
            let loss = residuals(&mut row, label);
            assert!((loss + exact(label).ln()).abs() < 1e-6, "{loss}");
            for (class, residual) in row.iter().enumerate() {
                let expected = exact(class) - f64::from(class == label);
                assert!((f64::from(*residual) - expected).abs() < 1e-7);
            }
            let curved: f64 = (0..37)
                .map(|class| exact(class) * (1.0 - exact(class)))
                .sum();
            assert!((curvature(&row) - curved).abs() < 1e-6);
        }
    }

    #[test]
    fn a_certain_sample_keeps_the_digits_of_its_small_loss() {
        let mut row = [30.0, 0.0, 1.0];
        let others = (-30.0_f64).exp() + (-29.0_f64).exp();
        let loss = residuals(&mut row, 0);
        assert!((loss / others - 1.0).abs() < 1e-6, "{loss}");
        assert!((f64::from(-row[0]) / others - 1.0).abs() < 1e-6, "{row:?}");
    }
}
