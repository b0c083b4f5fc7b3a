//! Matrix products of packed operands, bf16 with sums in f32, on what the processor has: tiles (AMX) or dot products
//! (AVX512-BF16).
//!
//! With operands in one part this is bf16 arithmetic. With three parts an operand keeps all its 24
//! bits, six of the nine products of parts make a product as exact as f32's, and tiles are
//! still faster than vectors. Values whose parts fall below 2⁻¹²⁶ lose those parts.

mod dots;
mod pack;
mod tiles;
mod unit;

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::elementary::{fill, update};
use super::matrix::{Matrix, Start, Target, Threads};
use crate::model::Precision;
use pack::{Side, panels};
use unit::{BLOCK, Block, DEPTH, Tile, Unit};

/// Steps along the inner dimension that are summed in the unit before they are added to the target.
/// A panel of that length fits the second-level cache beside its partners, and sums of sums are more
/// exact than one long sum.
const STEPS: usize = 8;
/// Panels of rows that a task holds packed at a time, at most.
const ROW_PANELS: usize = 8;
/// Panels of columns that a task packs together.
const PACKED_TOGETHER: usize = 4;
/// Panels of columns that meet all of a task's rows before the next ones come.
const COLUMN_PANELS: usize = 16;

thread_local! {
    /// A thread's memory for packed right operands. Taken while in use: what another task needs
    /// that runs on the same thread meanwhile is allocated.
    static RIGHT: Cell<Vec<Tile>> = const { Cell::new(Vec::new()) };
    /// The same for left operands.
    static LEFT: Cell<Vec<Tile>> = const { Cell::new(Vec::new()) };
}

/// How the processor multiplies packed operands at a precision, if it does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Engine {
    /// Tiles, operands in one part.
    Tiles,
    /// Tiles, operands in three parts.
    TilesOfParts,
    /// Dot products of pairs.
    Dots,
}

impl Engine {
    /// The fastest one that is there; for f32 none where vectors are faster.
    pub(in crate::model) fn find(precision: Precision) -> Option<Self> {
        match precision {
            Precision::F32 if tiles::available() => Some(Self::TilesOfParts),
            Precision::Bf16 if tiles::available() => Some(Self::Tiles),
            Precision::Bf16 if dots::available() => Some(Self::Dots),
            _ => None,
        }
    }

    /// Those of this processor, with what their results may be off by, of the largest.
    #[cfg(test)]
    pub(super) fn all() -> Vec<(Self, f64)> {
        let mut all = Vec::new();
        if tiles::available() {
            all.extend([(Self::Tiles, 5e-3), (Self::TilesOfParts, 5e-7)]);
        }
        if dots::available() {
            all.push((Self::Dots, 5e-3));
        }
        all
    }
}

/// A product whose right operand is packed.
struct Product<'a, U> {
    left: Matrix<'a>,
    scale: f32,
    /// Panels of all steps, one after the other.
    right: &'a [Tile],
    /// Columns of the right operand.
    columns: usize,
    start: Start<'a>,
    /// Distance between rows of the target.
    row_stride: usize,
    unit: PhantomData<fn() -> U>,
}

/// `target ← start + scale · a · b`.
///
/// # Shapes
/// a `[m, k]`, b `[k, n]`, target `[m, n]`, none of them 0.
pub(super) fn multiply(
    engine: Engine,
    target: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    scale: f32,
    threads: Threads,
) {
    let run = match engine {
        Engine::Tiles => multiply_on::<tiles::OnePart>,
        Engine::TilesOfParts => multiply_on::<tiles::ThreeParts>,
        Engine::Dots => multiply_on::<dots::Dots>,
    };
    run(target, a, b, scale, threads);
}

fn multiply_on<U: Unit>(
    target: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    scale: f32,
    threads: Threads,
) {
    let (columns, length) = (b.columns, step_count(a.columns) * 2 * U::PARTS);
    let mut memory = RIGHT.take();
    let right = grown(&mut memory, columns.div_ceil(BLOCK) * length);
    let pack = |(group, out): (usize, &mut [Tile])| {
        let first = group * PACKED_TOGETHER * BLOCK;
        packed::<U>(b.transposed(), first, 0, Side::Right, 1.0, length, out);
    };
    let used = (a.rows - 1) * target.row_stride + columns;
    let values = &mut target.values[..used];
    let product = |right| Product::<U> {
        left: a,
        scale,
        right,
        columns,
        start: target.start,
        row_stride: target.row_stride,
        unit: PhantomData,
    };
    match threads {
        Threads::One => {
            right
                .chunks_mut(PACKED_TOGETHER * length)
                .enumerate()
                .for_each(pack);
            product(right).rows(0, values);
        }
        Threads::All => {
            right
                .par_chunks_mut(PACKED_TOGETHER * length)
                .enumerate()
                .for_each(pack);
            let (product, height) = (product(right), rows_per_task(a.rows));
            values
                .par_chunks_mut(height * target.row_stride)
                .enumerate()
                .for_each(|(task, values)| product.rows(task * height, values));
        }
    }
    RIGHT.set(memory);
}

