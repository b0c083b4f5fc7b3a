//! The dot products of AVX512-BF16, on AMD's processors since Zen 4 and Intel's since Cooper Lake: `VDPBF16PS` adds 16
//! pairs' products to 16 sums in f32, twice as many multiplications as an instruction in f32 makes.

use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_set1_epi32, _mm512_setzero_ps,
};

use super::unit::{BLOCK, Block, SIDE, Tile, Unit};

/// Rows whose sums are held in registers at a time: times two vectors of columns, they leave room for the operands.
const ROWS: usize = 8;

/// Whether this processor has the instruction and the vectors that packing uses.
pub(in crate::model) fn available() -> bool {
    is_x86_feature_detected!("avx512bf16")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
}

/// The instruction, which the processor was found to have.
#[derive(Debug)]
pub(super) struct Dots(());

impl Unit for Dots {
    const PARTS: usize = 1;

    fn configure() -> Self {
        assert!(available(), "the processor has no AVX512-BF16");
        Self(())
    }

    fn multiply(&self, rows: &[Tile], columns: &[Tile], block: &mut Block) {
        assert!(!rows.is_empty() && rows.len() == columns.len() && rows.len().is_multiple_of(2));
        #[expect(
            unsafe_code,
            reason = "the function is compiled for more than every processor has"
        )]
        // SAFETY: `self` shows that the processor has the features; the function has no other demands.
        unsafe {
            multiply(rows, columns, block);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn multiply(rows: &[Tile], columns: &[Tile], block: &mut Block) {
    for (group, sums_of_rows) in block.0.chunks_exact_mut(ROWS).enumerate() {
        let (half, first) = (group * ROWS / SIDE, group * ROWS % SIDE);
        let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
        for (rows, columns) in rows.chunks_exact(2).zip(columns.chunks_exact(2)) {
            let rows: &[[u32; SIDE]; ROWS] = rows[half].0[first..]
                .first_chunk()
                .expect("the groups divide a tile");
            for pair in 0..SIDE {
                let (left, right) = (&columns[0].0[pair], &columns[1].0[pair]);
                let (left, right) = (pairs(pulp::cast(*left)), pairs(pulp::cast(*right)));
                for (row, sums) in rows.iter().zip(&mut sums) {
                    let value = pairs(_mm512_set1_epi32(row[pair] as i32));
                    sums[0] = _mm512_dpbf16_ps(sums[0], value, left);
                    sums[1] = _mm512_dpbf16_ps(sums[1], value, right);
                }
            }
        }
        for (row, [left, right]) in sums_of_rows.iter_mut().zip(sums) {
            row[..SIDE].copy_from_slice(&lanes(left));
            row[SIDE..].copy_from_slice(&lanes(right));
        }
    }
}

const _: () = assert!(SIDE.is_multiple_of(ROWS) && BLOCK.is_multiple_of(ROWS));

#[inline]
#[target_feature(enable = "avx512f")]
fn lanes(sums: __m512) -> [f32; SIDE] {
    pulp::cast(sums)
}

/// 16 pairs of bf16, which have a vector type of their own.
#[inline]
#[target_feature(enable = "avx512f")]
fn pairs(words: __m512i) -> __m512bh {
    #[expect(unsafe_code, reason = "there is no safe conversion")]
    // SAFETY: both types are 64 bytes of which every value is valid.
    unsafe {
        std::mem::transmute::<__m512i, __m512bh>(words)
    }
}
