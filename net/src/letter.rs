//! Letters: the characters of a text as lemmas are compared with them.
//!
//! `German-Shepherd's ball, réd` is read as `german␣shepherd␣s␣ball␣␣red␣`: small ASCII letters and digits, one space
//! where a phrase may go on and two where it may not. So `tiger␣cat␣` is found in "tiger-cat" and not in "tiger, cat"
//! nor in "tiger catalogue".

use icu_normalizer::properties::{
    CanonicalCombiningClassMapBorrowed, CanonicalDecompositionBorrowed, Decomposed,
};

/// What is between two words, as a set: a phrase ends at [`STOP`], and at [`SPACE`] with [`HYPHEN`], which is a dash.
const INVISIBLE: u8 = 0;
const JOINT: u8 = 1;
const SPACE: u8 = 2;
const HYPHEN: u8 = 4;
const STOP: u8 = 8;

/// A byte that is a part of a character.
const PART: u8 = 16;

/// A letter or digit that no ASCII one stands for. Lemmas are ASCII, so that it is in none.
const LETTER: u8 = b'*';

/// What a byte is: a set of the above, or else the letter or digit that stands for it.
const BYTES: [u8; 256] = {
    let mut table = [PART; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        table[at] = if byte.is_ascii_alphanumeric() {
            byte.to_ascii_lowercase()
        } else if byte.is_ascii_whitespace() || byte == b'_' {
            SPACE
        } else {
            STOP
        };
        at += 1;
    }
    table[b'-' as usize] = HYPHEN;
    table[b'\'' as usize] = JOINT;
    table
};

/// The letters of a text from one of its words on; a space comes last.
#[derive(Clone, Debug)]
pub(crate) struct Letters<'a> {
    text: &'a str,
    /// What is read begins here, in bytes.
    at: usize,
    /// Where the last letter that was given ends, in bytes.
    pub(crate) end: usize,
    /// What there was since that letter.
    gap: u8,
    /// The first letter of the next word waits until its spaces are given.
    waiting: Option<u8>,
    finished: bool,
}

impl<'a> Letters<'a> {
    pub(crate) fn new(text: &'a str, word: usize) -> Self {
        Self {
            text,
            at: word,
            end: word,
            gap: INVISIBLE,
            waiting: None,
            finished: false,
        }
    }

    #[inline]
    fn code(&mut self) -> Option<u8> {
        let code = BYTES[usize::from(*self.text.as_bytes().get(self.at)?)];
        if code != PART {
            self.at += 1;
            return Some(code);
        }
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(other(c))
    }
}

impl Iterator for Letters<'_> {
    type Item = u8;

    #[inline]
    fn next(&mut self) -> Option<u8> {
        if let Some(letter) = self.waiting {
            if is_stop(self.gap) {
                self.gap = INVISIBLE;
                return Some(b' ');
            }
            (self.waiting, self.gap, self.end) = (None, INVISIBLE, self.at);
            return Some(letter);
        }
        while let Some(code) = self.code() {
            if code <= STOP {
                // Two hyphens are a dash.
                self.gap |= code | ((self.gap & code & HYPHEN) << 1);
            } else if self.gap == INVISIBLE {
                self.end = self.at;
                return Some(code);
            } else {
                self.waiting = Some(code);
                return Some(b' ');
            }
        }
        (!std::mem::replace(&mut self.finished, true)).then_some(b' ')
    }
}

fn is_stop(gap: u8) -> bool {
    gap & STOP != 0 || gap & (SPACE | HYPHEN) == SPACE | HYPHEN
}

/// Where a word is in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte after its last one.
    pub(crate) end: usize,
    /// How to compare it.
    pub(crate) script: Script,
}

/// What is known of the letters of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    /// They are its bytes, but for capitals.
    Ascii,
    /// At least the first one is ASCII, or counts as that.
    Latin,
    /// The first one is that of no lemma.
    Other,
}

/// The first word of a text at this byte or after it.
#[inline]
pub(crate) fn next_word(text: &str, from: usize) -> Option<Word> {
    let bytes = text.as_bytes();
    let code = |at: usize| bytes.get(at).map(|&byte| BYTES[usize::from(byte)]);
    let mut start = from;
    loop {
        match code(start)? {
            PART => {
                let c = text[start..].chars().next()?;
                match other(c) {
                    LETTER => return Some(beyond_ascii(text, start, start, Script::Other)),
                    code if code > STOP => {
                        return Some(beyond_ascii(text, start, start, Script::Latin));
                    }
                    _ => start += c.len_utf8(),
                }
            }
            gap if gap <= STOP => start += 1,
            _ => break,
        }
    }
    let mut end = start + 1;
    while let Some(code) = code(end) {
        if code == PART {
            return Some(beyond_ascii(text, start, end, Script::Latin));
        }
        if code <= STOP {
            break;
        }
        end += 1;
    }
    Some(Word {
        start,
        end,
        script: Script::Ascii,
    })
}

