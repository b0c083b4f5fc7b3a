//! Text of a url's query, as Python's `urllib.parse.unquote_plus` reads it.

use std::borrow::Cow;

/// The text with `+` for a space and `%C3%A9` for what these bytes are in UTF-8. An escape that is none stays; bytes that
/// are no UTF-8 become U+FFFD, as many as Python makes of them.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    if !spaced.contains('%') {
        return Cow::Owned(spaced);
    }
    let mut unquoted = String::with_capacity(spaced.len());
    let mut rest = spaced.as_str();
    while !rest.is_empty() {
        // Python decodes each run of ASCII by itself, so that no escape joins a letter beside it.
        let end = rest
            .find(|letter: char| !letter.is_ascii())
            .unwrap_or(rest.len());
        unquoted.push_str(&String::from_utf8_lossy(&bytes(&rest.as_bytes()[..end])));
        let other = &rest[end..];
        let end = other
            .find(|letter: char| letter.is_ascii())
            .unwrap_or(other.len());
        unquoted.push_str(&other[..end]);
        rest = &other[end..];
    }
    Cow::Owned(unquoted)
}

fn bytes(ascii: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ascii.len());
    let mut at = 0;
    while let Some(&byte) = ascii.get(at) {
        let escaped = ascii.get(at + 1..at + 3).and_then(hex_byte);
        match escaped.filter(|_| byte == b'%') {
            Some(escaped) => {
                bytes.push(escaped);
                at += 3;
            }
            None => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    bytes
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(digits[at]).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_bytes_and_what_is_none_stays() {
        assert_eq!(unquoted("caf%C3%a9+%2B 100%+%zz%4"), "café + 100% %zz%4");
        assert_eq!(unquoted("%F0%9F%98%80"), "😀");
        assert_eq!(
            unquoted("%C3é%A9 %ff%C3"),
            "\u{fffd}é\u{fffd} \u{fffd}\u{fffd}"
        );
        assert_eq!(unquoted("%2541"), "%41");
        assert!(matches!(unquoted("é plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_text_is_unquoted_and_any_bytes_round_trip(text in "(?s)([%+0-9a-fA-F]|.){0,24}", bytes: Vec<u8>) {
            let _ = unquoted(&text);
            let escaped: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(unquoted(&escaped), String::from_utf8_lossy(&bytes));
        }
    }
}
