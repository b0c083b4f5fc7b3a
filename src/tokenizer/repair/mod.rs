//! Text as CLIP's tokenizer wants it: broken text repaired, on one line, in lower case.
//!
//! The published models saw captions that went through `ftfy.fix_text`, twice through Python's `html.unescape`, and
//! through Python's `split` and `lower`. A caption that is cleaned otherwise is another caption to them, so every rule
//! here is one of theirs, its oddities included; `tests/golden/tokenizer_fuzz.py` compares.

mod encodings;
mod entities;
mod letters;
mod mojibake;
mod suspicion;
mod utf8;

use std::borrow::Cow;

/// Characters that are repaired together, at most.
const PIECE: usize = 1_000_000;

/// One repair can uncover the next, such as an escape that was escaped. Honest text needs a few rounds; the limit, which
/// ftfy does not have, keeps `&amp;amp;amp;…` from taking as many rounds as it has letters.
const ROUNDS: usize = 100;

/// The caption without encoding mishaps, HTML escapes, superfluous spaces and capitals.
pub(super) fn plain(text: &str) -> String {
    with_capitals(text).to_lowercase()
}

/// The same with its capitals: what tokenizers see that make letters small themselves, or tell them apart.
pub(super) fn with_capitals(text: &str) -> String {
    let repaired = repaired(text);
    let once = entities::resolved(&repaired);
    let twice = entities::resolved(&once);
    on_one_line(&twice)
}

/// The text as `ftfy.fix_text` repairs it, line by line. From the first line on that looks like HTML itself, escapes stay.
pub(crate) fn repaired(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut escapes = true;
    for piece in text.split_inclusive('\n').flat_map(pieces) {
        escapes &= !piece.contains('<');
        repaired.push_str(&piece_repaired(piece, escapes));
    }
    repaired
}

fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(PIECE).map(|(at, _)| at);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// All repairs, again and again until they change nothing.
fn piece_repaired(text: &str, escapes: bool) -> Cow<'_, str> {
    if text.bytes().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        let unescaped = if escapes {
            entities::unambiguous(&text)
        } else {
            Cow::Borrowed(&*text)
        };
        let next = letters::simplified(&mojibake::undone(&unescaped));
        if next == text {
            break;
        }
        text = Cow::Owned(next);
    }
    text
}

/// Whether no repair has to do with the byte.
fn is_harmless(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\x0c') && byte != b'&'
}

fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// What Python takes for a space: Unicode's spaces and ASCII's four separators.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\x1c'..='\x1f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn captions_are_cleaned_as_open_clip_cleans_them() {
        // Golden values from open_clip's tokenizer, tests/golden/tokenizer.py.
        let golden: Vec<(String, String)> =
            serde_json::from_str(include_str!("../../../tests/golden/cleaning.json"))
                .expect("golden file");
        assert!(golden.len() > 500);
        for (text, expected) in golden {
            assert_eq!(plain(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn mojibake_of_utf8_read_as_windows_1252_is_undone() {
        assert_eq!(plain("na\u{c3}\u{af}ve caf\u{c3}\u{a9}"), "naïve café");
    }

    #[test]
    fn mojibake_of_mojibake_is_undone() {
        assert_eq!(plain("caf\u{c3}\u{192}\u{c2}\u{a9}"), "café");
    }

    #[test]
    fn a_line_that_looks_like_html_keeps_escapes_from_the_first_repair_only() {
        assert_eq!(plain("&#59; &EACUTE;"), "; é");
        assert_eq!(plain("<b> &EACUTE; &eacute;"), "<b> &eacute; é");
        assert_eq!(plain("&EACUTE;\n<b>\n&EACUTE;"), "é <b> &eacute;");
    }

    #[test]
    fn separators_of_ascii_are_spaces_once_html_hides_them() {
        assert_eq!(plain("a\u{1d}b"), "ab");
        assert_eq!(on_one_line("\u{1c}a\u{1f}\u{a0}\u{2003}b\n"), "a b");
    }

    #[test]
    fn capitals_follow_unicode() {
        assert_eq!(plain("ΟΔΥΣΣΕΥΣ İstanbul ΑΣ."), "οδυσσευς i̇stanbul ας.");
    }

    #[test]
    fn more_than_a_million_characters_are_repaired_in_pieces() {
        let long = "é".repeat(PIECE + 5);
        let lengths: Vec<usize> = pieces(&long).map(|piece| piece.chars().count()).collect();
        assert_eq!(lengths, [PIECE, 5]);
    }

    #[test]
    fn an_escape_escaped_many_times_is_resolved() {
        assert_eq!(plain(&format!("a &{}lt; b", "amp;".repeat(50))), "a < b");
    }

    #[test]
    fn hostile_text_takes_no_time_to_speak_of() {
        let hostile = [
            format!("&{}", "amp;".repeat(30_000)),
            "\u{c6}".repeat(50_000),
            "\u{c3}\u{a9}\u{c3}".repeat(20_000),
            "\u{1b}[1".repeat(50_000),
            "a\u{301}\u{323}".repeat(30_000),
            "a".to_owned() + &"\u{301}\u{323}".repeat(30_000),
            "&a".repeat(50_000),
        ];
        let start = std::time::Instant::now();
        for text in hostile {
            plain(&text);
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn any_text_can_be_cleaned(text in any::<String>()) {
            plain(&text);
        }

        #[test]
        fn any_heap_of_suspicious_characters_can_be_cleaned(
            text in "([ÃÂâðíàÀäß]|[\u{80}-\u{bf}]|[€™œ†вЂГў�?&;<#ax1 \n\r\u{1a}\u{1b}\\[]){0,40}",
        ) {
            plain(&text);
        }

        #[test]
        fn any_bytes_taken_for_latin_1_can_be_cleaned(bytes in any::<Vec<u8>>()) {
            plain(&bytes.into_iter().map(char::from).collect::<String>());
        }
    }
}