/// The word that goes on here with what is not ASCII, though it may end there.
fn beyond_ascii(text: &str, start: usize, from: usize, script: Script) -> Word {
    let mut letters = Letters::new(text, from);
    let mut end = from;
    while letters
        .code()
        .is_some_and(|code| code == INVISIBLE || code > STOP)
    {
        end = letters.at;
    }
    Word { start, end, script }
}

/// What a character that is not ASCII is.
#[cold]
fn other(c: char) -> u8 {
    match c {
        // Russian, Chinese and Korean, which need no looking up.
        'А'..='я' | '一'..='\u{9fff}' | '가'..='힣' => LETTER,
        // Apostrophes, two of which count as letters in Unicode.
        '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{02b9}' | '\u{2032}' | '\u{ff07}' => JOINT,
        '\u{2010}'..='\u{2013}' => HYPHEN,
        // The soft hyphen, joiners and the byte order mark.
        '\u{00ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' => INVISIBLE,
        // The full-width forms of ASCII, in the same order.
        '\u{ff01}'..='\u{ff5e}' => BYTES[(u32::from(c) - 0xff01 + 0x21) as usize],
        _ if c.is_whitespace() || c == '\u{200b}' => SPACE,
        _ => match without_marks(c) {
            base if base.is_ascii() => BYTES[base as usize],
            base if base.is_alphanumeric() => LETTER,
            _ if is_mark(c) => INVISIBLE,
            _ => STOP,
        },
    }
}

/// An accent or the like, written after its letter.
fn is_mark(c: char) -> bool {
    CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
}

/// The letter under accents, if it may be Latin: é is e, ệ is e.
fn without_marks(c: char) -> char {
    if !matches!(c, ..'\u{250}' | '\u{1e00}'..'\u{1f00}' | '\u{212a}' | '\u{212b}') {
        return c;
    }
    match CanonicalDecompositionBorrowed::new().decompose(c) {
        Decomposed::Singleton(base) | Decomposed::Expansion(base, _) => without_marks(base),
        Decomposed::Default => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let start = next_word(text, 0).map_or(text.len(), |word| word.start);
        Letters::new(text, start).map(char::from).collect()
    }

    #[test]
    fn a_phrase_goes_on_over_spaces_or_a_hyphen_and_ends_at_a_stop() {
        for text in [
            "Tiger cat",
            "tiger-cat",
            "TIGER_CAT",
            "tiger \n cat",
            "tiger\u{a0}cat",
            "tiger‐cat",
            "'tiger' cat",
        ] {
            assert_eq!(read(text), "tiger cat ", "{text}");
        }
        for text in [
            "tiger, cat",
            "tiger.cat",
            "tiger - cat",
            "tiger--cat",
            "tiger– cat",
            "tiger/cat",
            "tiger 🐈 cat",
            "tiger\0cat",
            "tiger—cat",
        ] {
            assert_eq!(read(text), "tiger  cat ", "{text}");
        }
    }

    #[test]
    fn an_apostrophe_ends_a_word_but_no_phrase() {
        for text in ["judge's robe", "judge’s robe", "judgeʼs robe"] {
            assert_eq!(read(text), "judge s robe ", "{text}");
        }
    }

    #[test]
    fn letters_are_those_under_accents_and_marks_are_none() {
        for text in [
            "consommé",
            "consomme\u{301}",
            "CONSOMMÉ",
            "ｃｏｎｓｏｍｍｅ",
            "con\u{ad}sommệ",
        ] {
            assert_eq!(read(text), "consomme ", "{text}");
        }
        assert_eq!(read("кот cat猫 straße"), "*** cat* stra*e ");
        assert_eq!(read("\u{212a}elvin"), "kelvin ");
    }

    #[test]
    fn nothing_is_one_space() {
        assert_eq!(read(""), " ");
        assert_eq!(read("... !?\u{301}"), " ");
    }

    #[test]
    fn words_are_found_one_after_the_other() {
        let text = "\u{301}- Côte d'Azur, cat猫’s e\u{301}t\u{e9}\u{ad}s 7 猫cat é";
        let (mut words, mut at) = (Vec::new(), 0);
        while let Some(word) = next_word(text, at) {
            words.push((&text[word.start..word.end], word.script));
            at = word.end;
        }
        let expected = [
            ("Côte", Script::Latin),
            ("d", Script::Ascii),
            ("Azur", Script::Ascii),
            ("cat猫", Script::Latin),
            ("s", Script::Ascii),
            ("e\u{301}t\u{e9}\u{ad}s", Script::Latin),
            ("7", Script::Ascii),
            ("猫cat", Script::Other),
            ("é", Script::Latin),
        ];
        assert_eq!(words, expected);
    }
}
