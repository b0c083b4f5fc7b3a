//! Files of all formats to RGB pixels: those of Pillow's `Image.open(…).convert("RGB")`.

use std::io::Cursor;

use image::{
    DynamicImage, ImageBuffer, ImageDecoder, ImageFormat, ImageReader, Limits, Pixel, RgbImage,
};

use super::ImageError;
use super::gif;
use super::image_bands::Collected;
use super::jpeg::{self, Buffers, JpegError, Window};

/// The largest side of an image that is decoded.
const LARGEST_SIDE: u32 = 65_535;
/// Pixels of the largest image that is decoded, as in Pillow.
pub(crate) const MOST_PIXELS: u64 = 178_956_970;
/// The most memory that decoding one image may take.
pub(super) const LARGEST_ALLOCATION: std::num::NonZeroU64 =
    std::num::NonZeroU64::new(1 << 30).expect("it is not zero");

/// Whether the bytes begin as a JPEG file does.
pub(crate) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
}

/// Decodes an image, within limits on its size, to RGB; transparency is dropped, as PIL does.
///
/// # Errors
/// [`ImageError`] when the bytes are damaged, of an unknown format, or too large.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    if is_jpeg(bytes) {
        match jpeg_image(bytes) {
            Err(ImageError::Jpeg(JpegError::Unsupported(_))) => {}
            result => return result,
        }
    }
    let image = by_library(bytes);
    if image.is_err() && bytes.starts_with(b"\x89PNG") {
        // Pillow reads files that only lack their end.
        return by_library(&[bytes, END_OF_PNG].concat());
    }
    image
}

/// The last chunk of a PNG file.
const END_OF_PNG: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

fn by_library(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    if reader.format() == Some(ImageFormat::Gif) {
        return gif::decode(bytes);
    }
    Ok(to_rgb(as_stored(reader)?))
}

/// Decodes an image, within limits on its size, with the colours and the transparency it has.
///
/// # Errors
/// As [`decode`].
pub(crate) fn as_stored(
    mut reader: ImageReader<Cursor<&[u8]>>,
) -> Result<DynamicImage, ImageError> {
    let turn = reader.format() == Some(ImageFormat::Tiff);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_ALLOCATION.get());
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    limits.reserve(decoder.total_bytes())?;
    // Pillow follows the orientation of TIFF files only.
    let orientation = turn.then(|| decoder.orientation()).transpose()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// Refuses images that Pillow refuses for their size.
///
/// # Errors
/// [`JpegError::TooLarge`].
pub(super) fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(ImageError::TooLarge);
    }
    Ok(())
}

fn jpeg_image(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let file = jpeg::open(bytes)?;
    let [width, height] = file.size();
    let mut collected = Collected::new(width, height);
    let whole = Window {
        columns: [0, width],
        rows: [0, height],
    };
    file.decode(whole, &mut Buffers::default(), &mut collected)?;
    let image = RgbImage::from_raw(width as u32, height as u32, collected.pixels);
    Ok(image.expect("the pixels were counted"))
}

/// Pillow's conversion: of 16 bits the upper 8 remain, but large greys become white.
fn to_rgb(image: DynamicImage) -> RgbImage {
    let upper = |value: u16| (value >> 8) as u8;
    match image {
        DynamicImage::ImageLuma16(grey) => narrow(&grey, |value| value.min(255) as u8),
        DynamicImage::ImageLumaA16(grey) => narrow(&grey, upper),
        DynamicImage::ImageRgb16(rgb) => narrow(&rgb, upper),
        DynamicImage::ImageRgba16(rgba) => narrow(&rgba, upper),
        image => image.into_rgb8(),
    }
}

fn narrow<P: Pixel<Subpixel = u16>>(
    image: &ImageBuffer<P, Vec<u16>>,
    value: impl Fn(u16) -> u8,
) -> RgbImage {
    let mut pixels = image.pixels();
    RgbImage::from_fn(image.width(), image.height(), |_, _| {
        let pixel = pixels.next().expect("both images have the same size");
        let rgb = pixel.to_rgb();
        image::Rgb(rgb.0.map(&value))
    })
}
