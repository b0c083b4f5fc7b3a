//! A caption as phrases of lower-case words.
//!
//! Words are those of Unicode's text segmentation (UAX #29) in lower case, cut at underscores;
//! `’` is written `'`. Han and kana come as single characters, so that bigrams are their words.
//! Words that are white space, a single hyphen, apostrophe or underscore, or nothing apart follow
//! each other in one phrase; any other sign and the end of a line ends it. Two placeholders
//! stand for what is different in every caption:
//!
//! - [`URL`] for an address (`http://…`, `www.…`), a phrase of its own;
//! - [`NUMBER`] for a number of five digits or more, [`CODE`] for any other word of five digits or
//!   more or of more than 40 characters, such as file names and checksums. Shorter numbers stay:
//!   years, models and counts (`2019`, `iphone 12`, `covid19`) are what changes.
//!
//! Accents are kept, and composed and decomposed letters differ: captions are cleaned before.

use unicode_segmentation::UnicodeSegmentation;

/// Stands for an address.
pub const URL: &str = "<url>";
/// Stands for a long number.
pub const NUMBER: &str = "<number>";
/// Stands for a word that is no word.
pub const CODE: &str = "<code>";

/// Digits from which a word is a number or code.
const DIGITS: usize = 5;
/// Characters above which a word is a code.
const LONGEST: usize = 40;

/// Ends a phrase.
pub(super) const BREAK: char = '\n';

/// The caption's phrases; the words of each are apart by one space.
#[must_use]
pub fn phrases(caption: &str) -> Vec<String> {
    let mut text = String::new();
    push(caption, &mut text);
    text.split(BREAK)
        .filter(|phrase| !phrase.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Appends the caption's words to `text`, apart by a space within and [`BREAK`] between phrases.
pub(super) fn push(caption: &str, text: &mut String) {
    let mut writer = Writer {
        text,
        separator: None,
    };
    for line in caption.lines() {
        for chunk in line.split_whitespace() {
            if is_url(chunk) {
                writer.end_phrase();
                writer.word(URL);
                writer.end_phrase();
            } else {
                push_chunk(chunk, &mut writer);
            }
        }
        writer.end_phrase();
    }
}

/// Words of text without white space.
fn push_chunk(chunk: &str, writer: &mut Writer<'_>) {
    let mut end = 0;
    for (start, word) in chunk.unicode_word_indices() {
        let between = &chunk[end..start];
        let joined = between.is_empty() || (end > 0 && is_joiner(between));
        if !joined {
            writer.end_phrase();
        }
        for part in word.split('_').filter(|part| !part.is_empty()) {
            writer.lower(part);
        }
        end = start + word.len();
    }
    if end < chunk.len() {
        writer.end_phrase();
    }
}

fn is_joiner(between: &str) -> bool {
    matches!(
        between,
        "-" | "\u{2010}" | "\u{2011}" | "'" | "\u{2019}" | "_"
    )
}

/// Whether text without white space is an address, behind an opening bracket or quote or not.
fn is_url(chunk: &str) -> bool {
    let bare = chunk.trim_start_matches(|sign: char| !sign.is_alphanumeric());
    let begins = |start: &str| {
        bare.get(..start.len())
            .is_some_and(|own| own.eq_ignore_ascii_case(start))
    };
    bare.contains("://") || begins("www.")
}

struct Writer<'a> {
    text: &'a mut String,
    /// What the next word needs before it; none before the first word.
    separator: Option<char>,
}

impl Writer<'_> {
    fn end_phrase(&mut self) {
        if self.separator.is_some() {
            self.separator = Some(BREAK);
        }
    }

    fn word(&mut self, word: &str) {
        self.text.extend(self.separator);
        self.text.push_str(word);
        self.separator = Some(' ');
    }

    fn lower(&mut self, word: &str) {
        if let Some(placeholder) = placeholder(word) {
            self.word(placeholder);
        } else if word.is_ascii() {
            self.word("");
            let start = self.text.len();
            self.text.push_str(word);
            self.text[start..].make_ascii_lowercase();
        } else {
            self.word(&word.replace('\u{2019}', "'").to_lowercase());
        }
    }
}

fn placeholder(word: &str) -> Option<&'static str> {
    let digits = word.chars().filter(|sign| sign.is_numeric()).count();
    if digits >= DIGITS {
        let number = word
            .chars()
            .all(|sign| sign.is_numeric() || !sign.is_alphabetic());
        return Some(if number { NUMBER } else { CODE });
    }
    (word.len() > LONGEST && word.chars().count() > LONGEST).then_some(CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_phrases_end_at_signs() {
        assert_eq!(
            phrases("A red-dress, size M (NEW!) - Don\u{2019}t  WAIT"),
            ["a red dress", "size m", "new", "don't wait"]
        );
        assert_eq!(
            phrases("first line\nsecond line"),
            ["first line", "second line"]
        );
        assert_eq!(phrases(" \u{1F600} — !! "), [""; 0]);
        assert_eq!(phrases("ΟΔΟΣ Ünïcode"), ["οδος ünïcode"]);
    }

    #[test]
    fn ideographs_follow_each_other_in_a_phrase() {
        assert_eq!(phrases("北京大学。东京"), ["北 京 大 学", "东 京"]);
    }

    #[test]
    fn addresses_are_one_word_of_their_own() {
        assert_eq!(
            phrases("see (https://a.example/x?y=1) or WWW.B.example/z today"),
            ["see", URL, "or", URL, "today"]
        );
    }

    #[test]
    fn short_numbers_stay_and_long_ones_do_not() {
        assert_eq!(
            phrases(
                "IMG_20190304 iPhone 12 in 2019 for 1,299 or 19,999.00 covid19 0cc175b9c0f1b6a8"
            ),
            [format!(
                "img {NUMBER} iphone 12 in 2019 for 1,299 or {NUMBER} covid19 {CODE}"
            )]
        );
        assert_eq!(phrases(&"x".repeat(41)), [CODE]);
        assert_eq!(phrases(&"x".repeat(40)), ["x".repeat(40)]);
    }
}
