//! Pixels to files.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use super::jpeg_encode::JpegEncoder;
use super::options::{EncodeFormat, ImageOptions};
use super::planes::Planes;
use super::refusal::{Reason, Refusal};

/// Makes files of one format and quality.
pub(super) struct Encoder {
    format: EncodeFormat,
    quality: u8,
    jpeg: JpegEncoder,
}

impl Encoder {
    pub(super) fn new(options: &ImageOptions) -> Self {
        let quality = options.quality();
        Self {
            format: options.encode_format,
            quality,
            jpeg: JpegEncoder::new(quality),
        }
    }

    /// A JPEG file of planes.
    pub(super) fn planes(&self, planes: &Planes) -> Vec<u8> {
        self.jpeg.encode(planes)
    }

    /// A file of pixels, of which grey ones give their red value.
    ///
    /// # Errors
    /// When the format cannot store an image of that size.
    pub(super) fn image(
        &self,
        image: &RgbImage,
        grey: bool,
        planes: &mut Planes,
    ) -> Result<Vec<u8>, Refusal> {
        let (width, height) = image.dimensions();
        match self.format {
            EncodeFormat::Jpg => {
                planes.take_rgb(image.as_raw(), width as usize, height as usize, grey);
                Ok(self.jpeg.encode(planes))
            }
            EncodeFormat::Png => self.png(image, grey),
            EncodeFormat::Webp => {
                let encoder = webp::Encoder::from_rgb(image.as_raw(), width, height);
                let file = encoder.encode_simple(false, f32::from(self.quality));
                let file = file.map_err(|error| too_large(&format!("{error:?}")))?;
                Ok(file.to_vec())
            }
        }
    }

    fn png(&self, image: &RgbImage, grey: bool) -> Result<Vec<u8>, Refusal> {
        let mut file = Cursor::new(Vec::new());
        let level = CompressionType::Level(self.quality);
        let encoder = PngEncoder::new_with_quality(&mut file, level, FilterType::Adaptive);
        let (width, height) = image.dimensions();
        let written = if grey {
            let values: Vec<u8> = image.pixels().map(|pixel| pixel[0]).collect();
            encoder.write_image(&values, width, height, ExtendedColorType::L8)
        } else {
            encoder.write_image(image.as_raw(), width, height, ExtendedColorType::Rgb8)
        };
        written.map_err(|error| too_large(&error.to_string()))?;
        Ok(file.into_inner())
    }
}

fn too_large(detail: &str) -> Refusal {
    Refusal::new(Reason::ImageTooLarge, format!("cannot be stored: {detail}"))
}
