//! Percent-encoding (RFC 3986, 2.1), read from bytes of any origin.

/// The byte that the beginning of a text encodes as `%XX`.
pub(super) fn escape(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The text with every escape replaced by its byte; what is no escape stays.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let (value, length) = escape(rest).map_or((byte, 1), |value| (value, 3));
        decoded.push(value);
        rest = rest.get(length..).unwrap_or_default();
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_all_else_stays() {
        for (text, expected) in [
            ("a%2fb%2F", "a/b/"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%+1", "%zz%+1"),
            ("%2541", "%41"),
        ] {
            assert_eq!(decoded(text.as_bytes()), expected.as_bytes(), "{text}");
        }
    }
}
