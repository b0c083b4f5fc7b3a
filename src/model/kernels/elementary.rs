//! Exponential and normal distribution on vectors, and sums over slices of them.
//!
//! Everything is written on [`pulp::Simd`], so that it is compiled for each width of vectors there is.

use pulp::Simd;

/// eˣ to about one unit in the last place; saturates outside ±87.
///
/// Range reduction by ln 2 in two parts, then the degree-5 polynomial of the Cephes library.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    /// Added to a number below 2²², it leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// An f32's exponent behind its bits, and what 1 has there.
    const EXPONENT: u32 = 23;
    const ONE: u32 = 127;
    let splat = |value| simd.splat_f32s(value);
    let x = simd.max_f32s(splat(-87.3), simd.min_f32s(splat(88.0), x));
    let rounded = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(ROUND));
    let n = simd.sub_f32s(rounded, splat(ROUND));
    let r = simd.mul_add_e_f32s(n, splat(-LN2_HIGH), x);
    let r = simd.mul_add_e_f32s(n, splat(-LN2_LOW), r);
    let mut p = splat(1.987_569_1e-4);
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = simd.mul_add_e_f32s(p, r, splat(coefficient));
    }
    let y = simd.mul_add_e_f32s(p, simd.mul_f32s(r, r), simd.add_f32s(r, splat(1.0)));
    // The bits of `rounded` are those of ROUND plus n, and what overflows the shift is ROUND's.
    let biased = simd.add_u32s(simd.transmute_u32s_f32s(rounded), simd.splat_u32s(ONE));
    let power = simd.wrapping_dyn_shl_u32s(biased, simd.splat_u32s(EXPONENT));
    simd.mul_f32s(y, simd.transmute_f32s_u32s(power))
}

/// Φ(x) and φ(x) of the normal distribution, Φ to 1e-7.
///
/// Φ through the error function: Abramowitz and Stegun, formula 7.1.26.
#[inline(always)]
pub(super) fn normal<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    const INVERSE_SQRT_2PI: f32 = 0.398_942_3;
    let splat = |value| simd.splat_f32s(value);
    let size = simd.abs_f32s(x);
    let half_square = simd.mul_f32s(simd.mul_f32s(x, x), splat(-0.5));
    let e = exp(simd, half_square);
    // The formula's p, for x / √2.
    let t = simd.mul_add_e_f32s(
        size,
        splat(0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2),
        splat(1.0),
    );
    let t = simd.div_f32s(splat(1.0), t);
    let mut p = splat(1.061_405_4);
    for coefficient in [-1.453_152_1, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        p = simd.mul_add_e_f32s(p, t, splat(coefficient));
    }
    // Half of what is outside ±x.
    let tail = simd.mul_f32s(simd.mul_f32s(simd.mul_f32s(p, t), e), splat(0.5));
    let negative = simd.less_than_f32s(x, splat(0.0));
    let cdf = simd.select_f32s(negative, tail, simd.sub_f32s(splat(1.0), tail));
    (cdf, simd.mul_f32s(e, splat(INVERSE_SQRT_2PI)))
}

/// Fills `out` with what `map` makes of the values that stand there in `inputs`.
#[inline(always)]
pub(super) fn fill<S: Simd, const N: usize>(
    simd: S,
    out: &mut [f32],
    inputs: [&[f32]; N],
    map: impl Fn([S::f32s; N]) -> S::f32s,
) {
    update(
        simd,
        out,
        inputs,
        #[inline(always)]
        |_, values| map(values),
    );
}

/// Replaces each of `out` by what `map` makes of it and the values that stand there in `inputs`.
#[inline(always)]
pub(super) fn update<S: Simd, const N: usize>(
    simd: S,
    out: &mut [f32],
    inputs: [&[f32]; N],
    map: impl Fn(S::f32s, [S::f32s; N]) -> S::f32s,
) {
    let mut vectors: [&[S::f32s]; N] = [&[]; N];
    let mut lasts: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        (vectors[n], lasts[n]) = S::as_simd_f32s(&inputs[n][..out.len()]);
    }
    let (out, out_last) = S::as_mut_simd_f32s(out);
    for vector in &mut vectors {
        *vector = &vector[..out.len()];
    }
    for at in 0..out.len() {
        let mut values = [simd.splat_f32s(0.0); N];
        for n in 0..N {
            values[n] = vectors[n][at];
        }
        out[at] = map(out[at], values);
    }
    if !out_last.is_empty() {
        let mut values = [simd.splat_f32s(0.0); N];
        for n in 0..N {
            values[n] = simd.partial_load_f32s(lasts[n]);
        }
        let value = map(simd.partial_load_f32s(out_last), values);
        simd.partial_store_f32s(out_last, value);
    }
}

/// Adds up over `inputs`, whose lengths agree: `add` puts values that stand at one place to a running sum.
#[inline(always)]
pub(super) fn sum_over<S: Simd, const N: usize>(
    simd: S,
    inputs: [&[f32]; N],
    add: impl Fn([S::f32s; N], S::f32s) -> S::f32s,
) -> f32 {
    const RUNNING: usize = 4;
    let zero = simd.splat_f32s(0.0);
    let length = inputs[0].len();
    let mut vectors: [&[S::f32s]; N] = [&[]; N];
    let mut lasts: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        (vectors[n], lasts[n]) = S::as_simd_f32s(&inputs[n][..length]);
    }
    let count = vectors[0].len();
    for vector in &mut vectors {
        *vector = &vector[..count];
    }
    let mut sums = [zero; RUNNING];
    let mut at = 0;
    while at + RUNNING <= count {
        for i in 0..RUNNING {
            let mut values = [zero; N];
            for n in 0..N {
                values[n] = vectors[n][at + i];
            }
            sums[i] = add(values, sums[i]);
        }
        at += RUNNING;
    }
    while at < count {
        let mut values = [zero; N];
        for n in 0..N {
            values[n] = vectors[n][at];
        }
        sums[0] = add(values, sums[0]);
        at += 1;
    }
    let rest = lasts[0].len();
    if rest > 0 {
        let mut values = [zero; N];
        for n in 0..N {
            values[n] = simd.partial_load_f32s(lasts[n]);
        }
        let inside = simd.mask_between_m32s(0, rest as u32).mask();
        let last = simd.select_f32s(inside, add(values, zero), zero);
        sums[1] = simd.add_f32s(sums[1], last);
    }
    let [a, b, c, d] = sums;
    simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d)))
}

