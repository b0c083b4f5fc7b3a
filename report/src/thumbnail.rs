//! A small image inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::escape::text;

/// The image as an element, or a word for bytes that no browser shows.
pub(super) fn thumbnail(bytes: &[u8], alternative: &str) -> String {
    let Some(kind) = media_type(bytes) else {
        return "<span class=\"broken\">no image that a browser can show</span>".to_owned();
    };
    let size = png_size(bytes)
        .map(|(width, height)| format!(" width=\"{width}\" height=\"{height}\""))
        .unwrap_or_default();
    format!(
        "<img loading=\"lazy\" decoding=\"async\"{size} alt=\"{}\" src=\"data:{kind};base64,{}\">",
        text(alternative),
        STANDARD.encode(bytes)
    )
}

/// The image's kind by its first bytes, among those that browsers show.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

/// Width and height of a PNG, so that the page does not jump while images load.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    bytes.starts_with(&[0x89, b'P', b'N', b'G']).then_some(())?;
    Some((word(16)?, word(20)?))
}
