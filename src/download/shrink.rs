//! A JPEG file's samples to those of a smaller JPEG file, without the way through pixels.
//!
//! Values have eight bits of fraction while they are summed, in sixteen bits. Where few samples
//! make one, their weights have eight bits, so that products are whole; else sixteen.

use super::axis::{Axis, FEW, Given, Shrunk};
use super::planes::{Plane, Planes};
use super::transpose::eight_by_eight;
use super::vectorised;
use crate::preprocess::jpeg::{BAND, Colour, Jpeg, Samples, Sampling, Sink, Window};

/// Makes samples smaller as they come. Keeps its memory from one image to the next.
#[derive(Default)]
pub(super) struct Shrinker {
    components: Vec<Component>,
    narrow: Vec<[u8; BAND]>,
}

/// One component.
#[derive(Default)]
struct Component {
    across: Axis,
    down: Axis,
    /// Pixels for each sample, across and down.
    ratio: [usize; 2],
    /// Rows that count, from the first to before the second.
    rows: [usize; 2],
    /// All of them, as narrow as they will be, `stride` apart.
    middle: Vec<u8>,
    stride: usize,
}

impl Shrinker {
    /// Gets ready for a file, and tells which of its pixels count.
    pub(super) fn begin(&mut self, file: &Jpeg<'_>, across: Shrunk, down: Shrunk) -> Window {
        let samplings = file.sampling();
        self.components
            .resize_with(samplings.len(), Component::default);
        for at in 0..samplings.len() {
            let (done, rest) = self.components.split_at_mut(at);
            match done.last() {
                Some(last) if at > 1 && samplings[at] == samplings[at - 1] => {
                    rest[0].prepare_like(last);
                }
                _ => rest[0].prepare(samplings[at], across, down, at > 0),
            }
        }
        let columns = self.span(across, |component| (&component.across, component.ratio[0]));
        let rows = self.span(down, |component| (&component.down, component.ratio[1]));
        Window { columns, rows }
    }

    /// The pixels along one side whose samples have weights, be they zero.
    fn span(&self, side: Shrunk, of: impl Fn(&Component) -> (&Axis, usize)) -> [usize; 2] {
        let spans = self.components.iter().map(|component| {
            let (axis, ratio) = of(component);
            axis.needed()
                .map(|sample| (sample * ratio).min(side.source))
        });
        let all = spans.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
        all.unwrap_or([0, side.source])
    }

    /// Makes the smaller planes, with their white borders.
    pub(super) fn finish(&mut self, across: Shrunk, down: Shrunk, planes: &mut Planes) {
        planes.set_size(across.stored, down.stored, self.components.len() == 1);
        if across.stored > across.len() || down.stored > down.len() {
            planes.luma.samples.fill(255);
            for plane in &mut planes.colour {
                plane.samples.fill(MIDDLE);
            }
        }
        let [blue, red] = &mut planes.colour;
        let all = self.components.iter().zip([&mut planes.luma, blue, red]);
        for (at, (component, plane)) in all.enumerate() {
            let share = if at > 0 { 2 } else { 1 };
            component.lower(plane, across.before / share, down.before / share);
            if at > 0 {
                component.mix_with_white(plane, across, down);
            }
        }
        planes.fill_up();
    }
}

/// The colour samples of grey and white.
const MIDDLE: u8 = 128;

impl Sink for Shrinker {
    type Value = u8;
    const SAMPLES: bool = true;

    fn band(&mut self, _: usize, _: usize, _: [&[Colour<u8>]; 3]) {}

    fn samples(&mut self, component: usize, samples: Samples<'_>) {
        self.components[component].take(samples, &mut self.narrow);
    }
}

impl Component {
    fn prepare(&mut self, sampling: Sampling, across: Shrunk, down: Shrunk, pairs: bool) {
        let given = |side: usize| Given {
            samples: sampling.size[side],
            ratio: sampling.ratio[side],
            smooth: sampling.smooth,
        };
        self.across.set(across, given(0), pairs);
        self.down.set(down, given(1), pairs);
        self.ratio = sampling.ratio;
        self.make_room();
    }

    /// The same as for another component.
    fn prepare_like(&mut self, other: &Self) {
        self.across.clone_from(&other.across);
        self.down.clone_from(&other.down);
        self.ratio = other.ratio;
        self.make_room();
    }

    fn make_room(&mut self) {
        self.rows = self.down.needed();
        self.stride = self.across.len().next_multiple_of(16);
        let rows = self.rows[1] - self.rows[0];
        self.middle.resize(rows * self.stride, 0);
    }

    /// Takes the rows of a band that count.
    fn take(&mut self, samples: Samples<'_>, narrow: &mut Vec<[u8; BAND]>) {
        narrow.resize(self.stride, [0; BAND]);
        let job = Narrowing {
            across: &self.across,
            samples,
            narrow: &mut *narrow,
        };
        vectorised(
            #[inline(always)]
            move || job.run(),
        );
        let [first, end] = self.rows;
        for start in (0..samples.rows).step_by(8) {
            let lane = samples.lane + start;
            let row = samples.row + start;
            let count = (samples.rows - start).min(8);
            let wanted = first.max(row)..end.min(row + count);
            if wanted.is_empty() {
                continue;
            }
            for (at, columns) in narrow.as_chunks::<8>().0.iter().enumerate() {
                let lines = columns.map(|column| {
                    let eight = column[lane..].first_chunk().expect("eight lanes are left");
                    u64::from_le_bytes(*eight)
                });
                let lines = eight_by_eight(lines);
                for row_wanted in wanted.clone() {
                    let place = (row_wanted - first) * self.stride + 8 * at;
                    let bytes = lines[row_wanted - row].to_le_bytes();
                    self.middle[place..place + 8].copy_from_slice(&bytes);
                }
            }
        }
    }

