//! The MLP's activation. GELU, the exact form: x · Φ(x) with Φ the normal distribution function; or
//! the approximation x · σ(1.702 x) that OpenAI's models were trained with, σ the logistic function.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::buffer::Buffer;
use super::elementary::{exp, fill, normal, update};
use crate::model::block::Activation;

/// Values a task works on: an eighth of a second-level cache.
const CHUNK: usize = 16 * 1024;

/// The factor in the logistic approximation of GELU.
const STEEPNESS: f32 = 1.702;

/// The activation of every value.
pub(super) fn activated(x: &[f32], activation: Activation) -> Buffer {
    let mut y = Buffer::new(x.len());
    y.par_chunks_mut(CHUNK)
        .zip(x.par_chunks(CHUNK))
        .for_each(|(y, x)| Arch::new().dispatch(Forward { x, y, activation }));
    y
}

/// Replaces every value by its activation, on the calling thread.
pub(super) fn activate(values: &mut [f32], activation: Activation) {
    Arch::new().dispatch(InPlace { values, activation });
}

struct InPlace<'a> {
    values: &'a mut [f32],
    activation: Activation,
}

impl WithSimd for InPlace<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.activation {
            Activation::Gelu => update(
                simd,
                self.values,
                [],
                #[inline(always)]
                |x, []| gelu(simd, x).0,
            ),
            Activation::QuickGelu => update(
                simd,
                self.values,
                [],
                #[inline(always)]
                |x, []| quick_gelu(simd, x).0,
            ),
        }
    }
}

/// From x and dy, the gradient of its activation: replaces dy by dx, and returns the activation of x, which costs
/// next to nothing beside the gradient.
///
/// GELU: dx = dy · (Φ(x) + x · φ(x)), φ the normal density.
/// Quick: dx = dy · s · (1 + 1.702 x · (1 − s)), s = σ(1.702 x).
pub(super) fn gradient(x: &[f32], dy: &mut [f32], activation: Activation) -> Buffer {
    let mut y = Buffer::new(x.len());
    y.par_chunks_mut(CHUNK)
        .zip(x.par_chunks(CHUNK))
        .zip(dy.par_chunks_mut(CHUNK))
        .for_each(|((y, x), dy)| {
            Arch::new().dispatch(Backward {
                x,
                y,
                dy,
                activation,
            });
        });
    y
}

struct Forward<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    activation: Activation,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.activation {
            Activation::Gelu => fill(
                simd,
                self.y,
                [self.x],
                #[inline(always)]
                |[x]| gelu(simd, x).0,
            ),
            Activation::QuickGelu => fill(
                simd,
                self.y,
                [self.x],
                #[inline(always)]
                |[x]| quick_gelu(simd, x).0,
            ),
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    dy: &'a mut [f32],
    activation: Activation,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (x, x_last) = S::as_simd_f32s(self.x);
        let (y, y_last) = S::as_mut_simd_f32s(self.y);
        let (dy, dy_last) = S::as_mut_simd_f32s(self.dy);
        let values = x.iter().zip(y).zip(dy);
        match self.activation {
            Activation::Gelu => {
                for ((&x, y), dy) in values {
                    let (value, slope) = gelu(simd, x);
                    (*y, *dy) = (value, simd.mul_f32s(*dy, slope));
                }
            }
            Activation::QuickGelu => {
                for ((&x, y), dy) in values {
                    let (value, slope) = quick_gelu(simd, x);
                    (*y, *dy) = (value, simd.mul_f32s(*dy, slope));
                }
            }
        }
        if !x_last.is_empty() {
            let (value, slope) = of(simd, simd.partial_load_f32s(x_last), self.activation);
            let dx = simd.mul_f32s(simd.partial_load_f32s(dy_last), slope);
            simd.partial_store_f32s(y_last, value);
            simd.partial_store_f32s(dy_last, dx);
        }
    }
}

#[inline(always)]
fn of<S: Simd>(simd: S, x: S::f32s, activation: Activation) -> (S::f32s, S::f32s) {
    match activation {
        Activation::Gelu => gelu(simd, x),
        Activation::QuickGelu => quick_gelu(simd, x),
    }
}

/// Value and slope.
#[inline(always)]
fn gelu<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let (cdf, density) = normal(simd, x);
    (simd.mul_f32s(x, cdf), simd.mul_add_e_f32s(x, density, cdf))
}

/// Value and slope.
#[inline(always)]
fn quick_gelu<S: Simd>(simd: S, x: S::f32s) -> (S::f32s, S::f32s) {
    let one = simd.splat_f32s(1.0);
    let steep = simd.mul_f32s(x, simd.splat_f32s(STEEPNESS));
    let e = exp(simd, simd.neg_f32s(steep));
    let s = simd.div_f32s(one, simd.add_f32s(one, e));
    let slope = simd.mul_add_e_f32s(steep, simd.sub_f32s(one, s), one);
    (simd.mul_f32s(x, s), simd.mul_f32s(s, slope))
}
