//! Images for tests: emoji as PNG and JPEG.

use std::io::Cursor;

use image::ImageFormat;
use twemoji_assets::png::PngTwemojiAsset;

/// The PNG of an emoji.
pub(super) fn png(emoji: &str) -> Vec<u8> {
    let asset = PngTwemojiAsset::from_emoji(emoji).expect("an emoji with an image");
    asset.data.0.to_vec()
}

/// The same as JPEG.
pub(super) fn jpeg(emoji: &str) -> Vec<u8> {
    let image = image::load_from_memory(&png(emoji)).expect("a PNG");
    let mut bytes = Vec::new();
    image
        .to_rgb8()
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg)
        .expect("encoded");
    bytes
}