    /// Makes all rows, from a row and a column of the plane on.
    fn lower(&self, plane: &mut Plane, left: usize, top: usize) {
        for at in 0..self.down.len() {
            let (start, weights) = self.down.of(at);
            let rows = &self.middle[(start - self.rows[0]) * self.stride..];
            let job = Lowering {
                rows,
                stride: self.stride,
                weights,
                out: &mut plane.row(top + at)[left..left + self.across.len()],
            };
            vectorised(
                #[inline(always)]
                move || job.run(),
            );
        }
    }

    /// Colour samples of which one pixel in two is white are half as colourful.
    fn mix_with_white(&self, plane: &mut Plane, across: Shrunk, down: Shrunk) {
        let [left, top] = [across, down].map(|side| side.before / 2);
        let (right, bottom) = (left + self.across.len() - 1, top + self.down.len() - 1);
        let mut mix = |row: usize, column: usize| {
            let sample = &mut plane.row(row)[column];
            *sample = sample.midpoint(MIDDLE);
        };
        for (white, column) in across.has_white_partner().into_iter().zip([left, right]) {
            (top..=bottom)
                .filter(|_| white)
                .for_each(|row| mix(row, column));
        }
        for (white, row) in down.has_white_partner().into_iter().zip([top, bottom]) {
            (left..=right)
                .filter(|_| white)
                .for_each(|column| mix(row, column));
        }
    }
}

/// What sums of few products start from, and what their values are made of.
const HALF: u16 = 1 << 7;

/// What sums of many products start from: half, and half of what each product loses.
#[inline(always)]
fn start(taps: usize) -> u16 {
    HALF + (taps / 2).min(100) as u16
}

/// One of many products, with eight bits of fraction.
#[inline(always)]
fn product(value: u8, weight: u16) -> u16 {
    ((u32::from(value) * u32::from(weight)) >> 8) as u16
}

/// Making the rows of a band narrower.
struct Narrowing<'a> {
    across: &'a Axis,
    samples: Samples<'a>,
    narrow: &'a mut [[u8; BAND]],
}

impl Narrowing<'_> {
    #[inline(always)]
    fn run(self) {
        const { assert!(FEW == 6) };
        match self.across.taps() {
            1 => self.of::<1>(),
            2 => self.of::<2>(),
            3 => self.of::<3>(),
            4 => self.of::<4>(),
            5 => self.of::<5>(),
            6 => self.of::<6>(),
            _ => self.any(),
        }
    }

    #[inline(always)]
    fn of<const TAPS: usize>(self) {
        for target in 0..self.across.len() {
            let (from, weights) = self.across.of(target);
            let columns = &self.samples.columns[from - self.samples.column..][..TAPS];
            let mut sums = [HALF; BAND];
            for at in 0..TAPS {
                for lane in 0..BAND {
                    let product = u16::from(columns[at][lane]).wrapping_mul(weights[at]);
                    sums[lane] = sums[lane].wrapping_add(product);
                }
            }
            let out = &mut self.narrow[target];
            for lane in 0..BAND {
                out[lane] = (sums[lane] >> 8) as u8;
            }
        }
    }

    #[inline(always)]
    fn any(self) {
        for target in 0..self.across.len() {
            let (from, weights) = self.across.of(target);
            let columns = &self.samples.columns[from - self.samples.column..][..weights.len()];
            let mut sums = [start(weights.len()); BAND];
            for at in 0..weights.len() {
                for lane in 0..BAND {
                    sums[lane] = sums[lane].wrapping_add(product(columns[at][lane], weights[at]));
                }
            }
            let out = &mut self.narrow[target];
            for lane in 0..BAND {
                out[lane] = (sums[lane] >> 8) as u8;
            }
        }
    }
}

/// Making one row from those that count for it.
struct Lowering<'a> {
    rows: &'a [u8],
    stride: usize,
    weights: &'a [u16],
    out: &'a mut [u8],
}

impl Lowering<'_> {
    #[inline(always)]
    fn run(self) {
        match self.weights.len() {
            1 => self.of::<1>(),
            2 => self.of::<2>(),
            3 => self.of::<3>(),
            4 => self.of::<4>(),
            5 => self.of::<5>(),
            6 => self.of::<6>(),
            _ => self.any(),
        }
    }

    #[inline(always)]
    fn of<const TAPS: usize>(self) {
        let count = self.out.len();
        let rows: [&[u8]; TAPS] = std::array::from_fn(|at| &self.rows[at * self.stride..][..count]);
        let weights: [u16; TAPS] = std::array::from_fn(|at| self.weights[at]);
        for (column, out) in self.out.iter_mut().enumerate() {
            let mut sum = HALF;
            for at in 0..TAPS {
                sum = sum.wrapping_add(u16::from(rows[at][column]).wrapping_mul(weights[at]));
            }
            *out = (sum >> 8) as u8;
        }
    }

    #[inline(always)]
    fn any(self) {
        const STRIP: usize = 64;
        for (strip, out) in self.out.chunks_mut(STRIP).enumerate() {
            let mut sums = [start(self.weights.len()); STRIP];
            for at in 0..self.weights.len() {
                let row = &self.rows[at * self.stride + strip * STRIP..][..out.len()];
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum = sum.wrapping_add(product(value, self.weights[at]));
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = (sum >> 8) as u8;
            }
        }
    }
}
