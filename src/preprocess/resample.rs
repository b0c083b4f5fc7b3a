//! Resizing as Pillow does it: along rows first, rounded to bytes, then along columns.
//!
//! Sums are whole numbers, so that the result is Pillow's to the last bit.

use image::RgbImage;

use super::filter::{FRACTION, Interpolation, Side, Weights, columns_first};
use super::image_bands::{feed, transposed};
use super::jpeg::{BAND, Colour, Sink, Window};
use super::vectorised;

/// Sums that are made at once; they should stay in registers.
const STRIP: usize = 32;
/// Half of what counts as one in a sum, for rounding.
const HALF: i32 = 1 << (FRACTION - 1);

/// Resizes an image that comes in bands. Keeps its memory from one image to the next.
#[derive(Default)]
pub(crate) struct Resampler {
    across: Weights,
    down: Weights,
    /// Rows of the source that count, from the first to before the second.
    rows: [usize; 2],
    /// One colour of a band resized along its rows, still column by column.
    narrow: Vec<[u8; BAND]>,
    /// All rows of the source that count, resized along their length and filled up to whole
    /// strips: first all of red, then green, then blue.
    middle: Vec<[u8; STRIP]>,
}

impl Resampler {
    /// Gets ready for an image, and tells which part of it counts.
    pub(super) fn begin(&mut self, across: Side, down: Side, how: Interpolation) -> Window {
        self.begin_with(
            |weights| weights.set(across, how),
            |weights| weights.set(down, how),
        )
    }

    /// Gets ready for an image whose weights are set by these.
    pub(crate) fn begin_with(
        &mut self,
        across: impl FnOnce(&mut Weights),
        down: impl FnOnce(&mut Weights),
    ) -> Window {
        across(&mut self.across);
        down(&mut self.down);
        self.rows = self.down.needed();
        let rows = self.rows[1] - self.rows[0];
        self.narrow.resize(self.strips() * STRIP, [0; BAND]);
        self.middle.resize(3 * rows * self.strips(), [0; STRIP]);
        Window {
            columns: self.across.needed(),
            rows: self.rows,
        }
    }

    /// Strips in a row.
    fn strips(&self) -> usize {
        self.across.len().div_ceil(STRIP)
    }

    /// Makes the rows of the result one after the other: `take` gets the number of a row, the
    /// colour, and the values.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(usize, usize, &[u8])) {
        let (strips, [first, end]) = (self.strips(), self.rows);
        let mut values = vec![[0; STRIP]; strips];
        for (color, plane) in self.middle.chunks_exact(strips * (end - first)).enumerate() {
            for row in 0..self.down.len() {
                let (start, weights) = self.down.of(row);
                let job = Lowering {
                    rows: &plane[(start - first) * strips..],
                    weights,
                    values: &mut values,
                };
                vectorised(
                    #[inline(always)]
                    move || job.run(),
                );
                take(row, color, &values.as_flattened()[..self.across.len()]);
            }
        }
    }
}

impl Sink for Resampler {
    type Value = i16;

    fn band(&mut self, row: usize, column: usize, rgb: [&[Colour<i16>]; 3]) {
        let (strips, [first, end]) = (self.strips(), self.rows);
        // Rows of the band that count.
        let lanes = first.saturating_sub(row)..(end - row.min(end)).min(BAND);
        let planes = self.middle.chunks_exact_mut(strips * (end - first));
        for (columns, plane) in rgb.into_iter().zip(planes) {
            let job = Narrowing {
                across: &self.across,
                first: column,
                columns,
                narrow: &mut self.narrow,
            };
            vectorised(
                #[inline(always)]
                move || job.run(),
            );
            for lane in lanes.clone() {
                let start = (row + lane - first) * strips;
                let values = plane[start..start + strips].as_flattened_mut();
                for (value, column) in values.iter_mut().zip(&self.narrow) {
                    *value = column[lane];
                }
            }
        }
    }
}

/// Resizing one colour of a band along its rows.
struct Narrowing<'a> {
    across: &'a Weights,
    first: usize,
    columns: &'a [Colour<i16>],
    narrow: &'a mut [[u8; BAND]],
}

impl Narrowing<'_> {
    #[inline(always)]
    fn run(self) {
        for target in 0..self.across.len() {
            let (start, weights) = self.across.of(target);
            let start = start - self.first;
            let columns = &self.columns[start..start + weights.len()];
            let mut sums = [HALF; BAND];
            for at in 0..weights.len() {
                for lane in 0..BAND {
                    let product = weights[at].wrapping_mul(i32::from(columns[at][lane]));
                    sums[lane] = sums[lane].wrapping_add(product);
                }
            }
            let out = &mut self.narrow[target];
            for lane in 0..BAND {
                out[lane] = byte(sums[lane]);
            }
        }
    }
}

/// Making one row of the result from the rows that count for it.
struct Lowering<'a> {
    rows: &'a [[u8; STRIP]],
    weights: &'a [i32],
    values: &'a mut [[u8; STRIP]],
}

impl Lowering<'_> {
    #[inline(always)]
    fn run(self) {
        let strips = self.values.len();
        for strip in 0..strips {
            let mut sums = [HALF; STRIP];
            for at in 0..self.weights.len() {
                let row = &self.rows[at * strips + strip];
                for lane in 0..STRIP {
                    let product = self.weights[at].wrapping_mul(i32::from(row[lane]));
                    sums[lane] = sums[lane].wrapping_add(product);
                }
            }
            let out = &mut self.values[strip];
            for lane in 0..STRIP {
                out[lane] = byte(sums[lane]);
            }
        }
    }
}

/// The value that a sum stands for.
#[inline(always)]
fn byte(sum: i32) -> u8 {
    (sum >> FRACTION).clamp(0, 255) as u8
}

/// Resizes an image, given how across and how down, up to [`Resampler::finish`]. True if rows and
/// columns have changed places on the way.
pub(super) fn image(
    image: &RgbImage,
    [across, down]: [Side; 2],
    how: Interpolation,
    resampler: &mut Resampler,
    rgb: &mut [Vec<Colour<i16>>; 3],
) -> bool {
    let turned = columns_first(across, down);
    if turned {
        let window = resampler.begin(down, across, how);
        feed(&transposed(image), window, rgb, resampler);
    } else {
        let window = resampler.begin(across, down, how);
        feed(image, window, rgb, resampler);
    }
    turned
}
