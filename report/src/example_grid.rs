//! Pairs to look at, step by step. Images travel inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::content::{Content, Example, Step};
use super::escape::{isolated, text};

/// The grids of all steps that have examples; nothing if none has.
pub(super) fn example_grids(content: &Content) -> Option<String> {
    let grids: String = content
        .steps
        .iter()
        .filter(|step| !step.examples.is_empty())
        .map(grid)
        .collect();
    (!grids.is_empty()).then_some(grids)
}

fn grid(step: &Step) -> String {
    let items: String = step.examples.iter().map(item).collect();
    format!(
        "<h3>{}</h3>\n<ul class=\"grid\">{items}</ul>\n",
        isolated(&step.name)
    )
}

fn item(example: &Example) -> String {
    let picture = media_type(&example.png).map_or_else(
        || "<span class=\"broken\">no image that a browser can show</span>".to_owned(),
        |kind| {
            let size = png_size(&example.png)
                .map(|(width, height)| format!(" width=\"{width}\" height=\"{height}\""))
                .unwrap_or_default();
            format!(
                "<img loading=\"lazy\" decoding=\"async\"{size} alt=\"{}\" src=\"data:{kind};base64,{}\">",
                text(&example.caption),
                STANDARD.encode(&example.png)
            )
        },
    );
    let class = example.class.as_ref().map_or(String::new(), |class| {
        format!("<small dir=\"auto\">{}</small>", text(class))
    });
    format!(
        "<li><figure>{picture}<figcaption><span dir=\"auto\">{}</span>{class}</figcaption></figure></li>\n",
        text(&example.caption)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_caption_stays_in_its_attribute() {
        let example = Example {
            caption: "\"><script>alert(1)</script>".to_owned(),
            class: Some("</small><b>".to_owned()),
            png: b"\x89PNG\r\n\x1a\n".to_vec(),
        };
        let html = item(&example);
        assert!(html.contains("alt=\"&quot;&gt;&lt;script&gt;"));
        assert!(!html.contains("<script") && !html.contains("<b>"));
    }

    #[test]
    fn unknown_bytes_are_not_sent_to_the_browser() {
        let example = Example {
            png: b"<svg onload=alert(1)>".to_vec(),
            ..Example::default()
        };
        assert!(!item(&example).contains("<img"));
    }
}
