//! An image as a JPEG file stores it: a plane of luma and, at half the size, two of colour.

use super::vectorised;

/// One plane, filled up to whole units by repeating its last column and row.
#[derive(Clone, Debug, Default)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Samples from one row to the next.
    pub(super) stride: usize,
    pub(super) samples: Vec<u8>,
}

impl Plane {
    /// Makes room for `width` × `height` samples in units of `unit`; what is there has no meaning.
    pub(super) fn set_size(&mut self, width: usize, height: usize, unit: usize) {
        self.width = width;
        self.height = height;
        self.stride = width.next_multiple_of(unit);
        self.samples
            .resize(self.stride * height.next_multiple_of(unit), 0);
    }

    /// A row, with what fills it up.
    pub(super) fn row(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[row * self.stride..][..self.stride]
    }

    /// Repeats the last column and the last row.
    pub(super) fn fill_up(&mut self) {
        let width = self.width;
        for row in self.samples.chunks_exact_mut(self.stride).take(self.height) {
            let last = row[width - 1];
            row[width..].fill(last);
        }
        let last = (self.height - 1) * self.stride;
        for row in self.height..self.samples.len() / self.stride {
            self.samples
                .copy_within(last..last + self.stride, row * self.stride);
        }
    }
}

/// The planes of an image: one if it is grey, else three.
#[derive(Clone, Debug, Default)]
pub(super) struct Planes {
    pub(super) grey: bool,
    pub(super) luma: Plane,
    pub(super) colour: [Plane; 2],
}

impl Planes {
    /// Makes room for an image.
    pub(super) fn set_size(&mut self, width: usize, height: usize, grey: bool) {
        self.grey = grey;
        self.luma.set_size(width, height, if grey { 8 } else { 16 });
        if !grey {
            for plane in &mut self.colour {
                plane.set_size(width.div_ceil(2), height.div_ceil(2), 8);
            }
        }
    }

    /// Fills all planes up to whole units.
    pub(super) fn fill_up(&mut self) {
        self.luma.fill_up();
        if !self.grey {
            self.colour.iter_mut().for_each(Plane::fill_up);
        }
    }

    /// Takes an image of RGB pixels, of which a grey one gives its red values.
    pub(super) fn take_rgb(&mut self, pixels: &[u8], width: usize, height: usize, grey: bool) {
        self.set_size(width, height, grey);
        let rows = pixels.chunks_exact(3 * width);
        if grey {
            for (at, row) in rows.enumerate() {
                let pixels = row.as_chunks::<3>().0;
                for (out, pixel) in self.luma.row(at).iter_mut().zip(pixels) {
                    *out = pixel[0];
                }
            }
        } else {
            let mut full = [vec![0; self.luma.stride], vec![0; self.luma.stride]];
            let mut sums = [vec![0; self.luma.stride], vec![0; self.luma.stride]];
            for (at, row) in rows.enumerate() {
                let job = Conversion {
                    pixels: row.as_chunks::<3>().0,
                    luma: self.luma.row(at),
                    colour: &mut full,
                };
                vectorised(
                    #[inline(always)]
                    move || job.run(),
                );
                for (plane, (full, sums)) in full.iter_mut().zip(&mut sums).enumerate() {
                    let last = full[width - 1];
                    full[width..].fill(last);
                    let (first, end) = (at % 2 == 0, at + 1 == height);
                    for (sum, &value) in sums.iter_mut().zip(full.iter()) {
                        let before = if first { 0 } else { *sum };
                        *sum = before + u16::from(value) * if first && end { 2 } else { 1 };
                    }
                    if !first || end {
                        halve(sums, self.colour[plane].row(at / 2));
                    }
                }
            }
        }
        self.fill_up();
    }
}

/// Means of two columns of sums over two rows; halves are rounded down and up in turns, so that it
/// evens out.
fn halve(sums: &[u16], out: &mut [u8]) {
    let pairs = sums.as_chunks::<2>().0;
    for (at, (out, pair)) in out.iter_mut().zip(pairs).enumerate() {
        *out = ((pair[0] + pair[1] + 1 + (at & 1) as u16) >> 2) as u8;
    }
}

/// From a row of pixels to luma and colour: the conversion of JFIF.
struct Conversion<'a> {
    pixels: &'a [[u8; 3]],
    luma: &'a mut [u8],
    colour: &'a mut [Vec<u8>; 2],
}

impl Conversion<'_> {
    #[inline(always)]
    fn run(self) {
        const ROUND: i32 = 1 << 15;
        const MIDDLE: i32 = (128 << 16) + ROUND - 1;
        let count = self.pixels.len();
        let [blue, red] = self.colour;
        let (luma, cb, cr) = (
            &mut self.luma[..count],
            &mut blue[..count],
            &mut red[..count],
        );
        for at in 0..count {
            let [r, g, b] = self.pixels[at].map(i32::from);
            luma[at] = ((19_595 * r + 38_470 * g + 7_471 * b + ROUND) >> 16) as u8;
            cb[at] = ((32_768 * b - 11_059 * r - 21_709 * g + MIDDLE) >> 16) as u8;
            cr[at] = ((32_768 * r - 27_439 * g - 5_329 * b + MIDDLE) >> 16) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_filled_up_with_their_edge() {
        let pixels: Vec<u8> = (0..3 * 5 * 3).map(|at| (at / 3 * 10) as u8).collect();
        let mut planes = Planes::default();
        planes.take_rgb(&pixels, 5, 3, false);
        assert_eq!((planes.luma.stride, planes.luma.samples.len()), (16, 256));
        assert_eq!(planes.luma.samples[..7], [0, 10, 20, 30, 40, 40, 40]);
        assert_eq!(planes.luma.samples[15 * 16], 100);
        assert_eq!(planes.luma.samples[255], 140);
        for plane in &planes.colour {
            assert!(plane.samples.iter().all(|&sample| sample == 128));
            assert_eq!((plane.width, plane.height, plane.samples.len()), (3, 2, 64));
        }
    }

    #[test]
    fn pure_colours_are_those_of_jfif() {
        let mut planes = Planes::default();
        planes.take_rgb(&[255, 0, 0], 1, 1, false);
        let of = |planes: &Planes| {
            let [cb, cr] = [0, 1].map(|at| planes.colour[at].samples[0]);
            [planes.luma.samples[0], cb, cr]
        };
        assert_eq!(of(&planes), [76, 85, 255]);
        planes.take_rgb(&[0, 0, 255], 1, 1, false);
        assert_eq!(of(&planes), [29, 255, 107]);
    }
}
