//! Files of all formats to pixels, as OpenCV reads them for img2dataset: grey images stay grey,
//! what is transparent becomes white, the orientation tag is ignored.
//!
//! Unlike there, images of 16 bits keep their upper 8; OpenCV makes them white.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Rgb, RgbImage};

use crate::preprocess::ImageError;
use crate::preprocess::decode::as_stored;

/// An image's pixels, and what its file was like.
pub(super) struct Decoded {
    pub(super) image: RgbImage,
    /// Whether the file had one colour only.
    pub(super) grey: bool,
    /// Whether pixels were changed because they were transparent.
    pub(super) had_alpha: bool,
}

/// Decodes an image, within limits on its size.
///
/// # Errors
/// When the bytes are damaged, of an unknown format, or too large.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, ImageError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let format = reader.format();
    let image = as_stored(reader)?;
    // WebP and GIF files have no grey ones; the alpha of BMP files has no meaning.
    let grey = !image.color().has_color() && !image.color().has_alpha();
    let had_alpha = image.color().has_alpha() && format != Some(ImageFormat::Bmp);
    let image = match image {
        image if had_alpha => on_white(image),
        DynamicImage::ImageRgb8(image) => image,
        image => image.into_rgb8(),
    };
    Ok(Decoded {
        image,
        grey,
        had_alpha,
    })
}

fn on_white(image: DynamicImage) -> RgbImage {
    let image = image.into_rgba8();
    let mut pixels = image.pixels();
    RgbImage::from_fn(image.width(), image.height(), |_, _| {
        let [red, green, blue, alpha] = pixels.next().map_or([255; 4], |pixel| pixel.0);
        let mix = |value: u8| {
            let (value, alpha) = (u32::from(value), u32::from(alpha));
            ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        Rgb([mix(red), mix(green), mix(blue)])
    })
}
