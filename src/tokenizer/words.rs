//! A cleaned caption's words: contractions, runs of letters, single digits, runs of other symbols.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

/// What CLIP's vocabulary has a token of its own for, whatever it is made of.
pub(super) const SPECIAL: [&str; 2] = ["<start_of_text>", "<end_of_text>"];

/// Ends of words that are words of their own.
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

const CATEGORIES: icu_properties::CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Symbol,
    /// What separates words.
    Gap,
}

/// The words in their order.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|letter| kind(letter) == Kind::Gap);
        let (word, after) = rest.split_at(first_word(rest));
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// Length of the word that the text starts with.
fn first_word(text: &str) -> usize {
    let mut fixed = SPECIAL.iter().chain(&CONTRACTIONS);
    if let Some(length) = fixed.find_map(|word| starts_with(text, word)) {
        return length;
    }
    let Some(first) = text.chars().next() else {
        return 0;
    };
    match kind(first) {
        Kind::Digit => first.len_utf8(),
        run => text
            .find(|letter| kind(letter) != run)
            .unwrap_or(text.len()),
    }
}

/// How much of the text is the word. A long s counts as an s: it is the one letter that is another's variant and stays
/// when text is made lower case.
fn starts_with(text: &str, word: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    for wanted in word.chars() {
        let (_, letter) = letters.next()?;
        if letter != wanted && !(letter == 'ſ' && wanted == 's') {
            return None;
        }
    }
    Some(letters.offset())
}

fn kind(letter: char) -> Kind {
    if letter.is_ascii_lowercase() {
        return Kind::Letter;
    }
    // Python's `regex` takes the Greek iota below for its letter when it looks for symbols, and for a mark when it
    // looks for letters, so that neither finds it.
    if letter.is_whitespace() || letter == '\u{345}' {
        return Kind::Gap;
    }
    let category = CATEGORIES.get(letter);
    if GeneralCategoryGroup::Letter.contains(category) {
        Kind::Letter
    } else if GeneralCategoryGroup::Number.contains(category) {
        Kind::Digit
    } else {
        Kind::Symbol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        words(text).collect()
    }

    #[test]
    fn letters_digits_and_symbols_part() {
        assert_eq!(
            all("a2014x ²½ foo_bar!? 日本"),
            [
                "a", "2", "0", "1", "4", "x", "²", "½", "foo", "_", "bar", "!?", "日本"
            ]
        );
    }

    #[test]
    fn contractions_are_words() {
        assert_eq!(
            all("it's they'll x'ſ o'clock 'reel"),
            [
                "it", "'s", "they", "'ll", "x", "'ſ", "o", "'", "clock", "'re", "el"
            ]
        );
    }

    #[test]
    fn special_tokens_are_words_only_where_a_word_starts() {
        assert_eq!(
            all("<end_of_text>!<end_of_text>"),
            ["<end_of_text>", "!<", "end", "_", "of", "_", "text", ">"]
        );
        assert_eq!(all("<ſtart_of_text>"), ["<ſtart_of_text>"]);
    }

    #[test]
    fn marks_are_symbols_but_for_the_iota_below() {
        assert_eq!(
            all("q\u{307}w \u{345} !\u{345}!"),
            ["q", "\u{307}", "w", "!", "!"]
        );
    }
}
