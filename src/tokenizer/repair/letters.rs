//! Characters that stand for others: typographic variants, fullwidth forms, control characters, unusual line ends.

use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;
use regex::Regex;

/// Colours and the like, as terminals take them. Digits of any script count.
static TERMINAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\x1b\[[\d;]*[a-zA-Z]").expect("a valid pattern"));

const COMPOSED: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const COMPATIBLE: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// The text in common characters, composed.
pub(super) fn simplified(text: &str) -> String {
    let common = in_common_characters(text);
    let mut visible = TERMINAL.replace_all(&common, "").into_owned();
    visible.retain(|letter| !is_superfluous(letter));
    COMPOSED.normalize(&visible).into_owned()
}

fn in_common_characters(text: &str) -> String {
    let mut common = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\r' {
            letters.next_if_eq(&'\n');
        }
        push_common(&mut common, of_windows(letter));
    }
    common
}

fn push_common(text: &mut String, letter: char) {
    match letter {
        '\r' | '\u{2028}' | '\u{2029}' => text.push('\n'),
        ..='\x7f' => text.push(letter),
        '\u{2bc}' | '\u{2018}'..='\u{201b}' => text.push('\''),
        '\u{201c}'..='\u{201f}' => text.push('"'),
        '\u{3000}' => text.push(' '),
        '\u{ff01}'..='\u{ffef}' => {
            text.push_str(&COMPATIBLE.normalize(letter.encode_utf8(&mut [0; 4])));
        }
        _ => match LIGATURES.iter().find(|(ligature, _)| *ligature == letter) {
            Some((_, letters)) => text.push_str(letters),
            None => text.push(letter),
        },
    }
}

/// What Windows shows for a control character that Latin-1 has at 0x80 to 0x9F; any other character itself.
pub(super) fn of_windows(letter: char) -> char {
    match letter {
        '\u{80}'..='\u{9f}' => {
            let shown = WINDOWS.chars().nth(letter as usize - 0x80);
            shown.unwrap_or(letter)
        }
        _ => letter,
    }
}

/// Controls that neither break lines nor shape letters.
fn is_superfluous(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\x08' | '\x0b' | '\x0e'..='\x1f' | '\x7f'
        | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
    )
}

/// Windows-1252 from 0x80 to 0x9F; five bytes mean nothing there.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

const LIGATURES: [(char, &str); 22] = [
    ('\u{132}', "IJ"),
    ('\u{133}', "ij"),
    ('\u{149}', "'n"),
    ('\u{1c4}', "DŽ"),
    ('\u{1c5}', "Dž"),
    ('\u{1c6}', "dž"),
    ('\u{1c7}', "LJ"),
    ('\u{1c8}', "Lj"),
    ('\u{1c9}', "lj"),
    ('\u{1ca}', "NJ"),
    ('\u{1cb}', "Nj"),
    ('\u{1cc}', "nj"),
    ('\u{1f1}', "DZ"),
    ('\u{1f2}', "Dz"),
    ('\u{1f3}', "dz"),
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "ſt"),
    ('\u{fb06}', "st"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typography_becomes_plain() {
        assert_eq!(
            simplified("“It’s oﬃcial” ŉ Ǆ ﬅ"),
            "\"It's official\" 'n DŽ ſt"
        );
    }

    #[test]
    fn widths_become_common() {
        assert_eq!(
            simplified("ＡＢＣ１２３　！ ｶﾞ ￦ ￣"),
            "ABC123 ! ガ ₩  \u{304}"
        );
    }

    #[test]
    fn lines_end_in_one_way() {
        assert_eq!(
            simplified("a\r\nb\rc\u{2028}d\u{2029}e\n"),
            "a\nb\nc\nd\ne\n"
        );
        assert_eq!(simplified("a\r\u{1b}[0m\nb"), "a\n\nb");
    }

    #[test]
    fn colours_and_controls_are_left_out() {
        assert_eq!(
            simplified("\u{1b}[36;44mblue\u{1b}[0m\u{7} \u{1b}[12 \u{feff}\u{0}"),
            "blue [12 "
        );
    }

    #[test]
    fn controls_of_latin_1_are_characters_of_windows() {
        assert_eq!(simplified("\u{85}\u{91}\u{81}\u{80}"), "…'\u{81}€");
    }

    #[test]
    fn marks_join_their_letters() {
        assert_eq!(simplified("e\u{301} \u{212b} \u{1100}\u{1161}"), "é Å 가");
    }
}
