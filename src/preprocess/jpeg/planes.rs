//! The samples of one band of the image: sixteen rows, stored column by column.
//!
//! A column's samples lie together, so that everything that works along a row works on sixteen
//! rows at a time.

use super::Samples;
use super::header::{Component, Frame};
use super::idct::LANES;

/// Where the samples of a plane of half the height begin in a column: the neighbours above and
/// below are kept beside them.
const HALF_START: usize = 4;

/// The part of the image to decode, in interleaved units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extract {
    pub(super) first_unit: usize,
    pub(super) units: usize,
    /// Bands of which samples are made, from the first to before the second.
    pub(super) bands: [usize; 2],
}

/// The samples of one component in one band.
#[derive(Default)]
pub(super) struct Plane {
    /// With one more column on either side.
    columns: Vec<[u8; LANES]>,
    /// Whether it has eight rows for the image's sixteen.
    pub(super) half: bool,
    /// Columns of the image for one of this plane.
    pub(super) ratio: usize,
    /// Whether missing samples are interpolated; libjpeg repeats them in very narrow planes.
    pub(super) smooth: bool,
    /// Columns that begin in the image, from the first one held.
    real_columns: usize,
    starts_image: bool,
    height: usize,
}

impl Plane {
    /// Makes room for the component's part of a band.
    pub(super) fn prepare(&mut self, frame: &Frame, component: &Component, extract: Extract) {
        let columns = extract.units * 8 * component.across;
        let first = extract.first_unit * 8 * component.across;
        self.columns.resize(columns + 2, [0; LANES]);
        self.half = component.down < frame.down;
        self.ratio = frame.across / component.across;
        self.smooth = self.ratio == 1 || (self.ratio == 2 && component.width > 2);
        self.real_columns = (component.width - first).min(columns);
        self.starts_image = first == 0;
        self.height = component.height;
    }

    /// Where a block's samples belong: its columns, and the first lane in them.
    #[inline(always)]
    pub(super) fn block(&mut self, column: usize, row: usize) -> (&mut [[u8; LANES]; 8], usize) {
        let lane = if self.half { HALF_START } else { 8 * row };
        let first = 8 * column + 1;
        let columns = &mut self.columns[first..first + 8];
        let columns = columns.try_into().expect("eight columns were sliced");
        (columns, lane)
    }

    /// What is held, as rows of the component: those of band `band`, from column `column` on.
    pub(super) fn samples(&self, band: usize, column: usize) -> Samples<'_> {
        let (lane, rows) = if self.half {
            (HALF_START, 8)
        } else {
            (0, LANES)
        };
        let row = rows * band;
        Samples {
            row,
            column,
            columns: &self.inner()[..self.real_columns],
            lane,
            rows: rows.min(self.height.saturating_sub(row)),
        }
    }

    /// All columns, without those on either side.
    pub(super) fn inner(&self) -> &[[u8; LANES]] {
        &self.columns[1..self.columns.len() - 1]
    }

    /// Columns of the image.
    pub(super) fn full_columns(&self) -> usize {
        (self.columns.len() - 2) * self.ratio
    }

    /// Repeats the image's first and last column outside it.
    pub(super) fn extend_sideways(&mut self) {
        let columns = &mut self.columns;
        columns[self.real_columns + 1] = columns[self.real_columns];
        if self.starts_image {
            columns[0] = columns[1];
        }
    }

    /// Repeats the first row above the image.
    pub(super) fn extend_up(&mut self) {
        for column in &mut self.columns {
            column[HALF_START - 1] = column[HALF_START];
        }
    }

    /// Repeats the last row below the image; this is band `band`.
    pub(super) fn extend_down(&mut self, band: usize) {
        let rows = (self.height - 8 * band).min(8);
        for column in &mut self.columns {
            column[HALF_START + rows] = column[HALF_START + rows - 1];
        }
    }

    /// Puts the neighbouring rows of two bands beside each other's.
    pub(super) fn join(&mut self, below: &mut Self) {
        for (above, below) in self.columns.iter_mut().zip(&mut below.columns) {
            above[HALF_START + 8] = below[HALF_START];
            below[HALF_START - 1] = above[HALF_START + 7];
        }
    }

    /// Writes the plane at the image's size to `full`: interpolated as libjpeg does.
    #[inline(always)]
    pub(super) fn enlarge(&self, work: &mut Work, full: &mut [[u8; LANES]]) {
        let sums = &mut work.sums[..self.columns.len()];
        match (self.ratio, self.half, self.smooth) {
            (1, true, _) => {
                blend_rows(&self.columns, sums, &mut work.near);
                halve(&sums[1..=full.len()], full);
            }
            (2, true, true) => {
                blend_rows(&self.columns, sums, &mut work.near);
                blend_columns::<8, 7, 4>(sums, &mut work.sides, full);
            }
            (2, false, true) => {
                widen(&self.columns, sums);
                blend_columns::<1, 2, 2>(sums, &mut work.sides, full);
            }
            (ratio, half, _) => repeat(&self.columns, ratio, half, full),
        }
    }
}

