//! GIF files: the first frame, as Pillow shows it.

use gif::{ColorOutput, DecodeOptions, MemoryLimit};
use image::{Rgb, RgbImage};

use super::ImageError;
use super::decode::{LARGEST_ALLOCATION, check_size};

/// Decodes the first frame. Transparent places keep their colour; outside the frame, too, is the
/// transparent colour, or else the first one.
pub(super) fn decode(bytes: &[u8]) -> Result<RgbImage, ImageError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.check_frame_consistency(true);
    options.set_memory_limit(MemoryLimit::Bytes(LARGEST_ALLOCATION));
    let mut decoder = options.read_info(bytes)?;
    let (width, height) = (decoder.width(), decoder.height());
    check_size(u32::from(width), u32::from(height))?;
    let all = decoder.global_palette().map(<[u8]>::to_vec);
    let frame = decoder.read_next_frame()?.ok_or(ImageError::Empty)?;
    let palette = frame.palette.clone().or(all).ok_or(ImageError::Empty)?;
    let colours = palette.as_chunks::<3>().0;
    let colour = |index: u8| Rgb(colours.get(usize::from(index)).copied().unwrap_or([0; 3]));
    let outside = colour(frame.transparent.unwrap_or(0));
    let mut image = RgbImage::from_pixel(u32::from(width), u32::from(height), outside);
    let rows = frame.buffer.chunks_exact(usize::from(frame.width).max(1));
    for (y, row) in rows.enumerate() {
        for (x, &index) in row.iter().enumerate() {
            let (x, y) = (
                u32::from(frame.left) + x as u32,
                u32::from(frame.top) + y as u32,
            );
            if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
                *pixel = colour(index);
            }
        }
    }
    Ok(image)
}
