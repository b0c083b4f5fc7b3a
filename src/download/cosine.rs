//! From samples to quantised coefficients: the cosine transform of Arai, Agui and Nakajima.
//!
//! Its outputs are scaled; the scales are part of what they are divided by.

/// Scale of each of eight outputs.
const SCALES: [f64; 8] = [
    1.0,
    1.387_039_845,
    1.306_562_965,
    1.175_875_602,
    1.0,
    0.785_694_958,
    0.541_196_100,
    0.275_899_379,
];

/// The largest coefficient that the standard's Huffman tables can say.
const LARGEST: f32 = 1023.0;

/// What each coefficient is multiplied by, from the steps of quantisation (row · 8 + column).
/// Both the factors and the coefficients have rows and columns exchanged.
pub(super) fn factors(steps: &[u8; 64]) -> [f32; 64] {
    std::array::from_fn(|at| {
        let (row, column) = (at % 8, at / 8);
        let scale = 8.0 * SCALES[row] * SCALES[column];
        (1.0 / (f64::from(steps[row * 8 + column]) * scale)) as f32
    })
}

/// One direction of the transform, for eight lines at once; their values are eight apart.
#[inline(always)]
fn butterflies(v: &mut [f32; 64]) {
    for line in 0..8 {
        let changed = butterfly(std::array::from_fn(|at| v[8 * at + line]));
        for (at, value) in changed.into_iter().enumerate() {
            v[8 * at + line] = value;
        }
    }
}

#[inline(always)]
fn butterfly(v: [f32; 8]) -> [f32; 8] {
    let (s0, s1, s2, s3) = (v[0] + v[7], v[1] + v[6], v[2] + v[5], v[3] + v[4]);
    let (d0, d1, d2, d3) = (v[0] - v[7], v[1] - v[6], v[2] - v[5], v[3] - v[4]);
    let (outer, inner, apart) = (s0 + s3, s1 + s2, s0 - s3);
    let turned = (s1 - s2 + apart) * std::f32::consts::FRAC_1_SQRT_2;
    let (low, middle, high) = (d3 + d2, d2 + d1, d1 + d0);
    let shared = (low - high) * 0.382_683_43;
    let low = 0.541_196_1 * low + shared;
    let high = 1.306_563 * high + shared;
    let middle = middle * std::f32::consts::FRAC_1_SQRT_2;
    let (plus, minus) = (d0 + middle, d0 - middle);
    [
        outer + inner,
        plus + high,
        apart + turned,
        minus - low,
        outer - inner,
        minus + low,
        apart - turned,
        plus - high,
    ]
}

/// The quantised coefficients of the eight by eight samples at the start of `samples`, whose rows
/// are `stride` apart; rows and columns exchanged.
#[inline(always)]
pub(super) fn forward(samples: &[u8], stride: usize, factors: &[f32; 64]) -> [i16; 64] {
    /// Added to a small number, it leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let mut block = [0.0_f32; 64];
    for row in 0..8 {
        let line = &samples[row * stride..row * stride + 8];
        for column in 0..8 {
            block[8 * row + column] = f32::from(line[column]) - 128.0;
        }
    }
    butterflies(&mut block);
    let mut turned = [0.0_f32; 64];
    for row in 0..8 {
        for column in 0..8 {
            turned[8 * column + row] = block[8 * row + column];
        }
    }
    butterflies(&mut turned);
    let mut quantised = [0_i16; 64];
    for at in 0..64 {
        let value = (turned[at] * factors[at]).clamp(-LARGEST, LARGEST);
        quantised[at] = (value + ROUND).to_bits() as i16;
    }
    quantised
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn coefficients_are_those_of_the_definition(
            samples in prop::collection::vec(any::<u8>(), 64),
            step in 1_u8..60,
        ) {
            let found = forward(&samples, 8, &factors(&[step; 64]));
            let wave = |k: usize, x: usize| {
                let scale = if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
                scale * ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos()
            };
            for (at, &found) in found.iter().enumerate() {
                let (column, row) = (at / 8, at % 8);
                let terms = samples.iter().enumerate().map(|(at, &sample)| {
                    (f64::from(sample) - 128.0) * wave(row, at / 8) * wave(column, at % 8)
                });
                let wanted = terms.sum::<f64>() / 4.0 / f64::from(step);
                let wanted = wanted.clamp(-1023.0, 1023.0);
                prop_assert!((f64::from(found) - wanted).abs() < 0.501, "{at}: {found} {wanted}");
            }
        }
    }
}