/// Memory for interpolation.
///
/// All steps that compute run over whole planes, sample by sample, and those that rearrange only
/// move: this is what compiles to wide vectors.
#[derive(Default)]
pub(super) struct Work {
    sums: Vec<[i16; LANES]>,
    near: [Vec<[i16; LANES]>; 2],
    sides: [Vec<[u8; LANES]>; 2],
}

impl Work {
    /// Makes room for planes of up to that many columns.
    pub(super) fn prepare(&mut self, columns: usize) {
        self.sums.resize(columns, [0; LANES]);
        for near in &mut self.near {
            near.resize(columns, [0; LANES]);
        }
        for side in &mut self.sides {
            side.resize(columns, [0; LANES]);
        }
    }
}

#[inline(always)]
fn widen(columns: &[[u8; LANES]], sums: &mut [[i16; LANES]]) {
    let (sums, columns) = (sums.as_flattened_mut(), columns.as_flattened());
    let sums = &mut sums[..columns.len()];
    for at in 0..columns.len() {
        sums[at] = i16::from(columns[at]);
    }
}

/// Three parts of each sample and one of its neighbour: above for even rows, below for odd ones.
#[inline(always)]
fn blend_rows(
    columns: &[[u8; LANES]],
    sums: &mut [[i16; LANES]],
    near: &mut [Vec<[i16; LANES]>; 2],
) {
    let samples = columns.as_flattened();
    let count = samples.len() - 2;
    let [above, below] = near;
    let above = &mut above.as_flattened_mut()[1..=count];
    let below = &mut below.as_flattened_mut()[1..=count];
    for at in 0..count {
        let here = 3 * i16::from(samples[at + 1]);
        above[at] = here + i16::from(samples[at]);
        below[at] = here + i16::from(samples[at + 2]);
    }
    let [above, below] = near;
    for at in 0..columns.len() {
        for row in 0..8 {
            sums[at][2 * row] = above[at][HALF_START + row];
            sums[at][2 * row + 1] = below[at][HALF_START + row];
        }
    }
}

/// Rounds up and down in turns, so that it evens out.
#[inline(always)]
fn halve(sums: &[[i16; LANES]], full: &mut [[u8; LANES]]) {
    let (sums, full) = (sums.as_flattened(), full.as_flattened_mut());
    let full = &mut full[..sums.len()];
    for at in 0..sums.len() {
        full[at] = ((sums[at] + 1 + (at & 1) as i16) >> 2) as u8;
    }
}

/// Three parts of each column and one of its neighbour: to the left for even columns of the
/// image, to the right for odd ones. The two roundings alternate, so that they even out.
#[inline(always)]
fn blend_columns<const LEFT: i16, const RIGHT: i16, const SHIFT: i16>(
    sums: &[[i16; LANES]],
    sides: &mut [Vec<[u8; LANES]>; 2],
    full: &mut [[u8; LANES]],
) {
    let flat = sums.as_flattened();
    let count = flat.len() - 2 * LANES;
    let [left, right] = sides;
    let evens = &mut left.as_flattened_mut()[..count];
    let odds = &mut right.as_flattened_mut()[..count];
    let (before, here, after) = (&flat[..count], &flat[LANES..][..count], &flat[2 * LANES..]);
    let after = &after[..count];
    for at in 0..count {
        let three = 3 * here[at];
        evens[at] = ((three + before[at] + LEFT) >> SHIFT) as u8;
        odds[at] = ((three + after[at] + RIGHT) >> SHIFT) as u8;
    }
    let (pairs, _) = full.as_chunks_mut::<2>();
    for (at, [even, odd]) in pairs.iter_mut().enumerate() {
        *even = left[at];
        *odd = right[at];
    }
}

fn repeat(columns: &[[u8; LANES]], ratio: usize, half: bool, full: &mut [[u8; LANES]]) {
    for (out, column) in full.chunks_exact_mut(ratio).zip(&columns[1..]) {
        let mut repeated = *column;
        if half {
            for (row, value) in repeated.iter_mut().enumerate() {
                *value = column[HALF_START + row / 2];
            }
        }
        out.fill(repeated);
    }
}
