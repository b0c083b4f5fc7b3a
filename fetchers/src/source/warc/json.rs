//! The links to images in a WAT record's JSON, found without reading the rest of it.
//!
//! A record is some hundred kB, and a few of its objects matter. In a valid document the bytes `"IMG@/src"` after `"path":`
//! can only be that member: quotes inside strings are escaped. From there the object is walked back to its brace, over
//! strings and nested values, and then read forward.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

/// No link object is looked at further than this, in bytes, in either direction.
const MAX_OBJECT_BYTES: usize = 64 << 10;
const MAX_DEPTH: usize = 32;

static IMAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"IMG@"));

/// An image that a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageLink<'a> {
    /// The address as the page writes it.
    pub url: Cow<'a, str>,
    /// The page's words for the picture.
    pub alt: Option<Cow<'a, str>>,
}

/// Calls `each` for every link object with the path `IMG@/src` and a url.
pub fn image_links<'a>(json: &'a [u8], mut each: impl FnMut(ImageLink<'a>)) {
    let mut from = 0;
    while let Some(found) = json.get(from..).and_then(|rest| IMAGE.find(rest)) {
        let at = from + found;
        from = at + 1;
        let Some(start) = object_around(json, at) else {
            continue;
        };
        let limit = json.len().min(at + MAX_OBJECT_BYTES);
        let mut object = Object {
            json: &json[..limit],
            at: start,
        };
        let link = object.read();
        // Behind the object, so that a path that is written twice is one link.
        from = from.max(object.at);
        if let Some(link) = link {
            each(link);
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn back_over_spaces(json: &[u8], mut end: usize) -> usize {
    while end > 0 && is_space(json[end - 1]) {
        end -= 1;
    }
    end
}

/// The brace that opens the object of which the value at `value` is the member `path`.
fn object_around(json: &[u8], value: usize) -> Option<usize> {
    let rest = &json[value + 5..];
    if !rest.starts_with(b"/src\"") && !rest.starts_with(b"\\/src\"") {
        return None;
    }
    let colon = back_over_spaces(json, value).checked_sub(1)?;
    let key = back_over_spaces(json, colon);
    if json[colon] != b':' || !json[..key].ends_with(b"\"path\"") {
        return None;
    }
    let start = key - 6;
    // An escaped quote would be inside a string, and so would be all that follows.
    if start > 0 && json[start - 1] == b'\\' {
        return None;
    }
    opening(json, start)
}

/// Walks back from between two members to the brace that opens their object.
fn opening(json: &[u8], mut end: usize) -> Option<usize> {
    let lowest = end.saturating_sub(MAX_OBJECT_BYTES);
    let mut depth = 0_usize;
    while end > lowest {
        end -= 1;
        match json[end] {
            b'"' => end = string_start(json, end, lowest)?,
            b'}' | b']' => depth += 1,
            b'{' if depth == 0 => return Some(end),
            b'{' | b'[' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// The quote that opens the string which the quote at `closing` closes: it has no odd number of backslashes before it.
fn string_start(json: &[u8], closing: usize, lowest: usize) -> Option<usize> {
    let mut end = closing;
    loop {
        end = lowest + memchr::memrchr(b'"', json.get(lowest..end)?)?;
        let escapes = json[..end]
            .iter()
            .rev()
            .take_while(|&&byte| byte == b'\\')
            .count();
        if escapes % 2 == 0 {
            return Some(end);
        }
    }
}

/// An object as it is read forward.
struct Object<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Object<'a> {
    /// The link, if the object is one; of a member that is written twice the last counts.
    fn read(&mut self) -> Option<ImageLink<'a>> {
        let (mut path, mut url, mut alt) = (None, None, None);
        self.take(b'{')?;
        loop {
            let key = self.string()?;
            self.take(b':')?;
            let value = self.value(0)?;
            match key.as_ref() {
                "path" => path = value,
                "url" => url = value,
                "alt" => alt = value,
                _ => {}
            }
            match self.next()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        (path? == "IMG@/src").then_some(())?;
        Some(ImageLink { url: url?, alt })
    }

    fn peek(&mut self) -> Option<u8> {
        while is_space(*self.json.get(self.at)?) {
            self.at += 1;
        }
        self.json.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A value; `Some(None)` if it is no string.
    fn value(&mut self, depth: usize) -> Option<Option<Cow<'a, str>>> {
        match self.peek()? {
            b'"' => return self.string().map(Some),
            b'{' | b'[' if depth < MAX_DEPTH => self.nested(depth + 1)?,
            b'{' | b'[' | b'}' | b']' | b',' | b':' => return None,
            _ => {
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || is_space(*byte);
                self.at += self.json[self.at..].iter().position(ends)?;
            }
        }
        Some(None)
    }

    fn nested(&mut self, depth: usize) -> Option<()> {
        let (object, close) = match self.next()? {
            b'{' => (true, b'}'),
            _ => (false, b']'),
        };
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            if object {
                self.string()?;
                self.take(b':')?;
            }
            self.value(depth)?;
            match self.next()? {
                b',' => {}
                byte if byte == close => return Some(()),
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.take(b'"')?;
        let start = self.at;
        let length = memchr::memchr2(b'"', b'\\', self.json.get(start..)?)?;
        let plain = std::str::from_utf8(self.json.get(start..start + length)?).ok()?;
        self.at = start + length;
        if self.json[self.at] == b'"' {
            self.at += 1;
            return Some(Cow::Borrowed(plain));
        }
        let mut text = plain.to_owned();
        loop {
            let rest = self.json.get(self.at..)?;
            match rest.first()? {
                b'"' => {
                    self.at += 1;
                    return Some(Cow::Owned(text));
                }
                b'\\' => text.push(self.escape()?),
                _ => {
                    let length = memchr::memchr2(b'"', b'\\', rest)?;
                    text.push_str(std::str::from_utf8(rest.get(..length)?).ok()?);
                    self.at += length;
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = *self.json.get(self.at + 1)?;
        self.at += 2;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                if self.json.get(self.at..self.at + 2)? != b"\\u" {
                    return None;
                }
                self.at += 2;
                let second = self.unit()?;
                let low = (0xdc00..0xe000)
                    .contains(&second)
                    .then(|| second - 0xdc00)?;
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    /// Four hex digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.json.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, &digit| {
            Some(unit * 16 + char::from(digit).to_digit(16)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("IMG@/src".to_owned()),
            Just("path".to_owned()),
            Just("\"path\":\"IMG@/src\"".to_owned()),
            Just("{\"path\":\"IMG@/src\",\"url\":\"a\"}".to_owned()),
            Just("A@/href".to_owned()),
            "[a-z\"\\\\{}:,/ é😀\n]{0,8}",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            texts().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            Just(json!(true)),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let name = prop_oneof![
                Just("path".to_owned()),
                Just("url".to_owned()),
                Just("alt".to_owned()),
                texts()
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    fn links(value: &Value, found: &mut Vec<(String, Option<String>)>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| links(item, found)),
            Value::Object(members) => {
                let text =
                    |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
                if let (Some("IMG@/src"), Some(url)) = (text("path").as_deref(), text("url")) {
                    found.push((url, text("alt")));
                }
                members.values().for_each(|value| links(value, found));
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn the_links_are_those_that_a_json_parser_finds(document in values(), pretty: bool, slashes: bool) {
            let mut expected = Vec::new();
            links(&document, &mut expected);
            let mut text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }
                .expect("values can be written");
            if slashes {
                text = text.replace('/', "\\/");
            }
            let mut found = Vec::new();
            image_links(text.as_bytes(), |link| found.push((link.url.into_owned(), link.alt.map(Cow::into_owned))));
            // A link object within a link object is not how links are nested, and is passed over.
            if !nests(&document) {
                expected.sort();
                found.sort();
                prop_assert_eq!(found, expected, "{}", text);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'\\'), Just(b'{'), any::<u8>()], 0..80)) {
            let text = [&bytes[..], b"\"path\":\"IMG@/src\"", &bytes[..]].concat();
            image_links(&text, |_| {});
        }
    }

    fn nests(value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().any(nests),
            Value::Object(members) => {
                let mut inner = Vec::new();
                members.values().for_each(|value| links(value, &mut inner));
                let this = members.get("path").and_then(Value::as_str) == Some("IMG@/src");
                this && !inner.is_empty() || members.values().any(nests)
            }
            _ => false,
        }
    }

    #[test]
    fn escapes_are_undone_and_other_members_passed_over() {
        let text = br#"{"Links":[{"alt":"a \"caf\u00e9\" \ud83d\ude00","x":[1,{"y":"}"}],"path":"IMG@/src","url":"\/a.jpg"}]}"#;
        let mut found = Vec::new();
        image_links(text, |link| found.push(link));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].url, "/a.jpg");
        assert_eq!(found[0].alt.as_deref(), Some("a \"café\" 😀"));
    }
}
