//! The images of a page: `<img src= alt=>` in HTML, by a scanner that knows tags and nothing else.

use std::borrow::Cow;

use super::json::ImageLink;

/// How much of a page is looked at, in bytes.
const MAX_PAGE_BYTES: usize = 4 << 20;
/// No tag is longer; pages put whole pictures into them.
const MAX_TAG_BYTES: usize = 64 << 10;

/// Calls `each` for every image that has an address.
pub(super) fn image_links(page: &[u8], mut each: impl FnMut(ImageLink<'_>)) {
    let page = &page[..page.len().min(MAX_PAGE_BYTES)];
    for at in memchr::memchr_iter(b'<', page) {
        let tag = &page[at + 1..page.len().min(at + MAX_TAG_BYTES)];
        let named = tag
            .get(..3)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"img"));
        let spaced = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        if named
            && tag.get(3).is_some_and(spaced)
            && let Some(link) = read(&tag[3..])
        {
            each(link);
        }
    }
}

/// The attributes of a tag, up to its end.
fn read(mut tag: &[u8]) -> Option<ImageLink<'_>> {
    let (mut url, mut alt) = (None, None);
    loop {
        let skipped = tag
            .iter()
            .position(|&byte| !byte.is_ascii_whitespace() && byte != b'/')?;
        tag = &tag[skipped..];
        if tag[0] == b'>' {
            break;
        }
        let ends = |&byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/');
        // A name may begin with `=`, and then goes on.
        let length = 1 + tag[1..].iter().position(ends)?;
        let name = &tag[..length];
        tag = tag[length..].trim_ascii_start();
        let value = match tag.strip_prefix(b"=") {
            Some(rest) => {
                let (value, rest) = value(rest.trim_ascii_start())?;
                tag = rest;
                value
            }
            None => b"",
        };
        // The first of two attributes of one name counts.
        if name.eq_ignore_ascii_case(b"src") && url.is_none() {
            url = Some(value);
        } else if name.eq_ignore_ascii_case(b"alt") && alt.is_none() {
            alt = Some(value);
        }
    }
    Some(ImageLink {
        url: text(url?),
        alt: alt.map(text),
    })
}

fn value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.first()? {
        quote @ (b'"' | b'\'') => {
            let end = memchr::memchr(*quote, &text[1..])?;
            Some((&text[1..=end], &text[end + 2..]))
        }
        _ => {
            let end = text
                .iter()
                .position(|&byte| byte.is_ascii_whitespace() || byte == b'>')?;
            Some(text.split_at(end))
        }
    }
}

/// Undoes the few character references that addresses and captions have.
fn text(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    if !text.contains('&') {
        return text;
    }
    let plain = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.into_owned(), |text, (from, to)| text.replace(from, to));
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<(String, Option<String>)> {
        let mut found = Vec::new();
        image_links(page.as_bytes(), |link| {
            found.push((link.url.into_owned(), link.alt.map(Cow::into_owned)));
        });
        found
    }

    #[test]
    fn images_are_found_however_their_attributes_are_written() {
        for tag in [
            r#"<img src="/a.jpg?x=1&amp;y=2" alt="A cat">"#,
            "<IMG alt='A cat' class=x hidden SRC = '/a.jpg?x=1&y=2'/>",
            r#"<img/src=/a.jpg?x=1&y=2 alt="A cat" src="/b.jpg">"#,
        ] {
            assert_eq!(
                found(tag),
                [("/a.jpg?x=1&y=2".to_owned(), Some("A cat".to_owned()))],
                "{tag}"
            );
        }
        assert!(found("<image src=/a.jpg><img alt=x><img src='a <img").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_page_panics(page in "(<img|[ =\"'<>/a&é]|src|alt){0,30}") {
            found(&page);
        }
    }
}
