//! Single-byte encodings that UTF-8 is mistaken for.

use std::sync::LazyLock;

use encoding_rs::{ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253};
use encoding_rs::{WINDOWS_1254, WINDOWS_1257};

/// The byte that stands for a character which was lost when the text was decoded.
pub(super) const LOST: u8 = 0x1a;

/// The encodings, the likeliest first.
pub(super) static ENCODINGS: LazyLock<[SingleByte; 10]> = LazyLock::new(|| {
    let windows = |encoding| SingleByte::known(encoding).with_losses();
    [
        SingleByte::new(('\u{80}'..='\u{ff}').collect()),
        windows(WINDOWS_1252),
        windows(WINDOWS_1251),
        windows(WINDOWS_1250),
        windows(WINDOWS_1253),
        windows(WINDOWS_1254),
        windows(WINDOWS_1257),
        SingleByte::known(ISO_8859_2),
        // In this one a dash before a space looks like the start of a character with a hard space in it.
        SingleByte {
            restores_spaces: false,
            ..SingleByte::known(MACINTOSH)
        },
        SingleByte::new(DOS.chars().collect()),
    ]
});

/// Code page 437 from 0x80 on.
const DOS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                   └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// An encoding with ASCII in its lower half.
pub(super) struct SingleByte {
    /// The upper half, in the order of the characters.
    upper: Vec<(char, u8)>,
    /// Whether replacement characters count as bytes that were lost.
    pub(super) has_losses: bool,
    /// Whether spaces may have been hard spaces.
    pub(super) restores_spaces: bool,
}

impl SingleByte {
    fn new(upper: Vec<char>) -> Self {
        let mut upper: Vec<(char, u8)> = upper.into_iter().zip(0x80..=u8::MAX).collect();
        upper.sort_unstable();
        Self {
            upper,
            has_losses: false,
            restores_spaces: true,
        }
    }

    /// What is no character in the encoding is one of Latin-1, as in browsers.
    fn known(encoding: &'static encoding_rs::Encoding) -> Self {
        let decoded = |byte: u8| {
            let bytes = [byte];
            let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
            let letter = text.and_then(|text| text.chars().next());
            letter.unwrap_or(char::from(byte))
        };
        Self::new((0x80..=u8::MAX).map(decoded).collect())
    }

    fn with_losses(self) -> Self {
        Self {
            has_losses: true,
            ..self
        }
    }

    /// The bytes that read as this text; none when there are no such bytes.
    pub(super) fn bytes(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|letter| self.byte(letter)).collect()
    }

    fn byte(&self, letter: char) -> Option<u8> {
        match letter {
            '\x1a' if self.has_losses => None,
            char::REPLACEMENT_CHARACTER if self.has_losses => Some(LOST),
            '\0'..='\x7f' => Some(letter as u8),
            _ => {
                let at = self
                    .upper
                    .binary_search_by_key(&letter, |(other, _)| *other);
                at.ok().map(|at| self.upper[at].1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_character_of_its_own() {
        for encoding in ENCODINGS.iter() {
            assert_eq!(encoding.upper.len(), 128);
            let letters = encoding.upper.iter().map(|(letter, _)| *letter);
            assert!(letters.clone().is_sorted_by(|left, right| left < right));
            let text: String = letters.collect();
            let mut bytes = encoding.bytes(&text).expect("its own characters");
            bytes.sort_unstable();
            assert_eq!(bytes, (0x80..=u8::MAX).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_hole_of_windows_is_a_control_of_latin_1() {
        let windows_1252 = &ENCODINGS[1];
        assert_eq!(windows_1252.bytes("€\u{81}é"), Some(vec![0x80, 0x81, 0xe9]));
        assert_eq!(windows_1252.bytes("\u{80}"), None);
    }

    #[test]
    fn a_replacement_character_is_a_lost_byte_unless_that_byte_is_there_too() {
        let windows_1252 = &ENCODINGS[1];
        assert_eq!(windows_1252.bytes("a\u{fffd}"), Some(vec![b'a', LOST]));
        assert_eq!(windows_1252.bytes("\u{1a}"), None);
        assert_eq!(ENCODINGS[0].bytes("\u{1a}"), Some(vec![LOST]));
    }
}
