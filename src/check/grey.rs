//! Grey: an image averaged over equal cells, from the luma of its file.

use image::RgbImage;

use crate::preprocess::decode::is_jpeg;
use crate::preprocess::jpeg::{self, BAND, Buffers, Colour, Samples, Sink, Window};
use crate::preprocess::{ImageError, JpegError, decode};

/// Cells along each side: eight and nine divide them, which difference hashes have.
pub(super) const CELLS: usize = 72;

/// Averages images over cells, in memory that is kept from one to the next. One for each thread.
pub(super) struct Grey {
    buffers: Buffers<u8>,
    columns: Vec<[u8; BAND]>,
    sums: Sums,
}

/// Weighted sums of an image's pixels. A pixel is `CELLS` units wide and high, a cell as many units as the image has pixels,
/// so that all weights are whole.
struct Sums {
    width: usize,
    height: usize,
    cells: Vec<[u64; CELLS]>,
}

impl Grey {
    pub(super) fn new() -> Self {
        Self {
            buffers: Buffers::default(),
            columns: Vec::new(),
            sums: Sums {
                width: 0,
                height: 0,
                cells: vec![[0; CELLS]; CELLS],
            },
        }
    }

    /// The mean of each cell, in 256ths of a grey level, row by row. Of a JPEG file the luma is averaged as it is stored: no pixels
    /// are made.
    ///
    /// # Errors
    /// When the bytes are no whole image of bounded size.
    pub(super) fn cells(&mut self, bytes: &[u8]) -> Result<Vec<[u32; CELLS]>, ImageError> {
        let known = is_jpeg(bytes)
            && match self.luma(bytes) {
                Err(ImageError::Jpeg(JpegError::Unsupported(_))) => false,
                result => result?,
            };
        if !known {
            self.pixels(&decode(bytes)?)?;
        }
        Ok(self.sums.means())
    }

    /// False when the file has no luma of its own.
    fn luma(&mut self, bytes: &[u8]) -> Result<bool, ImageError> {
        let file = jpeg::open(bytes)?;
        if !file.is_luma_first() {
            return Ok(false);
        }
        let [width, height] = file.size();
        let luma = file.sampling()[0].size;
        self.sums.begin(luma)?;
        let whole = Window {
            columns: [0, width],
            rows: [0, height],
        };
        file.decode(whole, &mut self.buffers, &mut self.sums)?;
        Ok(true)
    }

    fn pixels(&mut self, image: &RgbImage) -> Result<(), ImageError> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        self.sums.begin([width, height])?;
        self.columns.resize(width, [0; BAND]);
        for first in (0..height).step_by(BAND) {
            let rows = image.as_raw()[3 * width * first..].chunks_exact(3 * width);
            for (lane, row) in rows.take(BAND).enumerate() {
                for (column, &[red, green, blue]) in
                    self.columns.iter_mut().zip(row.as_chunks::<3>().0)
                {
                    let [red, green, blue] = [red, green, blue].map(u32::from);
                    column[lane] = ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8;
                }
            }
            let rows = (height - first).min(BAND);
            self.sums.add(first, &self.columns, 0, rows);
        }
        Ok(())
    }
}

/// How much of a pixel is in a cell, in units.
fn overlap(pixel: usize, cell: usize, pixels: usize) -> usize {
    let from = (CELLS * pixel).max(cell * pixels);
    let to = (CELLS * (pixel + 1)).min((cell + 1) * pixels);
    to.saturating_sub(from)
}

impl Sums {
    fn begin(&mut self, [width, height]: [usize; 2]) -> Result<(), ImageError> {
        if width == 0 || height == 0 {
            return Err(ImageError::Empty);
        }
        (self.width, self.height) = (width, height);
        self.cells.fill([0; CELLS]);
        Ok(())
    }