/// Σ aᵢ·bᵢ.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    sum_over(
        simd,
        [a, b],
        #[inline(always)]
        |[a, b], sum| simd.mul_add_e_f32s(a, b, sum),
    )
}

/// Σ xᵢ.
#[inline(always)]
pub(super) fn sum<S: Simd>(simd: S, x: &[f32]) -> f32 {
    sum_over(
        simd,
        [x],
        #[inline(always)]
        |[x], sum| simd.add_f32s(x, sum),
    )
}

/// The largest of `x`, or the smallest number if there is none.
#[inline(always)]
pub(super) fn max<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let (x, last) = S::as_simd_f32s(x);
    let mut largest = simd.splat_f32s(f32::MIN);
    for &x in x {
        largest = simd.max_f32s(largest, x);
    }
    let mut largest = simd.reduce_max_f32s(largest);
    for &value in last {
        largest = if value > largest { value } else { largest };
    }
    largest
}

#[cfg(test)]
mod tests {
    use pulp::{Arch, WithSimd};

    use super::*;

    /// `f` of every value, on the widest vectors and on none.
    fn on_both(x: &[f32], which: fn() -> Which) -> [Vec<f32>; 2] {
        let mut outs = [vec![0.0; x.len()], vec![0.0; x.len()]];
        let [wide, scalar] = &mut outs;
        Arch::new().dispatch(All(wide, x, which()));
        All(scalar, x, which()).with_simd(pulp::Scalar);
        outs
    }

    enum Which {
        Exp,
        Cdf,
        Density,
    }

    struct All<'a>(&'a mut [f32], &'a [f32], Which);

    impl WithSimd for All<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Self(out, x, which) = self;
            match which {
                Which::Exp => fill(simd, out, [x], |[x]| exp(simd, x)),
                Which::Cdf => fill(simd, out, [x], |[x]| normal(simd, x).0),
                Which::Density => fill(simd, out, [x], |[x]| normal(simd, x).1),
            }
        }
    }

    #[test]
    fn exp_follows_the_library_within_three_ulp() {
        let x: Vec<f32> = (-8005..8005).map(|i| i as f32 * 0.01).collect();
        for out in on_both(&x, || Which::Exp) {
            for (&x, &ours) in x.iter().zip(&out) {
                let theirs = f64::from(x).exp();
                let error = (f64::from(ours) - theirs).abs() / theirs;
                assert!(
                    error < 3.6e-7,
                    "exp({x}) = {ours}, relative error {error:e}"
                );
            }
        }
    }

    #[test]
    fn exp_saturates_where_numbers_end() {
        for out in on_both(&[-1e30, -100.0, 100.0, f32::MIN, f32::MAX], || Which::Exp) {
            assert!(
                out[0] < 2e-38 && out[1] < 2e-38 && out[3] < 2e-38,
                "{out:?}"
            );
            assert!(
                out[2] > 1e38 && out[4] > 1e38 && out[4].is_finite(),
                "{out:?}"
            );
        }
    }

    #[test]
    fn the_normal_distribution_follows_its_table() {
        let x = [0.0, 0.5, 1.0, 2.0, 3.0, -0.5, -1.0, -2.0, -3.0, 40.0, -40.0];
        let table = [0.5, 0.691_462_46, 0.841_344_8, 0.977_249_87, 0.998_650_1];
        for out in on_both(&x, || Which::Cdf) {
            for at in 0..5 {
                assert!(
                    (out[at] - table[at]).abs() < 2e-7,
                    "Φ({}) = {}",
                    x[at],
                    out[at]
                );
            }
            for at in 5..9 {
                let upper = 1.0 - table[at - 4];
                assert!((out[at] - upper).abs() < 2e-7, "Φ({}) = {}", x[at], out[at]);
            }
            assert!(out[9] == 1.0 && out[10] < 1e-37, "{out:?}");
        }
        for out in on_both(&x, || Which::Density) {
            assert!((out[1] - 0.352_065_33).abs() < 2e-7 && (out[7] - 0.053_990_97).abs() < 2e-7);
        }
    }

    struct Sums<'a>(&'a [f32], &'a [f32]);

    impl WithSimd for Sums<'_> {
        type Output = [f32; 3];

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> [f32; 3] {
            [
                sum(simd, self.0),
                max(simd, self.0),
                dot(simd, self.0, self.1),
            ]
        }
    }

    #[test]
    fn sums_and_maxima_cover_every_length() {
        for length in 0..150 {
            let a: Vec<f32> = (0..length).map(|i| i as f32 - 200.0).collect();
            let b: Vec<f32> = (0..length).map(|i| (i % 7) as f32).collect();
            let wanted = [
                a.iter().sum::<f32>(),
                a.last().copied().unwrap_or(f32::MIN),
                a.iter().zip(&b).map(|(a, b)| a * b).sum(),
            ];
            assert_eq!(Arch::new().dispatch(Sums(&a, &b)), wanted, "{length}");
            assert_eq!(Sums(&a, &b).with_simd(pulp::Scalar), wanted, "{length}");
        }
    }
}
