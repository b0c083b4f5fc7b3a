//! Note: what a server says about a file, so that a later request can go on with it and its bytes can be checked.

use serde::{Deserialize, Serialize};
use ticclip_fetchers::source::Reply;
use url::Url;

/// What a server says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// Its length.
    pub(super) bytes: Option<u64>,
    /// What `If-Range` takes: an entity tag that stands for the exact bytes, or else a date.
    pub(super) validator: Option<String>,
    /// Its SHA-256, 64 hex digits in lower case.
    pub(super) sha256: Option<String>,
}

impl Note {
    /// Reads the replies to a request for a file of the hub at `home`: those that redirected, and the last.
    ///
    /// A hub that keeps large files elsewhere says their checksum and size as it redirects, in `X-Linked-ETag` and
    /// `X-Linked-Size`. An `ETag` of 64 hex digits is taken for a checksum from the hub itself alone: stores have tags that
    /// look like one and are of something else.
    pub(super) fn of(hops: &[Reply], head: &Reply, home: &Url) -> Self {
        let all = || hops.iter().chain([head]);
        let linked = all().find_map(|reply| digest(reply.header("x-linked-etag")?));
        let own = || {
            let mut own = all().filter(|reply| reply.url.origin() == home.origin());
            own.find_map(|reply| digest(reply.header("etag")?))
        };
        Self {
            bytes: match head.status {
                206 => head
                    .header("content-range")
                    .and_then(range)
                    .map(|(_, all)| all),
                _ => number(head.header("content-length")),
            }
            .or_else(|| linked_size(hops, head)),
            validator: validator(head),
            sha256: linked.or_else(own),
        }
    }

    /// Whether a part of the file can be told from a part of another.
    pub(super) fn resumes(&self) -> bool {
        self.bytes.is_some() && (self.validator.is_some() || self.sha256.is_some())
    }
}

/// The length that a hub announces for a file that is kept elsewhere.
pub(super) fn linked_size(hops: &[Reply], head: &Reply) -> Option<u64> {
    let mut all = hops.iter().chain([head]);
    all.find_map(|reply| number(reply.header("x-linked-size")))
}

/// Where the bytes of a `Content-Range` begin, and how long the whole is.
pub(super) fn range(value: &str) -> Option<(u64, u64)> {
    let (bytes, all) = value.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (begin, end) = bytes.split_once('-')?;
    let (begin, end): (u64, u64) = (begin.parse().ok()?, end.parse().ok()?);
    let all: u64 = all.parse().ok()?;
    // Servers may give less than was asked for.
    (begin <= end && end < all).then_some((begin, all))
}

fn number(value: Option<&str>) -> Option<u64> {
    value?.trim().parse().ok()
}

fn validator(head: &Reply) -> Option<String> {
    // A weak tag does not stand for the exact bytes.
    let strong = head.header("etag").filter(|tag| !tag.starts_with("W/"));
    strong.or(head.header("last-modified")).map(str::to_owned)
}

/// The SHA-256 that an entity tag is, if it is one.
fn digest(tag: &str) -> Option<String> {
    let digits = tag.trim().trim_matches('"');
    let fits = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| digits.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(url: &str, status: u16, headers: &[(&str, &str)]) -> Reply {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Reply {
            url: Url::parse(url).expect("a url"),
            hops: Vec::new(),
            status,
            headers: headers.iter().map(text).collect(),
            body: Vec::new(),
            cut: false,
        }
    }

    #[test]
    fn a_redirecting_hub_says_checksum_and_the_store_says_what_to_go_on_with() {
        let sha = "AB".repeat(32);
        let other = format!("\"{}\"", "cd".repeat(32));
        let hop = reply(
            "https://hub.test/0.tar",
            302,
            &[
                ("x-linked-etag", &format!("\"{sha}\"")),
                ("x-linked-size", "70"),
            ],
        );
        let head = reply(
            "https://store.test/x",
            206,
            &[
                ("etag", &other),
                ("content-range", "bytes 20-69/70"),
                ("content-length", "50"),
            ],
        );
        let home = Url::parse("https://hub.test/").expect("a url");
        let note = Note::of(&[hop], &head, &home);
        assert_eq!(note.bytes, Some(70));
        assert_eq!(note.validator.as_deref(), Some(other.as_str()));
        assert_eq!(note.sha256, Some(sha.to_lowercase()));
        assert_eq!(
            Note::of(&[], &head, &home).sha256,
            None,
            "a store's tag is no checksum"
        );
    }

    #[test]
    fn the_hub_s_own_tag_may_be_a_checksum_and_a_weak_one_is_nothing_to_go_on_with() {
        let home = Url::parse("https://hub.test/").expect("a url");
        let sha = "0a".repeat(32);
        let head = reply(
            "https://hub.test/0.tar",
            200,
            &[("etag", &sha), ("content-length", "9")],
        );
        assert_eq!(Note::of(&[], &head, &home).sha256, Some(sha));
        let weak = reply(
            "https://hub.test/0.tar",
            200,
            &[("etag", "W/\"1\""), ("content-length", "9")],
        );
        let note = Note::of(&[], &weak, &home);
        assert!(note.sha256.is_none() && !note.resumes());
        let day = "Sun, 31 Dec 2023 00:00:00 GMT";
        let dated = reply(
            "https://hub.test/0.tar",
            200,
            &[
                ("etag", "W/\"1\""),
                ("last-modified", day),
                ("content-length", "9"),
            ],
        );
        assert_eq!(Note::of(&[], &dated, &home).validator.as_deref(), Some(day));
    }

    #[test]
    fn a_range_lies_within_its_file() {
        assert_eq!(range("bytes 5-9/10"), Some((5, 10)));
        for wrong in [
            "bytes 5-10/10",
            "bytes 9-5/10",
            "bytes */10",
            "bytes 5-9/*",
            "items 5-9/10",
        ] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
