//! From coefficients to samples: the inverse cosine transform in whole numbers.
//!
//! The same sums and roundings as libjpeg's "islow", so the samples are the same bit for bit.
//! Multiplications take 16 bits on either side, which processors do two at a time.

/// Columns of a plane lie one behind the other, this many samples apart.
pub(super) const LANES: usize = 16;

/// Coefficients in which all are zero but those in the upper left quarter.
pub(super) const QUARTER: usize = 0b01_1011;

/// The same for the four of lowest frequency.
const CORNER: usize = 0b00_1001;

/// Which coefficients of a block may be other than zero: all their indices (row · 8 + column)
/// or-ed together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent(pub(super) usize);

/// Samples of a block whose only coefficient is its first.
#[inline(always)]
fn flat(first: i16) -> u8 {
    sample((i32::from(first) + 4) >> 3)
}

#[inline(always)]
fn sample(value: i32) -> u8 {
    (value + 128).clamp(0, 255) as u8
}

/// One direction of the transform; `SHIFT` bits of fraction are rounded away.
#[inline(always)]
fn butterfly<const SHIFT: i32>(v: [i16; 8]) -> [i32; 8] {
    let times = |value: i16, factor: i32| i32::from(value).wrapping_mul(factor);
    let whole = |value: i16| i32::from(value) << 13;
    // The even half.
    let sum = whole(v[0].wrapping_add(v[4]));
    let difference = whole(v[0].wrapping_sub(v[4]));
    let turned = times(v[2], 4433).wrapping_add(times(v[6], -10704));
    let kept = times(v[2], 10703).wrapping_add(times(v[6], 4433));
    let even = [
        sum.wrapping_add(kept),
        difference.wrapping_add(turned),
        difference.wrapping_sub(turned),
        sum.wrapping_sub(kept),
    ];
    // The odd half.
    let (first, second) = (v[7].wrapping_add(v[3]), v[5].wrapping_add(v[1]));
    let left = times(first, -6436).wrapping_add(times(second, 9633));
    let right = times(first, 9633).wrapping_add(times(second, 6437));
    let pair = |a: i16, by: i32, b: i16, with: i32, rest: i32| {
        times(a, by).wrapping_add(times(b, with)).wrapping_add(rest)
    };
    let odd = [
        pair(v[1], 4926, v[7], -7373, right),
        pair(v[3], 4177, v[5], -20995, left),
        pair(v[5], -4176, v[3], -20995, right),
        pair(v[7], -4927, v[1], -7373, left),
    ];
    let round = |value: i32| value.wrapping_add(1 << (SHIFT - 1)) >> SHIFT;
    let mut out = [0; 8];
    for at in 0..4 {
        out[at] = round(even[at].wrapping_add(odd[at]));
        out[7 - at] = round(even[at].wrapping_sub(odd[at]));
    }
    out
}

/// Transforms a block to eight columns of `out`, from lane `lane` on.
///
/// The loops run over rows or columns, so that each step is one instruction for all eight. They
/// count instead of using iterators, which are not always compiled for the wide vectors.
#[inline(always)]
pub(super) fn inverse(
    coefficients: &[i16; 64],
    steps: &[i16; 64],
    extent: Extent,
    out: &mut [[u8; LANES]; 8],
    lane: usize,
) {
    if extent.0 == 0 {
        let value = flat(coefficients[0].wrapping_mul(steps[0]));
        for column in out {
            put(column, lane, [value; 8]);
        }
    } else if extent.0 & !CORNER == 0 {
        transform::<2>(coefficients, steps, out, lane);
    } else if extent.0 & !QUARTER == 0 {
        transform::<4>(coefficients, steps, out, lane);
    } else {
        transform::<8>(coefficients, steps, out, lane);
    }
}

#[inline(always)]
fn put(column: &mut [u8; LANES], lane: usize, values: [u8; 8]) {
    let place = &mut column[lane..lane + 8];
    let place: &mut [u8; 8] = place.try_into().expect("eight lanes were sliced");
    *place = values;
}

/// The transform when only the first `N` rows and columns have coefficients.
#[inline(always)]
fn transform<const N: usize>(
    coefficients: &[i16; 64],
    steps: &[i16; 64],
    out: &mut [[u8; LANES]; 8],
    lane: usize,
) {
    let mut half = [0_i16; 64];
    for column in 0..8 {
        let at = |row: usize| {
            let index = row * 8 + column;
            if row < N {
                coefficients[index].wrapping_mul(steps[index])
            } else {
                0
            }
        };
        let values = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
        let changed = butterfly::<11>(values);
        for row in 0..8 {
            half[row * 8 + column] = changed[row] as i16;
        }
    }
    let mut samples = [[0_u8; 8]; 8];
    for row in 0..8 {
        let at = |column: usize| {
            if column < N {
                half[row * 8 + column]
            } else {
                0
            }
        };
        let values = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
        let changed = butterfly::<18>(values);
        for column in 0..8 {
            samples[column][row] = sample(changed[column]);
        }
    }
    for column in 0..8 {
        put(&mut out[column], lane, samples[column]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The transform as its definition has it, in floating point.
    fn definition(coefficients: &[i16; 64]) -> [f64; 64] {
        let scale = |k: usize| if k == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let wave = |k: usize, x: usize| {
            scale(k) * ((2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0).cos()
        };
        let mut samples = [0.0; 64];
        for (at, sample) in samples.iter_mut().enumerate() {
            let (x, y) = (at / 8, at % 8);
            let waves = coefficients.iter().enumerate();
            let sum: f64 = waves
                .map(|(k, &c)| f64::from(c) * wave(k / 8, y) * wave(k % 8, x))
                .sum();
            *sample = (sum / 4.0 + 128.0).clamp(0.0, 255.0);
        }
        samples
    }

    proptest! {
        #[test]
        fn samples_are_those_of_the_definition(
            raw in prop::collection::vec(-60_i16..60, 64),
            kept in prop::sample::select(vec![0, CORNER, QUARTER, 63]),
        ) {
            let mut block = [0; 64];
            for (at, value) in raw.into_iter().enumerate() {
                block[at] = if at & !kept == 0 { value } else { 0 };
            }
            let mut out = [[0; LANES]; 8];
            inverse(&block, &[1; 64], Extent(kept), &mut out, 4);
            for (at, wanted) in definition(&block).into_iter().enumerate() {
                let found = f64::from(out[at / 8][4 + at % 8]);
                prop_assert!((found - wanted).abs() <= 1.0, "{at}: {found} {wanted}");
            }
        }
    }
}
