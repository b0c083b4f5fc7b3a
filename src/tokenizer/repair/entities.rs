//! HTML's escapes, such as `&amp;` and `&#8217;`, resolved as ftfy and as Python resolve them.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::letters;

/// Names and what they stand for, in the order of the names; `tests/golden/entities.py` writes the file.
static NAMES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let lines = include_str!("entities.txt").lines();
    lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, codes)| (name, codes.split(' ').filter_map(letter).collect()))
        .collect()
});

/// Letters of a name, the semicolon not counted.
const NAME: usize = 32;
/// Letters and digits between `&`, perhaps `#`, and `;` where only what ends in a semicolon counts.
const UNAMBIGUOUS: usize = 24;

fn letter(code: &str) -> Option<char> {
    char::from_u32(u32::from_str_radix(code, 16).ok()?)
}

/// ftfy's way: only escapes that end in a semicolon, but `&EACUTE;` too.
pub(super) fn unambiguous(text: &str) -> Cow<'_, str> {
    replaced(text, unambiguous_escape)
}

/// Python's way, which is HTML's: the longest name that fits counts, semicolon or not.
pub(super) fn resolved(text: &str) -> Cow<'_, str> {
    replaced(text, |after| number(after).or_else(|| named(after)))
}

/// The text with escapes replaced; the function gets what follows an `&`, and answers how much of that belongs to the
/// escape and what it stands for.
fn replaced(text: &str, escape: impl Fn(&str) -> Option<(usize, String)>) -> Cow<'_, str> {
    let mut replaced = String::new();
    let mut done = 0;
    for (at, ampersand) in text.match_indices('&') {
        let after = at + ampersand.len();
        if let Some((length, letters)) = escape(&text[after..]) {
            replaced.push_str(&text[done..at]);
            replaced.push_str(&letters);
            done = after + length;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    replaced.push_str(&text[done..]);
    Cow::Owned(replaced)
}

fn unambiguous_escape(after: &str) -> Option<(usize, String)> {
    let hash = usize::from(after.starts_with('#'));
    let inside = after.as_bytes()[hash..]
        .iter()
        .take(UNAMBIGUOUS + 1)
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let length = hash + inside + 1;
    if !(1..=UNAMBIGUOUS).contains(&inside) || after.as_bytes().get(length - 1) != Some(&b';') {
        return None;
    }
    if hash == 1 {
        // ftfy takes a semicolon left over as a sign of failure, even where the escape stands for one.
        return number(after).filter(|(used, letters)| *used == length && letters != ";");
    }
    let name = &after[..length];
    let letters = exact(name).map(str::to_owned);
    Some((length, letters.or_else(|| shouted(name))?))
}

/// What an all-caps name stands for: what the name in lower case does, in capitals.
fn shouted(name: &str) -> Option<String> {
    let quiet = name.to_ascii_lowercase();
    let is_shouted = quiet.to_ascii_uppercase() == name && named(name).is_none();
    exact(&quiet).filter(|_| is_shouted).map(str::to_uppercase)
}

fn exact(name: &str) -> Option<&'static str> {
    let at = NAMES.binary_search_by(|(other, _)| (*other).cmp(name));
    at.ok().map(|at| NAMES[at].1.as_str())
}

/// The longest name that the text starts with. A single letter is no name.
fn named(after: &str) -> Option<(usize, String)> {
    let ends_name = |letter: char| "\t\n\x0c <&#;".contains(letter);
    let name = after.char_indices().take(NAME);
    let mut ends: Vec<usize> = name
        .take_while(|(_, letter)| !ends_name(*letter))
        .map(|(at, letter)| at + letter.len_utf8())
        .collect();
    let last = *ends.last()?;
    if after[last..].starts_with(';') {
        ends.push(last + 1);
    }
    let names = ends.iter().skip(1).rev();
    names
        .filter_map(|&end| Some((end, exact(&after[..end])?.to_owned())))
        .next()
}

/// A character by its number, decimal or hexadecimal.
fn number(after: &str) -> Option<(usize, String)> {
    let inside = after.strip_prefix('#')?;
    let (digits, radix) = match inside.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (inside, 10),
    };
    let rest = digits.trim_start_matches(|letter: char| letter.is_digit(radix));
    let value = digits[..digits.len() - rest.len()]
        .chars()
        .filter_map(|digit| digit.to_digit(radix))
        .reduce(|value, digit| value.saturating_mul(radix).saturating_add(digit))?;
    let rest = rest.strip_prefix(';').unwrap_or(rest);
    let letters = numbered(value).map(String::from).unwrap_or_default();
    Some((after.len() - rest.len(), letters))
}

/// The character of a number as browsers see it; controls and what is no character are left out.
fn numbered(value: u32) -> Option<char> {
    match value {
        0 => Some(char::REPLACEMENT_CHARACTER),
        0x01..=0x08 | 0x0b | 0x0e..=0x1f | 0x7f | 0xfdd0..=0xfdef => None,
        _ => match char::from_u32(value) {
            Some(_) if value & 0xfffe == 0xfffe => None,
            Some(letter) => Some(letters::of_windows(letter)),
            None => Some(char::REPLACEMENT_CHARACTER),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert_eq!(NAMES.len(), 2231);
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn the_longest_name_that_fits_counts_without_semicolon() {
        assert_eq!(
            resolved("&notit; &notin; &hellip &hellip;"),
            "¬it; ∉ &hellip …"
        );
        assert_eq!(resolved("&copyé &a && &;"), "©é &a && &;");
    }

    #[test]
    fn numbers_follow_browsers() {
        assert_eq!(resolved("&#65&#x42;&#146;&#X6a&#0;"), "AB’j\u{fffd}");
        assert_eq!(
            resolved("&#1;&#xFFFF;&#xFDD0;.&#xD800;&#99999999999999999999;"),
            ".\u{fffd}\u{fffd}"
        );
        assert_eq!(resolved("&#; &#x; &#xg &# 1"), "&#; &#x; &#xg &# 1");
    }

    #[test]
    fn only_what_ends_in_a_semicolon_is_unambiguous() {
        assert_eq!(
            unambiguous("&amp &amp; &notit; &#65 &#65; &#59;"),
            "&amp & &notit; &#65 A &#59;"
        );
    }

    #[test]
    fn shouted_names_stand_for_capitals() {
        assert_eq!(
            unambiguous("P&EACUTE;REZ STRA&SZLIG;E &nTILDE;"),
            "PÉREZ STRASSE &nTILDE;"
        );
        assert_eq!(unambiguous("&GTDOT; &LT;"), "&GTDOT; <");
    }
}
