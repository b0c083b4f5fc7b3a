//! Inspection: which pair a sample of a pool is, and whether it is whole.

use std::borrow::Cow;

use serde::Deserialize;

use crate::shard::sample::IMAGE_EXTENSIONS;
use crate::uid::Uid;

/// Why a sample cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// One of a few words, by which refusals are counted.
    pub(crate) reason: &'static str,
    /// What exactly is wrong.
    pub(crate) detail: String,
}

fn refuse<T>(reason: &'static str, detail: impl Into<String>) -> Result<T, Refusal> {
    let detail = detail.into();
    Err(Refusal { reason, detail })
}

/// What is needed of img2dataset's and our own description of a sample.
#[derive(Deserialize)]
struct Description<'a> {
    #[serde(borrow, default)]
    uid: Option<Cow<'a, str>>,
}

/// The uid of a sample: what its `.json` says, or its key, with or without the number of a copy behind it.
pub(crate) fn uid_of(key: &str, json: Option<&[u8]>) -> Result<Uid, Refusal> {
    if let Some(json) = json {
        let description: Description<'_> = match serde_json::from_slice(json) {
            Ok(description) => description,
            Err(error) => return refuse("bad-json", error.to_string()),
        };
        if let Some(uid) = description.uid {
            return match uid.parse() {
                Ok(uid) => Ok(uid),
                Err(error) => refuse("bad-uid", format!("{error}")),
            };
        }
    }
    match uid_of_key(key) {
        Some(uid) => Ok(uid),
        None if json.is_none() => refuse("missing-json", "and its name is no uid"),
        None => refuse("no-uid", "neither in its .json nor as its name"),
    }
}

/// The uid that a key is, with or without the number of a copy behind it.
pub(in crate::shard) fn uid_of_key(key: &str) -> Option<Uid> {
    let name = key.rsplit('/').next().unwrap_or(key);
    let uid = copy_in(name).map_or(name, |(uid, _)| uid);
    uid.parse().ok()
}

/// The number of the copy that a key ends with; 0 where there is none.
pub(in crate::shard) fn copy_of_key(key: &str) -> u64 {
    copy_in(key).map_or(0, |(_, copy)| copy)
}

fn copy_in(name: &str) -> Option<(&str, u64)> {
    let (uid, copy) = name.rsplit_once('-')?;
    Some((uid, copy.parse().ok()?))
}

/// Whether members of these extensions make a pair.
pub(super) fn check<'a>(
    mut extensions: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Refusal> {
    if !extensions.clone().any(|name| name == "txt") {
        return refuse("missing-caption", "");
    }
    if !extensions.any(|name| IMAGE_EXTENSIONS.contains(&name)) {
        return refuse("missing-image", "");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_sample_is_named_by_its_json_or_else_by_its_key() {
        let uid = UID.parse::<Uid>().expect("a uid");
        let json = format!(r#"{{"url": "http://a", "uid": "{UID}", "sha256": null}}"#);
        assert_eq!(uid_of("000000012", Some(json.as_bytes())), Ok(uid));
        assert_eq!(uid_of(UID, Some(b"{\"uid\": null}")), Ok(uid));
        assert_eq!(uid_of(&format!("a/{UID}-3"), None), Ok(uid));
    }

    #[test]
    fn a_sample_without_a_name_is_refused_with_a_reason() {
        let reason = |key, json: Option<&[u8]>| uid_of(key, json).expect_err("refused").reason;
        assert_eq!(reason("000000012", None), "missing-json");
        assert_eq!(reason("000000012", Some(b"{}")), "no-uid");
        assert_eq!(reason(UID, Some(b"{\"uid\": \"12\"}")), "bad-uid");
        assert_eq!(reason(UID, Some(b"{\"uid\": 12}")), "bad-json");
        assert_eq!(reason(UID, Some(b"{")), "bad-json");
        let missing = |extensions: &[&'static str]| {
            check(extensions.iter().copied())
                .expect_err("refused")
                .reason
        };
        assert_eq!(missing(&["jpg", "json"]), "missing-caption");
        assert_eq!(missing(&["txt", "json"]), "missing-image");
        assert_eq!(check(["json", "webp", "txt"].into_iter()), Ok(()));
    }
}
