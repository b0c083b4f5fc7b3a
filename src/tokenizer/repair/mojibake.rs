//! Text that was decoded in another encoding than it was encoded in, set right.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::encodings::ENCODINGS;
use super::{letters, suspicion, utf8};

/// Encodings may have been mistaken several times. Each time makes text longer by half or more, so that few rounds
/// undo any text; the limit is for text made to need more.
const ROUNDS: usize = 64;
/// Parts of parts that are set right on their own.
const DEPTH: usize = 8;

/// What UTF-8's bytes look like when they are read as single characters, as they come in many encodings:
/// first bytes of two, of three and of four, and bytes that follow those.
const FIRST_OF_2: &str = "Â-ßĀĂĆČĎĐĒĖĘĚĞĢĪİĶĹĻŁŃŅŇŌŐŘŚŞŠŢŪŮŰŲŹŻŽΒ-ΡΣ-ίВ-Я";
const FIRST_OF_3: &str = "à-ïāăąćčďēėęěģīįķĺļŕźΰ-οа-п";
const FIRST_OF_4: &str = "ðóđğšπσру";
const FOLLOWING: &str = "\u{80}-¿ÆØæøĄąĽľŁłŒœŖŗŚśŞ-šŤťŸ-žƒˆˇ˘˛-˝΄-ΆΈ-ΊΌΎΏЁ-ЌЎЏё-ќўџҐґ†‡‰‹›€№™";
/// Bytes that follow too, but look like what one writes between words.
const FOLLOWING_OR_NOT: &str = " –-―‘-‚“-„•…";

/// UTF-8 within other text, and the character before it: one that looks like the rest of a broken sequence is a sign
/// that reading on from the middle would do more harm than good.
static EMBEDDED: LazyLock<Regex> = LazyLock::new(|| {
    let next = format!("[{FOLLOWING}{FOLLOWING_OR_NOT}]");
    let sequences =
        format!("[{FIRST_OF_2}]{next}|[{FIRST_OF_3}]{next}{{2}}|[{FIRST_OF_4}]{next}{{3}}");
    let pattern = format!(r"(?<before>\A|[^{FOLLOWING}])(?<part>(?:{sequences})+)");
    Regex::new(&pattern).expect("a valid pattern")
});

/// The text as it was before encodings were mistaken.
pub(super) fn undone(text: &str) -> Cow<'_, str> {
    undone_within(text, DEPTH)
}

fn undone_within(text: &str, depth: usize) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..ROUNDS {
        match undone_once(&text, depth) {
            Some(next) if next != text => text = Cow::Owned(next),
            _ => break,
        }
    }
    text
}

/// One mistake less: of the whole text, else of its parts, else of its control characters.
fn undone_once(text: &str, depth: usize) -> Option<String> {
    if text.is_ascii() || !suspicion::is_raised_by(text) {
        return None;
    }
    ENCODINGS
        .iter()
        .find_map(|encoding| utf8::misread(text, encoding))
        .or_else(|| parts_undone(text, depth).filter(|parts| parts != text))
        .or_else(|| Some(text.chars().map(letters::of_windows).collect()))
}

fn parts_undone(text: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let undone = EMBEDDED.replace_all(text, |found: &Captures<'_>| {
        let part = &found["part"];
        if part.len() < text.len() && suspicion::is_raised_by(part) {
            format!("{}{}", &found["before"], undone_within(part, depth))
        } else {
            found[0].to_owned()
        }
    });
    Some(undone.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_read_in_any_of_the_encodings_is_undone() {
        let misread = [
            ("Ã©tÃ© â€¢", "été •"),
            ("РєРѕС€РєР° вЂў", "кошка •"),
            ("Ă©tĂ© â€˘", "été •"),
            ("Ο„ΞΏ β€Ά", "το •"),
            ("ĞºĞ¾ÑˆĞºĞ° â€¢", "кошка •"),
            ("Ć©tĆ© ā€¢", "été •"),
            ("ĂŠtĂŠ â\u{80}˘", "été •"),
            ("√©t√© ‚Ä¢", "été •"),
            ("├⌐t├⌐ ΓÇó", "été •"),
        ];
        for (wrong, right) in misread {
            assert_eq!(undone(wrong), right);
        }
    }

    #[test]
    fn mojibake_within_other_text_is_undone() {
        assert_eq!(undone("日本 cafÃ© â€¢"), "日本 café •");
    }

    #[test]
    fn sound_text_stays() {
        for sound in ["São João", "ÀÉÎ", "кошка № 5", "10° ± 2 µm", "«Où?»"] {
            assert_eq!(undone(sound), sound);
        }
    }

    #[test]
    fn controls_of_latin_1_are_read_as_windows_wrote_them() {
        assert_eq!(undone("it\u{92}s 日本"), "it’s 日本");
    }
}
