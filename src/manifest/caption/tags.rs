//! Tags of HTML, taken out of a text as the regular expression `<.*?>` finds them.

use std::borrow::Cow;

use memchr::memchr2;

/// The text without what is between a `<` and the next `>` of the same line. A `<` without one stays, as does whatever
/// was between two tags.
pub(super) fn without(text: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let (mut rest, mut found) = (text, false);
    while let Some(open) = rest.find('<') {
        let inside = &rest[open..];
        match memchr2(b'>', b'\n', inside.as_bytes()) {
            Some(end) if inside.as_bytes()[end] == b'>' => {
                found = true;
                kept.push_str(&rest[..open]);
                rest = &inside[end + 1..];
            }
            // None of the line's can have one.
            Some(end) => {
                kept.push_str(&rest[..=open + end]);
                rest = &inside[end + 1..];
            }
            None => break,
        }
    }
    if !found {
        return Cow::Borrowed(text);
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    #[test]
    fn tags_go_and_what_is_none_stays() {
        assert_eq!(without("<a href=\"x>y\">a <b>cat</b></a>"), "y\">a cat");
        assert_eq!(without("1 < 2 <i\n>3 <> 4"), "1 < 2 <i\n>3  4");
        assert!(matches!(without("a << b"), Cow::Borrowed(_)));
    }

    #[test]
    fn many_open_tags_take_no_time_to_speak_of() {
        let start = std::time::Instant::now();
        assert_eq!(without(&"<".repeat(4_000_000)).len(), 4_000_000);
        assert_eq!(without(&"<\n".repeat(2_000_000)).len(), 4_000_000);
        assert!(start.elapsed().as_secs() < 5);
    }

    proptest! {
        #[test]
        fn tags_are_those_of_the_regular_expression(text in "[<>\na é]{0,16}") {
            let regex = Regex::new("<.*?>").expect("a pattern");
            prop_assert_eq!(without(&text), regex.replace_all(&text, ""));
        }
    }
}