    /// Adds the rows from `row` on, which stand in `rows` lanes of `columns` from `lane` on.
    fn add(&mut self, row: usize, columns: &[[u8; BAND]], lane: usize, rows: usize) {
        let Some(last) = columns.len().checked_sub(1) else {
            return;
        };
        for cell in 0..CELLS {
            let first = (cell * self.width / CELLS).min(last);
            let end = (((cell + 1) * self.width - 1) / CELLS).min(last);
            let mut sum = [0_u32; BAND];
            let whole = columns.get(first + 1..end).unwrap_or_default();
            for column in whole {
                for lane in 0..BAND {
                    sum[lane] += u32::from(column[lane]);
                }
            }
            sum = sum.map(|sum| CELLS as u32 * sum);
            let edges = [first, end];
            for &pixel in &edges[..if first == end { 1 } else { 2 }] {
                let weight = overlap(pixel, cell, self.width) as u32;
                for lane in 0..BAND {
                    sum[lane] += weight * u32::from(columns[pixel][lane]);
                }
            }
            for (at, &sum) in sum[lane..].iter().take(rows).enumerate() {
                self.add_row(row + at, cell, sum);
            }
        }
    }

    fn add_row(&mut self, row: usize, column: usize, sum: u32) {
        let first = CELLS * row / self.height;
        let last = (CELLS * (row + 1) - 1) / self.height;
        for cell in first..=last.min(CELLS - 1) {
            let weight = overlap(row, cell, self.height) as u64;
            self.cells[cell][column] += weight * u64::from(sum);
        }
    }

    fn means(&self) -> Vec<[u32; CELLS]> {
        let weight = self.width as u64 * self.height as u64;
        let mean = |sum: u64| (256 * sum / weight) as u32;
        self.cells.iter().map(|row| row.map(mean)).collect()
    }
}

impl Sink for Sums {
    type Value = u8;
    const SAMPLES: bool = true;

    fn band(&mut self, _: usize, _: usize, _: [&[Colour<u8>]; 3]) {}

    fn samples(&mut self, component: usize, samples: Samples<'_>) {
        if component == 0 {
            self.add(samples.row, samples.columns, samples.lane, samples.rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{GrayImage, ImageFormat, Luma};

    use super::*;

    fn file(image: &GrayImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).expect("encoded");
        bytes.into_inner()
    }

    /// A ramp from left to right, then down.
    fn ramp(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            Luma([(120 * x / width + 120 * y / height) as u8])
        })
    }

    #[test]
    fn a_cell_is_the_mean_of_its_pixels_whatever_the_size() {
        for (width, height) in [(1, 1), (5, 200), (71, 73), (144, 72), (333, 91)] {
            let image = ramp(width, height);
            let cells = Grey::new()
                .cells(&file(&image, ImageFormat::Png))
                .expect("an image");
            for (down, across) in [(0, 0), (10, 71), (71, 3), (35, 36)] {
                let (mut sum, mut weight) = (0.0, 0.0);
                for (x, y, pixel) in image.enumerate_pixels() {
                    let share = overlap(x as usize, across, width as usize) as f64
                        * overlap(y as usize, down, height as usize) as f64;
                    sum += share * f64::from(pixel.0[0]);
                    weight += share;
                }
                let found = f64::from(cells[down][across]) / 256.0;
                assert!(
                    (found - sum / weight).abs() < 0.01,
                    "{width}x{height}: {found} {}",
                    sum / weight
                );
            }
        }
    }

    #[test]
    fn luma_of_a_jpeg_file_is_averaged_as_its_pixels_are() {
        let image = image::DynamicImage::from(ramp(301, 177)).into_rgb8();
        let mut bytes = Cursor::new(Vec::new());
        image
            .write_to(&mut bytes, ImageFormat::Jpeg)
            .expect("encoded");
        let bytes = bytes.into_inner();
        let mut grey = Grey::new();
        let by_luma = grey.cells(&bytes).expect("an image");
        grey.pixels(&decode(&bytes).expect("an image"))
            .expect("not empty");
        for (one, other) in by_luma
            .as_flattened()
            .iter()
            .zip(grey.sums.means().as_flattened())
        {
            assert!(one.abs_diff(*other) <= 256, "{one} {other}");
        }
    }

    #[test]
    fn damaged_files_are_errors() {
        let bytes = file(&ramp(100, 100), ImageFormat::Jpeg);
        for bytes in [&b"no image"[..], &bytes[..bytes.len() / 2], &[]] {
            assert!(Grey::new().cells(bytes).is_err());
        }
    }
}
