//! Escaping: nothing that came from outside reaches the page as markup.

use std::fmt::{Display, Formatter, Result, Write};

use serde::Serialize;

/// Text that may stand in an element or between double quotes in an attribute, in HTML and in SVG.
pub(super) struct Escaped<'a>(&'a str);

/// Escapes `raw` for elements and quoted attributes.
pub(super) fn text(raw: &str) -> Escaped<'_> {
    Escaped(raw)
}

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                // Not allowed in a document, and never meant by a caption.
                c if c.is_control() => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Outside text in running HTML: isolated, so that its direction does not turn the words around it.
pub(super) fn isolated(raw: &str) -> String {
    format!("<bdi>{}</bdi>", text(raw))
}

/// JSON that may stand inside a `<script>` element: no character of it can end the element or open a comment.
pub(super) fn json_in_script<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value)
        .expect("report content has string keys only and cannot fail to serialise");
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(safe, "\\u{:04x}", u32::from(c)).expect("writing to a string cannot fail");
            }
            c => safe.push(c),
        }
    }
    safe
}

/// The address, if following it can only open a web page.
pub(super) fn web_address(url: &str) -> Option<&str> {
    let scheme = url.split_once("://")?.0;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let raw = "</script><img onerror='x' src=\"y\">&\u{0}";
        assert_eq!(
            text(raw).to_string(),
            "&lt;/script&gt;&lt;img onerror=&#39;x&#39; src=&quot;y&quot;&gt;&amp;\u{fffd}"
        );
    }

    #[test]
    fn json_cannot_end_its_script_and_reads_back_the_same() {
        let raw = "</script><!-- \u{2028} & \" \\ שלום";
        let json = json_in_script(&raw);
        assert!(!json.contains(['<', '>', '&', '\u{2028}']));
        let back: String = serde_json::from_str(&json).expect("escaped JSON is still JSON");
        assert_eq!(back, raw);
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(web_address("https://example.org/a").is_some());
        assert!(web_address("javascript:alert(1)//https://x").is_none());
        assert!(web_address("data:text/html,x").is_none());
        assert!(web_address("java\nscript://x").is_none());
    }
}
