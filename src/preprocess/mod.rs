//! Image files to the pixels a model sees, as open_clip, torchvision and Pillow make them.
//!
//! For scoring: resized (bicubic with antialias) to the model's size, centre crop or padding,
//! normalised. For training: a random crop and, where the recipe asks, small rotations, shifts and
//! changes of colour.
//!
//! As in open_clip's loaders, an image is converted to RGB before it is resized, and its
//! orientation tag is ignored.

mod augment;
pub(crate) mod decode;
pub(crate) mod filter;
mod fit;
mod gif;
pub(crate) mod image_bands;
pub(crate) mod jpeg;
pub(crate) mod resample;
mod rotate;

use image::RgbImage;
use thiserror::Error;

use crate::model::PreprocessConfig;

pub use augment::Augment;
pub use decode::decode;
pub use filter::Interpolation;
pub use jpeg::JpegError;

use filter::{Side, columns_first};
use fit::Fit;
use jpeg::{Buffers, Colour, Window};
use resample::Resampler;

/// Why an image has no pixels.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The bytes are no image this program reads, or it is damaged or too large.
    #[error("unreadable image: {0}")]
    Decode(#[from] image::ImageError),
    /// The bytes are no JPEG image this program reads.
    #[error("unreadable image: {0}")]
    Jpeg(#[from] JpegError),
    /// The bytes cannot be read.
    #[error("unreadable image: {0}")]
    Io(#[from] std::io::Error),
    /// The bytes are no GIF image this program reads.
    #[error("unreadable image: {0}")]
    Gif(#[from] ::gif::DecodingError),
    /// The file has no pixels.
    #[error("unreadable image: it is empty")]
    Empty,
    /// The image has more pixels than Pillow would read.
    #[error("image too large")]
    TooLarge,
    /// One side is so much longer than the other that nothing of the other would remain.
    #[error("cannot resize image: it is too narrow")]
    Narrow,
}

/// Memory for preparing images, kept from one to the next. One for each thread.
#[derive(Default)]
pub struct Scratch {
    jpeg: Buffers<i16>,
    resampler: Resampler,
    rgb: [Vec<Colour<i16>>; 3],
}

/// What a model wants to see: a square of `side` pixels, normalised by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocess {
    side: usize,
    config: PreprocessConfig,
}

impl Preprocess {
    /// For a model that sees `side` × `side` pixels.
    #[must_use]
    pub fn new(side: usize, config: PreprocessConfig) -> Self {
        Self { side, config }
    }

    /// Values of one prepared image: 3 · side².
    #[must_use]
    pub fn values(&self) -> usize {
        3 * self.side * self.side
    }

    /// Pixels for scoring, from the bytes of a file to `out`, which takes [`Preprocess::values`].
    ///
    /// The same as [`Preprocess::for_scoring`] of [`decode`], but faster: of a JPEG file only
    /// those parts are decoded that the model sees.
    ///
    /// # Shapes
    /// `out`: `[3, side, side]`, row-major.
    ///
    /// # Errors
    /// [`ImageError`] when the image cannot be read or resized.
    ///
    /// # Panics
    /// When `out` has another length.
    pub fn score_bytes(
        &self,
        bytes: &[u8],
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), ImageError> {
        if decode::is_jpeg(bytes) {
            match self.score_jpeg(bytes, scratch, out) {
                Ok(false) | Err(ImageError::Jpeg(JpegError::Unsupported(_))) => {}
                result => return result.map(|_| ()),
            }
        }
        let image = decode(bytes)?;
        self.resized(&image, scratch, out)
    }

    /// Decodes only what is needed of a JPEG file; false when the whole image is needed.
    fn score_jpeg(
        &self,
        bytes: &[u8],
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<bool, ImageError> {
        let file = jpeg::open(bytes)?;
        let [width, height] = file.size();
        let fits = fit::fit(self.config.resize_mode, width, height, self.side)?;
        let [across, down] = fits.map(|fit| fit.side);
        if columns_first(across, down) {
            return Ok(false);
        }
        let window = scratch
            .resampler
            .begin(across, down, self.config.interpolation);
        file.decode(window, &mut scratch.jpeg, &mut scratch.resampler)?;
        self.finish(&mut scratch.resampler, fits, false, out);
        Ok(true)
    }

    /// Pixels for scoring: resized, centre crop or padding, normalised.
    ///
    /// # Shapes
    /// `[3, side, side]`, row-major.
    ///
    /// # Errors
    /// [`ImageError`] when the image cannot be resized.
    pub fn for_scoring(&self, image: &RgbImage) -> Result<Vec<f32>, ImageError> {
        let mut values = vec![0.0; self.values()];
        self.resized(image, &mut Scratch::default(), &mut values)?;
        Ok(values)
    }

    /// Pixels for training, changed at random by `augment`.
    ///
    /// # Shapes
    /// `[3, side, side]`, row-major.
    ///
    /// # Errors
    /// [`ImageError`] when the image cannot be resized.
    pub fn for_training(
        &self,
        image: RgbImage,
        augment: &Augment,
        rng: &mut impl rand::Rng,
    ) -> Result<Vec<f32>, ImageError> {
        let image = augment.rotated(image, rng);
        let region = augment.region(image.width(), image.height(), rng);
        let mut scratch = Scratch::default();
        self.feed_region(&image, region, &mut scratch);
        Ok(self.changed(&mut scratch.resampler, augment, rng))
    }

    /// Pixels for training, from the bytes of a file.
    ///
    /// The same as [`Preprocess::for_training`] of [`decode`], but faster unless images are
    /// turned: of a JPEG file only the crop is decoded.
    ///
    /// # Shapes
    /// `[3, side, side]`, row-major.
    ///
    /// # Errors
    /// [`ImageError`] when the image cannot be read or resized.
    pub fn train_bytes(
        &self,
        bytes: &[u8],
        scratch: &mut Scratch,
        augment: &Augment,
        rng: &mut impl rand::Rng,
    ) -> Result<Vec<f32>, ImageError> {
        if decode::is_jpeg(bytes) && !augment.turns() {
            match jpeg::open(bytes) {
                Err(JpegError::Unsupported(_)) => {}
                file => {
                    let file = file?;
                    let [width, height] = file.size().map(|side| side as u32);
                    let region = augment.region(width, height, rng);
                    let window = self.begin_region(region, width, height, scratch);
                    match file.decode(window, &mut scratch.jpeg, &mut scratch.resampler) {
                        // Some files only show what they need after the frame's header.
                        Err(JpegError::Unsupported(_)) => {
                            self.feed_region(&decode(bytes)?, region, scratch);
                        }
                        result => result?,
                    }
                    return Ok(self.changed(&mut scratch.resampler, augment, rng));
                }
            }
        }
        self.for_training(decode(bytes)?, augment, rng)
    }

    /// Gets ready to resize a region to the square.
    fn begin_region(
        &self,
        region: Region,
        width: u32,
        height: u32,
        scratch: &mut Scratch,
    ) -> Window {
        let part = |source: u32, start, length| Side {
            source: source as usize,
            start,
            length,
            target: self.side,
            kept: [0, self.side],
        };
        let across = part(width, region.left, region.width);
        let down = part(height, region.top, region.height);
        scratch
            .resampler
            .begin(across, down, self.config.interpolation)
    }

    /// Resizes a region of a decoded image.
    fn feed_region(&self, image: &RgbImage, region: Region, scratch: &mut Scratch) {
        let window = self.begin_region(region, image.width(), image.height(), scratch);
        image_bands::feed(image, window, &mut scratch.rgb, &mut scratch.resampler);
    }

    /// The resized region in changed colours, normalised.
    fn changed(
        &self,
        resampler: &mut Resampler,
        augment: &Augment,
        rng: &mut impl rand::Rng,
    ) -> Vec<f32> {
        let mut values = vec![0.0; self.values()];
        resampler.finish(|row, colour, bytes| {
            let start = (colour * self.side + row) * self.side;
            for (value, &byte) in values[start..].iter_mut().zip(bytes) {
                *value = f32::from(byte);
            }
        });
        augment.recolour(&mut values, rng);
        for (colour, plane) in values.chunks_exact_mut(self.side * self.side).enumerate() {
            for value in plane {
                *value = self.normal(colour, *value);
            }
        }
        values
    }

    fn resized(
        &self,
        image: &RgbImage,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), ImageError> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let fits = fit::fit(self.config.resize_mode, width, height, self.side)?;
        let sides = fits.map(|fit| fit.side);
        let how = self.config.interpolation;
        let turned = resample::image(image, sides, how, &mut scratch.resampler, &mut scratch.rgb);
        self.finish(&mut scratch.resampler, fits, turned, out);
        Ok(())
    }

    /// Writes what was resized into the square; `turned` if its rows are columns.
    fn finish(&self, resampler: &mut Resampler, fits: [Fit; 2], turned: bool, out: &mut [f32]) {
        assert_eq!(out.len(), self.values(), "a place for each value");
        let [across, down] = fits;
        if fits.map(|fit| fit.side.kept[1] - fit.side.kept[0]) != [self.side; 2] {
            let planes = out.chunks_exact_mut(self.side * self.side);
            for (colour, plane) in planes.enumerate() {
                plane.fill(self.normal(colour, f32::from(self.config.fill_color)));
            }
        }
        let normal = self.all_normal();
        resampler.finish(|row, colour, values| {
            let normal = &normal[colour];
            let plane = &mut out[colour * self.side * self.side..][..self.side * self.side];
            if turned {
                let places = plane[down.offset * self.side + across.offset + row..].iter_mut();
                for (out, &value) in places.step_by(self.side).zip(values) {
                    *out = normal[usize::from(value)];
                }
            } else {
                let places = plane[(down.offset + row) * self.side + across.offset..].iter_mut();
                for (out, &value) in places.zip(values) {
                    *out = normal[usize::from(value)];
                }
            }
        });
    }

    /// What the model sees for each value of each colour.
    fn all_normal(&self) -> [[f32; 256]; 3] {
        let of = |colour| std::array::from_fn(|value| self.normal(colour, value as f32));
        [of(0), of(1), of(2)]
    }

    /// What the model sees for a value of 0 to 255.
    #[inline(always)]
    fn normal(&self, colour: usize, value: f32) -> f32 {
        (value / 255.0 - self.config.mean[colour]) / self.config.std[colour]
    }
}

/// A rectangle of an image, in pixels.
#[derive(Clone, Copy, Debug)]
struct Region {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Runs `work` compiled for the widest vectors this processor has.
///
/// A large closure must own what it works with (`move`, consuming it): only then is it compiled
/// as part of the function that may use these vectors.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

#[cfg(test)]
mod tests;
