//! Image files to the pixels a model sees.
//!
//! For scoring: shortest side to the model's size (bicubic with antialias, as PIL), centre crop.
//! For training: a random crop and, where the recipe asks, small rotations, shifts and changes of
//! colour.

mod augment;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{ImageReader, Limits, RgbImage};
use thiserror::Error;

use crate::model::PreprocessConfig;

pub use augment::Augment;

/// The largest side of an image that is decoded.
const LARGEST_SIDE: u32 = 20_000;
/// The most memory that decoding one image may take.
const LARGEST_ALLOCATION: u64 = 1 << 30;

/// Why an image has no pixels.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The bytes are no image this program reads, or it is damaged or too large.
    #[error("unreadable image: {0}")]
    Decode(#[from] image::ImageError),
    /// The bytes cannot be read.
    #[error("unreadable image: {0}")]
    Io(#[from] std::io::Error),
    /// Resizing failed.
    #[error("cannot resize image: {0}")]
    Resize(#[from] fast_image_resize::ResizeError),
    /// Pixels and size disagree.
    #[error("cannot resize image: {0}")]
    Buffer(#[from] fast_image_resize::ImageBufferError),
}

/// Decodes an image, within limits on its size, to RGB; transparency is dropped, as PIL does.
///
/// # Errors
/// [`ImageError`] when the bytes are damaged, of an unknown format, or too large.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_ALLOCATION);
    reader.limits(limits);
    Ok(reader.decode()?.into_rgb8())
}

/// What a model wants to see: a square of `side` pixels, normalised by channel.
#[derive(Clone, Debug)]
pub struct Preprocess {
    side: u32,
    config: PreprocessConfig,
}

impl Preprocess {
    /// For a model that sees `side` × `side` pixels.
    #[must_use]
    pub fn new(side: usize, config: PreprocessConfig) -> Self {
        Self {
            side: side as u32,
            config,
        }
    }

    /// Values of one prepared image: 3 · side².
    #[must_use]
    pub fn values(&self) -> usize {
        3 * (self.side * self.side) as usize
    }

    /// Pixels for scoring: shortest side to size, centre crop, normalised.
    ///
    /// # Shapes
    /// `[3, side, side]`, row-major.
    ///
    /// # Errors
    /// [`ImageError`] when the image cannot be resized.
    pub fn for_scoring(&self, image: RgbImage) -> Result<Vec<f32>, ImageError> {
        let (width, height) = image.dimensions();
        let shortest = width.min(height);
        let scaled =
            |side: u32| (u64::from(side) * u64::from(self.side) / u64::from(shortest)) as u32;
        let (wide, high) = (scaled(width).max(self.side), scaled(height).max(self.side));
        let whole = Region {
            left: 0.0,
            top: 0.0,
            width: f64::from(width),
            height: f64::from(height),
        };
        let resized = resize(image, whole, wide, high)?;
        let (left, top) = (centre(wide, self.side), centre(high, self.side));
        let cropped =
            image::imageops::crop_imm(&resized, left, top, self.side, self.side).to_image();
        Ok(self.normalise(&cropped))
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
        let mut resized = resize(image, region, self.side, self.side)?;
        augment.recolour(&mut resized, rng);
        Ok(self.normalise(&resized))
    }

    fn normalise(&self, image: &RgbImage) -> Vec<f32> {
        let plane = (self.side * self.side) as usize;
        let mut values = vec![0.0; 3 * plane];
        for (at, pixel) in image.pixels().enumerate() {
            for channel in 0..3 {
                let value = f32::from(pixel.0[channel]) / 255.0;
                values[channel * plane + at] =
                    (value - self.config.mean[channel]) / self.config.std[channel];
            }
        }
        values
    }
}

/// Where a centred crop of `inner` starts; rounds half to even, as Python does.
fn centre(outer: u32, inner: u32) -> u32 {
    (f64::from(outer - inner) / 2.0).round_ties_even() as u32
}

/// A rectangle of an image, in pixels.
#[derive(Clone, Copy, Debug)]
struct Region {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Bicubic resampling (a = −0.5) with antialias of a region to `width` × `height`.
fn resize(
    image: RgbImage,
    region: Region,
    width: u32,
    height: u32,
) -> Result<RgbImage, ImageError> {
    // Typed, so that the code for the fifteen other pixel types is not compiled.
    let source = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), &image)?;
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut pixels)?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .crop(region.left, region.top, region.width, region.height);
    Resizer::new().resize_typed(&source, &mut target, &options)?;
    drop(target);
    Ok(RgbImage::from_raw(width, height, pixels).expect("the target has that size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 3) as u8, (y * 5) as u8, 128])
        })
    }

    #[test]
    fn an_image_of_the_models_size_is_only_normalised() {
        let config = PreprocessConfig {
            mean: [0.0; 3],
            std: [1.0; 3],
        };
        let values = Preprocess::new(24, config)
            .for_scoring(gradient(24, 24))
            .expect("a valid image");
        assert_eq!(values.len(), 3 * 24 * 24);
        assert!((values[5] - 15.0 / 255.0).abs() < 1e-6);
        assert!((values[24 * 24 + 24] - 5.0 / 255.0).abs() < 1e-6);
        assert!((values[2 * 24 * 24] - 128.0 / 255.0).abs() < 1e-6);
    }

    #[test]
    fn a_wide_image_is_cropped_in_the_middle() {
        let config = PreprocessConfig {
            mean: [0.0; 3],
            std: [1.0; 3],
        };
        let values = Preprocess::new(10, config)
            .for_scoring(gradient(30, 10))
            .expect("a valid image");
        // The middle ten of thirty columns: red runs from 30 to 57.
        assert!(
            (values[0] - 30.0 / 255.0).abs() < 1e-6,
            "{}",
            values[0] * 255.0
        );
        assert!(
            (values[9] - 57.0 / 255.0).abs() < 1e-6,
            "{}",
            values[9] * 255.0
        );
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        assert!(decode(b"\x89PNG\r\n\x1a\nnot really").is_err());
        assert!(decode(b"").is_err());
    }
}
