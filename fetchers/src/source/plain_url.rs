//! A plain url: one that the url standard leaves as it is written, so that its parts are slices of it.
//!
//! Parsing a url by the standard takes about a microsecond. Most urls have nothing that the standard would change, and
//! those are told apart here byte by byte. Whatever is in doubt is not plain and is parsed by the standard.

/// The parts of a plain url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainUrl<'a> {
    pub(super) https: bool,
    /// The host as written, so perhaps in upper case.
    pub(super) host: &'a str,
    /// The digits after the colon.
    pub(super) port: Option<&'a str>,
    /// From the first `/` up to the query; never empty.
    pub(super) path: &'a str,
    /// What follows the path: the query and the fragment, not looked at.
    pub(super) rest: &'a str,
}

/// Whether the standard would change one of these bytes in a path or query, or cut the url there. Without branches, so
/// that many bytes are compared at once.
fn has_odd(text: &[u8]) -> bool {
    text.iter().fold(false, |odd, &byte| {
        odd | !(0x21..0x7f).contains(&byte)
            | (byte == b'"')
            | (byte == b'\'')
            | (byte == b'<')
            | (byte == b'>')
            | (byte == b'`')
            | (byte == b'^')
            | (byte == b'\\')
            | (byte == b'[')
            | (byte == b']')
            | (byte.wrapping_sub(b'{') < 3)
    })
}

impl<'a> PlainUrl<'a> {
    /// Splits a url, or says by `None` that it is not plain.
    pub(super) fn split(url: &'a str) -> Option<Self> {
        let (https, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b':'))?;
        let (host, rest) = rest.split_at_checked(end)?;
        if !is_plain_host(host.as_bytes()) {
            return None;
        }
        let (port, rest) = match rest.strip_prefix(':') {
            Some(rest) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = rest.split_at_checked(digits)?;
                // A leading zero would be dropped.
                if port.starts_with('0') || port.parse::<u16>().is_err() {
                    return None;
                }
                (Some(port), rest)
            }
            None => (None, rest),
        };
        let (path, rest) = rest.split_at_checked(plain_path(rest)?)?;
        Some(Self {
            https,
            host,
            port,
            path,
            rest,
        })
    }

    /// The query with its `?`; empty if there is none. `None` if the standard would change it.
    pub(super) fn query(&self) -> Option<&'a str> {
        plain_query(self.rest)
    }
}

/// A host of letters, digits, dots and hyphens that cannot be a number or an encoded name.
fn is_plain_host(host: &[u8]) -> bool {
    let mut separator = true;
    let mut label_start = 0;
    for (at, &byte) in host.iter().enumerate() {
        if byte.is_ascii_alphanumeric() {
            if separator {
                label_start = at;
            }
            separator = false;
        } else if separator || !matches!(byte, b'.' | b'-') {
            return false;
        } else {
            separator = true;
        }
    }
    // What stands after the last dot or hyphen begins with a letter, so the last label is no number; a hyphen before
    // digits is left to the standard.
    !separator && host[label_start].is_ascii_alphabetic()
}

/// How long the path is at the start of this text; `None` if it is not plain.
pub(super) fn plain_path(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let length = memchr::memchr2(b'?', b'#', bytes).unwrap_or(bytes.len());
    let path = &bytes[..length];
    (path.first() == Some(&b'/') && !has_odd(path) && !has_dot_segment(path)).then_some(length)
}

/// Segments that begin with a dot, also an escaped one, may be dropped.
fn has_dot_segment(path: &[u8]) -> bool {
    path.windows(2).fold(false, |found, pair| {
        found | ((pair[0] == b'/') & ((pair[1] == b'.') | (pair[1] == b'%')))
    })
}

/// The query at the start of this text, with its `?`.
pub(super) fn plain_query(text: &str) -> Option<&str> {
    let query = text.get(..memchr::memchr(b'#', text.as_bytes()).unwrap_or(text.len()))?;
    ((query.is_empty() || query.starts_with('?')) && !has_odd(query.as_bytes())).then_some(query)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    /// A url that looks like one, with a few odd things in it.
    pub(crate) fn urls() -> impl Strategy<Value = String> {
        "(https?|HTTP|ftp)://([a-zA-Z0-9.-]{1,12}|[a-z]{1,8}\\.(com|org)|[0-9.]{1,9})(:[0-9]{0,6})?(/[a-zA-Z0-9._%@é <>'|^{}\"\\\\-]{0,9}){0,4}(\\?[a-z=&'/? é%]{0,9})?(#[a-z?]{0,4})?"
    }

    proptest! {
        #[test]
        fn a_plain_url_is_what_the_standard_makes_of_it(text in urls()) {
            if let Some(plain) = PlainUrl::split(&text) {
                let parsed = Url::parse(&text);
                prop_assert!(parsed.is_ok(), "{text}");
                let parsed = parsed.expect("checked just now");
                prop_assert_eq!(parsed.path(), plain.path, "{}", text);
                prop_assert_eq!(parsed.host_str(), Some(&*plain.host.to_ascii_lowercase()), "{}", text);
                prop_assert_eq!(parsed.scheme() == "https", plain.https);
                let port = plain.port.map(|port| port.parse::<u16>().expect("a plain port is a number"));
                let usual = if plain.https { 443 } else { 80 };
                prop_assert_eq!(parsed.port_or_known_default(), port.or(Some(usual)), "{}", text);
                if let Some(query) = plain.query() {
                    let slow = parsed.query().map_or(String::new(), |query| format!("?{query}"));
                    prop_assert_eq!(slow, query, "{}", text);
                }
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            if let Some(plain) = PlainUrl::split(&text) {
                plain.query();
            }
        }
    }

    #[test]
    fn ordinary_urls_are_plain() {
        for url in [
            "http://example.org/a.jpg",
            "https://live.staticflickr.com/65535/48_ab.jpg?w=1#top",
            "https://cdn.example.co.uk:8443/a/b%20c/d@2x.png",
        ] {
            assert!(
                PlainUrl::split(url).is_some_and(|url| url.query().is_some()),
                "{url}"
            );
        }
    }
}