fn step_count(inner: usize) -> usize {
    inner.div_ceil(DEPTH)
}

/// Rows of a task: as many whole panels as it may hold, with the tasks of about equal size.
fn rows_per_task(rows: usize) -> usize {
    let (panels, threads) = (rows.div_ceil(BLOCK), rayon::current_num_threads());
    let rounds = panels.div_ceil(threads * ROW_PANELS);
    panels.div_ceil(threads * rounds) * BLOCK
}

fn grown(memory: &mut Vec<Tile>, length: usize) -> &mut [Tile] {
    if memory.len() < length {
        memory.resize(length, Tile::ZERO);
    }
    &mut memory[..length]
}

/// [`panels`] for the processor that was found to have what it needs.
fn packed<U: Unit>(
    operand: Matrix<'_>,
    first_lane: usize,
    start: usize,
    side: Side,
    scale: f32,
    length: usize,
    out: &mut [Tile],
) {
    assert!(
        dots::available() || tiles::available(),
        "the vectors that packing uses"
    );
    #[expect(
        unsafe_code,
        reason = "the function is compiled for more than every processor has"
    )]
    // SAFETY: the processor has the features, as was just checked; the function has no other demands.
    unsafe {
        panels::<U>(operand, first_lane, start, side, scale, length, out);
    }
}

impl<U: Unit> Product<'_, U> {
    /// Fills the target's rows from `first` on, as many as `values` holds.
    fn rows(&self, first: usize, values: &mut [f32]) {
        let unit = U::configure();
        let begin = self.start.behind(first * self.row_stride);
        let count = values.len().div_ceil(self.row_stride);
        let (panels, steps) = (count.div_ceil(BLOCK), step_count(self.left.columns));
        let mut memory = LEFT.take();
        for height in (0..panels).step_by(ROW_PANELS) {
            let panels = height..(height + ROW_PANELS).min(panels);
            for step in (0..steps).step_by(STEPS) {
                let steps = step..(step + STEPS).min(steps);
                let length = steps.len() * 2 * U::PARTS;
                let left = grown(&mut memory, panels.len() * length);
                let lane = first + panels.start * BLOCK;
                let start = step * DEPTH;
                packed::<U>(self.left, lane, start, Side::Left, self.scale, length, left);
                let start = if step == 0 { begin } else { Start::Sum };
                self.meet(&unit, left, panels.start, &steps, values, start);
            }
        }
        LEFT.set(memory);
    }

    /// Multiplies packed rows with all columns over some steps.
    fn meet(
        &self,
        unit: &U,
        left: &[Tile],
        panel: usize,
        steps: &Range<usize>,
        values: &mut [f32],
        start: Start<'_>,
    ) {
        let mut block = Block::ZERO;
        let length = steps.len() * 2 * U::PARTS;
        let whole = step_count(self.left.columns) * 2 * U::PARTS;
        let skipped = steps.start * 2 * U::PARTS;
        for (group, right) in self.right.chunks(COLUMN_PANELS * whole).enumerate() {
            for (at, left) in left.chunks_exact(length).enumerate() {
                for (neighbour, right) in right.chunks_exact(whole).enumerate() {
                    let right = &right[skipped..][..length];
                    unit.multiply(left, right, &mut block);
                    let column = (group * COLUMN_PANELS + neighbour) * BLOCK;
                    Arch::new().dispatch(Delivery {
                        block: &block,
                        values: &mut *values,
                        row_stride: self.row_stride,
                        row: (panel + at) * BLOCK,
                        column,
                        width: self.columns - column,
                        start,
                    });
                }
            }
        }
    }
}

/// Brings a block of sums to its place, as far as that lies inside the target.
struct Delivery<'a> {
    block: &'a Block,
    values: &'a mut [f32],
    row_stride: usize,
    /// Where the block's first element goes, and how many columns there are from there on.
    row: usize,
    column: usize,
    width: usize,
    start: Start<'a>,
}

impl WithSimd for Delivery<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.width.min(BLOCK);
        let mut at = self.row * self.row_stride + self.column;
        for sums in &self.block.0 {
            let Some(rest) = self.values.get_mut(at..) else {
                return;
            };
            if rest.is_empty() {
                return;
            }
            let (row, sums) = (&mut rest[..width], &sums[..width]);
            match self.start {
                Start::Zero => row.copy_from_slice(sums),
                Start::Sum => update(
                    simd,
                    row,
                    [sums],
                    #[inline(always)]
                    |value, [sum]| simd.add_f32s(value, sum),
                ),
                Start::Bias(bias) => fill(
                    simd,
                    row,
                    [sums, &bias[self.column..]],
                    #[inline(always)]
                    |[sum, bias]| simd.add_f32s(sum, bias),
                ),
                Start::Onto { base, bias } => fill(
                    simd,
                    row,
                    [sums, &bias[self.column..], &base[at..]],
                    #[inline(always)]
                    |[sum, bias, base]| simd.add_f32s(simd.add_f32s(sum, bias), base),
                ),
            }
            at += self.row_stride;
        }
    }
}
