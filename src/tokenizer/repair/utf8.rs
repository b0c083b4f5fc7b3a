//! UTF-8 that was damaged on its way through a single-byte encoding.

use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};

use super::encodings::SingleByte;

/// Sequences that are a character once a space in them is a hard space (0xA0) again. Leads are those of which likely
/// characters come out.
static WITH_SPACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&[
        r"[\xc2\xc3\xc5\xce\xd0\xd9] ",
        r"[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]",
        r"[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] ",
        r"\xf0 [\x80-\xbf]{2}",
        r"\xf0[\x80-\xbf] [\x80-\xbf]",
        r"\xf0[\x80-\xbf]{2} ",
    ])
});

/// The word `à` before a space that was its second byte. Portuguese words that start so follow without a space.
static A_GRAVE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&[r"\xc3 (?<joined> |quele|quela|quilo|s )?"]));

/// Sequences that are a character but for bytes that were lost, or became a question mark.
static WITH_LOSSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&[
        r"[\xc2-\xdf]\x1a",
        r"[\xc2\xc3]\?",
        r"\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]",
        r"\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]",
        r"[\xe0-\xef][\x1a?][\x1a\x80-\xbf]",
        r"[\xe0-\xef][\x1a\x80-\xbf][\x1a?]",
        r"[\xf0-\xf4][\x1a?][\x1a\x80-\xbf]{2}",
        r"[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]",
        r"[\xf0-\xf4][\x1a\x80-\xbf]{2}[\x1a?]",
        r"\x1a",
    ])
});

fn pattern(choices: &[&str]) -> Regex {
    Regex::new(&format!("(?-u){}", choices.join("|"))).expect("a valid pattern")
}

/// The text that became `text` when its UTF-8 was read in the encoding; none when it did not come about so.
pub(super) fn misread(text: &str, encoding: &SingleByte) -> Option<String> {
    let mut bytes = encoding.bytes(text)?;
    if encoding.restores_spaces {
        bytes = with_hard_spaces(&bytes);
    }
    if encoding.has_losses {
        let unknown = "\u{fffd}".as_bytes();
        bytes = WITH_LOSSES.replace_all(&bytes, unknown).into_owned();
    }
    decoded(&bytes)
}

fn with_hard_spaces(bytes: &[u8]) -> Vec<u8> {
    let words = A_GRAVE.replace_all(bytes, |found: &Captures<'_>| match found.name("joined") {
        Some(_) => found[0].to_vec(),
        None => b"\xc3\xa0 ".to_vec(),
    });
    let hard = |found: &Captures<'_>| {
        found[0]
            .iter()
            .map(|&byte| if byte == b' ' { 0xa0 } else { byte })
            .collect::<Vec<_>>()
    };
    WITH_SPACE.replace_all(&words, hard).into_owned()
}

/// UTF-8, and what Java makes of it: a null of two bytes, and characters beyond U+FFFF as two surrogates.
fn decoded(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let used = match *rest {
            // ftfy's pattern takes the end of a line for the end of the text, and then the line's end for a byte.
            [0xc0, 0x80, ..] | [0xc0, b'\n'] => {
                text.push('\0');
                2
            }
            [
                0xed,
                a @ 0xa0..=0xaf,
                b,
                0xed,
                c @ 0xb0..=0xbf,
                d,
                ref after @ ..,
            ] if continues(b) && (continues(d) || (d == b'\n' && after.is_empty())) => {
                text.push(surrogates([a, b, c, d])?);
                6
            }
            _ => {
                let mut others = rest.iter().skip(1);
                let next = others.position(|byte| matches!(byte, 0xc0 | 0xed));
                let end = next.map_or(rest.len(), |at| at + 1);
                text.push_str(str::from_utf8(&rest[..end]).ok()?);
                end
            }
        };
        rest = &rest[used..];
    }
    Some(text)
}

/// Whether the byte is one that follows others in a character.
fn continues(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

/// The character of two surrogates, given the bytes that hold its bits.
fn surrogates([a, b, c, d]: [u8; 4]) -> Option<char> {
    let bits = |byte: u8, mask: u8| u32::from(byte & mask);
    let code = bits(a, 0x0f) << 16 | bits(b, 0x3f) << 10 | bits(c, 0x0f) << 6 | bits(d, 0x3f);
    char::from_u32(0x10000 + code)
}

#[cfg(test)]
mod tests {
    use super::super::encodings::ENCODINGS;
    use super::*;

    fn as_latin_1(bytes: &[u8]) -> Option<String> {
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        misread(&text, &ENCODINGS[0])
    }

    fn as_windows_1252(text: &str) -> Option<String> {
        misread(text, &ENCODINGS[1])
    }

    #[test]
    fn plain_utf8_is_read() {
        assert_eq!(
            as_latin_1("naïve 한국어 😀".as_bytes()).as_deref(),
            Some("naïve 한국어 😀")
        );
        assert_eq!(as_latin_1(b"\xff"), None);
        assert_eq!(as_latin_1(b"\xed\xa0\x80"), None);
        assert_eq!(as_latin_1(b"\xc0a"), None);
    }

    #[test]
    fn hard_spaces_come_back() {
        assert_eq!(as_latin_1(b"voil\xc3 le").as_deref(), Some("voilà le"));
        assert_eq!(
            as_latin_1(b"\xc3 s vezes \xc3 quela").as_deref(),
            Some("às vezes àquela")
        );
        assert_eq!(as_latin_1(b"\xe2\x80 ").as_deref(), Some("\u{2020}"));
    }

    #[test]
    fn lost_bytes_become_one_unknown_character() {
        assert_eq!(
            as_windows_1252("â€œlikeâ€\u{fffd}").as_deref(),
            Some("“like\u{fffd}")
        );
        assert_eq!(as_windows_1252("Ã?").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn java_nulls_and_surrogates_are_read() {
        assert_eq!(
            as_latin_1(b"a\xc0\x80b\xed\xa0\xbd\xed\xb8\x8d").as_deref(),
            Some("a\0b😍")
        );
        assert_eq!(as_latin_1(b"a\xc0\n").as_deref(), Some("a\0"));
        assert_eq!(as_latin_1(b"\xed\xa0\xbd\xed\xb8\n").as_deref(), Some("😊"));
    }
}
