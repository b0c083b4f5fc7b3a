//! Images as rows of pixels on one side, bands of columns on the other.

use image::RgbImage;

use super::jpeg::{BAND, Colour, Sink, Window};

/// Columns that are filled row by row before the next ones are; they stay in the nearest cache.
const TILE: usize = 128;

/// Hands a window of an image to what takes bands.
pub(crate) fn feed<S: Sink<Value = i16>>(
    image: &RgbImage,
    window: Window,
    rgb: &mut [Vec<Colour<i16>>; 3],
    sink: &mut S,
) {
    let width = image.width() as usize;
    let [left, right] = window.columns;
    for plane in &mut *rgb {
        plane.resize(right - left, [0; BAND]);
    }
    let [red, green, blue] = rgb;
    for first in (window.rows[0]..window.rows[1]).step_by(BAND) {
        let rows = &image.as_raw()[3 * width * first..];
        for start in (left..right).step_by(TILE) {
            let columns = start - left..right.min(start + TILE) - left;
            let red = &mut red[columns.clone()];
            let green = &mut green[columns.clone()];
            let blue = &mut blue[columns];
            for (lane, row) in rows.chunks_exact(3 * width).take(BAND).enumerate() {
                let pixels = row[3 * start..].as_chunks::<3>().0;
                for (at, pixel) in pixels[..red.len()].iter().enumerate() {
                    red[at][lane] = i16::from(pixel[0]);
                    green[at][lane] = i16::from(pixel[1]);
                    blue[at][lane] = i16::from(pixel[2]);
                }
            }
        }
        sink.band(first, left, [red, green, blue]);
    }
}

/// The image with rows and columns exchanged.
pub(super) fn transposed(image: &RgbImage) -> RgbImage {
    RgbImage::from_fn(image.height(), image.width(), |x, y| *image.get_pixel(y, x))
}

/// Collects bands to an image.
pub(super) struct Collected {
    width: usize,
    pub(super) pixels: Vec<u8>,
}

impl Collected {
    /// For an image of that size.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            pixels: vec![0; 3 * width * height],
        }
    }
}

impl Sink for Collected {
    type Value = u8;

    fn band(&mut self, row: usize, _: usize, [red, green, blue]: [&[Colour<u8>]; 3]) {
        let rows = self.pixels.chunks_exact_mut(3 * self.width);
        for (lane, pixels) in rows.skip(row).take(BAND).enumerate() {
            for (at, pixel) in pixels.as_chunks_mut::<3>().0.iter_mut().enumerate() {
                *pixel = [red[at][lane], green[at][lane], blue[at][lane]];
            }
        }
    }
}
