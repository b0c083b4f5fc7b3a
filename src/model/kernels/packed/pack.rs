//! Operands rounded to bf16, in one part or in three, and laid out as tiles.
//!
//! Three parts hold a value exactly: h is x rounded to bf16, m is x − h rounded, l is x − h − m.

use std::arch::x86_64::{
    __m512, __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_castps_si512, _mm512_castsi512_ps,
    _mm512_mul_ps, _mm512_or_si512, _mm512_permutex2var_epi16, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_shuffle_i32x4, _mm512_srli_epi32, _mm512_sub_ps, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::super::matrix::Matrix;
use super::unit::{BLOCK, DEPTH, SIDE, Tile, Unit};

/// Which operand a panel belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Rows of the left operand.
    Left,
    /// Columns of the right operand.
    Right,
}

/// Packs panels of 32 lanes of an operand, `length` tiles each: for each step of `DEPTH` along the inner dimension
/// from `start` on, each part's two tiles.
///
/// # Shapes
/// operand `[lanes, inner]`: the left operand as it is, the right one transposed. What lies outside is zero.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn panels<U: Unit>(
    operand: Matrix<'_>,
    first_lane: usize,
    start: usize,
    side: Side,
    scale: f32,
    length: usize,
    out: &mut [Tile],
) {
    let (count, steps) = (out.len() / length, length / (2 * U::PARTS));
    let mut pack = |panel: usize, step: usize| {
        let out = &mut out[panel * length + step * 2 * U::PARTS..][..2 * U::PARTS];
        let (lane, depth) = (first_lane + panel * BLOCK, start + step * DEPTH);
        tiles::<U>(operand, lane, depth, side, scale, out);
    };
    // In the order in which the operand lies in memory.
    if operand.column_stride == 1 {
        (0..count).for_each(|panel| (0..steps).for_each(|step| pack(panel, step)));
    } else {
        (0..steps).for_each(|step| (0..count).for_each(|panel| pack(panel, step)));
    }
}

/// One step of one panel.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn tiles<U: Unit>(
    operand: Matrix<'_>,
    lane: usize,
    depth: usize,
    side: Side,
    scale: f32,
    out: &mut [Tile],
) {
    let ordered = operand.row_stride == 1 || operand.column_stride == 1;
    for half in 0..2 {
        let lane = lane + half * SIDE;
        let lanes = operand.rows.saturating_sub(lane);
        let depths = operand.columns.saturating_sub(depth);
        if lanes >= SIDE && depths >= DEPTH && ordered {
            let part = operand.from(lane, depth);
            pack::<U>(
                part.values,
                part.row_stride,
                part.column_stride,
                side,
                scale,
                half,
                out,
            );
        } else {
            let mut whole = [0.0; SIDE * DEPTH];
            for row in 0..lanes.min(SIDE) {
                for column in 0..depths.min(DEPTH) {
                    whole[row * DEPTH + column] = operand.at(lane + row, depth + column);
                }
            }
            pack::<U>(&whole, DEPTH, 1, side, scale, half, out);
        }
    }
}

/// One lane's or one pair's two vectors of 16 become a row of each part's tile.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn pack<U: Unit>(
    values: &[f32],
    lane_stride: usize,
    depth_stride: usize,
    side: Side,
    scale: f32,
    half: usize,
    tiles: &mut [Tile],
) {
    // The order that the values lie in decides which form comes for free; the other is its transpose.
    let by_lane = depth_stride == 1;
    let (row_stride, second) = if by_lane {
        (lane_stride, SIDE)
    } else {
        (2 * depth_stride, depth_stride)
    };
    let factor = _mm512_set1_ps(scale);
    for row in 0..SIDE {
        let values = &values[row * row_stride..];
        let (mut x, mut y) = (load(values), load(&values[second..]));
        if scale != 1.0 {
            (x, y) = (_mm512_mul_ps(x, factor), _mm512_mul_ps(y, factor));
        }
        for part in 0..U::PARTS {
            let (rounded_x, rounded_y) = (rounded(x), rounded(y));
            let pairs = if by_lane {
                _mm512_permutex2var_epi16(rounded_x, pulp::cast(UPPER_HALVES), rounded_y)
            } else {
                _mm512_or_si512(rounded_y, _mm512_srli_epi32(rounded_x, 16))
            };
            tiles[2 * part + half].0[row] = pulp::cast(pairs);
            x = _mm512_sub_ps(x, _mm512_castsi512_ps(rounded_x));
            y = _mm512_sub_ps(y, _mm512_castsi512_ps(rounded_y));
        }
    }
    if by_lane == (side == Side::Right) {
        for part in 0..U::PARTS {
            transpose(&mut tiles[2 * part + half]);
        }
    }
}

/// The upper halves of 32 words of 32 bits, as indices of halves.
const UPPER_HALVES: [u16; 32] = {
    let mut indices = [0; 32];
    let mut word = 0;
    while word < 32 {
        indices[word] = 2 * word as u16 + 1;
        word += 1;
    }
    indices
};

#[inline]
#[target_feature(enable = "avx512f")]
fn load(values: &[f32]) -> __m512 {
    let first: &[f32; SIDE] = values
        .first_chunk()
        .expect("the caller checked that the tile lies inside");
    pulp::cast(*first)
}

/// The nearest bf16, ties to even, as an f32 whose lower half is zero.
#[inline]
#[target_feature(enable = "avx512f")]
fn rounded(x: __m512) -> __m512i {
    let bits = _mm512_castps_si512(x);
    let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
    let up = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    _mm512_and_si512(up, _mm512_set1_epi32(-0x1_0000))
}

/// Exchanges rows and columns, by pairs of 1, 2, 4 and 8.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(tile: &mut Tile) {
    let mut rows = [_mm512_set1_epi32(0); SIDE];
    for (row, words) in rows.iter_mut().zip(&tile.0) {
        *row = pulp::cast(*words);
    }
    let mut ones = rows;
    for i in 0..8 {
        ones[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        ones[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    let mut twos = ones;
    for i in 0..4 {
        for j in 0..2 {
            let (a, b) = (ones[4 * i + j], ones[4 * i + j + 2]);
            twos[4 * i + 2 * j] = _mm512_unpacklo_epi64(a, b);
            twos[4 * i + 2 * j + 1] = _mm512_unpackhi_epi64(a, b);
        }
    }
    let mut fours = twos;
    for i in 0..2 {
        for j in 0..4 {
            let (a, b) = (twos[8 * i + j], twos[8 * i + j + 4]);
            fours[8 * i + j] = _mm512_shuffle_i32x4::<0x88>(a, b);
            fours[8 * i + j + 4] = _mm512_shuffle_i32x4::<0xdd>(a, b);
        }
    }
    for j in 0..8 {
        tile.0[j] = pulp::cast(_mm512_shuffle_i32x4::<0x88>(fours[j], fours[j + 8]));
        tile.0[j + 8] = pulp::cast(_mm512_shuffle_i32x4::<0xdd>(fours[j], fours[j + 8]));
    }
}
