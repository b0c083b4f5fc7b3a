//! Inspector: what one sample says about itself, and what is wrong with it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::finding::FindingKind;
use super::grey::Grey;
use super::image_hash::ImageHash;
use super::set::{BenchmarkSet, SetKind};
use crate::shard::{Sample, StepRecord, uid_of};
use crate::uid::Uid;

/// What is compared of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) uid: Option<Uid>,
    /// Its url up to the fragment.
    pub(super) url: Option<String>,
    pub(super) date: Date,
    pub(super) image: Look,
}

/// What a sample says about when it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    None,
    InStep,
    Wrong,
}

/// What an image looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// There is none, it cannot be decoded, or nobody looks.
    Unknown,
    Plain,
    Hash(ImageHash),
}

/// What is needed of a sample's `.json` besides its uid.
#[derive(Default, Deserialize)]
struct Description {
    #[serde(default)]
    url: Value,
    #[serde(default)]
    timestamp: Value,
}

/// Looks at samples. One for each thread.
pub(super) struct Inspector {
    images: bool,
    grey: Grey,
}

impl Inspector {
    /// An inspector that decodes images if `images` is set.
    pub(super) fn new(images: bool) -> Self {
        Self {
            images,
            grey: Grey::new(),
        }
    }

    /// Looks at a sample of `set` and tells `say` what is wrong.
    pub(super) fn inspect(
        &mut self,
        sample: &Sample,
        set: &BenchmarkSet,
        step: &StepRecord,
        mut say: impl FnMut(FindingKind, String),
    ) -> Seen {
        let json = sample.member("json");
        let description: Description = json
            .and_then(|json| serde_json::from_slice(json).ok())
            .unwrap_or_default();
        let uid = uid(&sample.key, json, &mut say);
        let date = date(&description.timestamp, step, &mut say);
        content(sample, set, &mut say);
        let image = self.look(sample, &mut say);
        let url = description.url.as_str();
        let url = url.map(|url| url.split_once('#').map_or(url, |(url, _)| url));
        Seen {
            uid,
            url: url.filter(|url| !url.is_empty()).map(str::to_owned),
            date,
            image,
        }
    }

    fn look(&mut self, sample: &Sample, say: &mut impl FnMut(FindingKind, String)) -> Look {
        let bytes = match sample.image() {
            Ok(bytes) => bytes,
            Err(error) => {
                say(FindingKind::MissingImage, error.message);
                return Look::Unknown;
            }
        };
        if !self.images {
            return Look::Unknown;
        }
        match ImageHash::of(bytes, &mut self.grey) {
            Ok(Some(hash)) => Look::Hash(hash),
            Ok(None) => Look::Plain,
            Err(error) => {
                say(FindingKind::BadImage, error.to_string());
                Look::Unknown
            }
        }
    }
}

fn uid(key: &str, json: Option<&[u8]>, say: &mut impl FnMut(FindingKind, String)) -> Option<Uid> {
    match uid_of(key, json) {
        Ok(uid) => {
            match uid_of(key, None) {
                Ok(named) if named != uid => {
                    say(FindingKind::KeyMismatch, format!("its .json says {uid}"));
                }
                _ => {}
            }
            Some(uid)
        }
        Err(refusal) => {
            let kind = match refusal.reason {
                "bad-json" => FindingKind::BadJson,
                _ => FindingKind::BadUid,
            };
            say(kind, refusal.detail);
            None
        }
    }
}

fn date(timestamp: &Value, step: &StepRecord, say: &mut impl FnMut(FindingKind, String)) -> Date {
    if timestamp.is_null() {
        return Date::None;
    }
    let text = timestamp.as_str();
    let Some(date) = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok()) else {
        let found: String = timestamp.to_string().chars().take(64).collect();
        say(
            FindingKind::UnreadableDate,
            format!("timestamp {found} is not as in 2016-05-01T12:00:00Z"),
        );
        return Date::None;
    };
    let date = date.with_timezone(&Utc);
    if step.from <= date && date < step.to {
        return Date::InStep;
    }
    let (from, to) = (step.from, step.to);
    say(
        FindingKind::DateOutsideStep,
        format!("{date}, but the step is from {from} to before {to}"),
    );
    Date::Wrong
}

/// What a model reads of the sample besides its image.
fn content(sample: &Sample, set: &BenchmarkSet, say: &mut impl FnMut(FindingKind, String)) {
    if set.kind != SetKind::Classification {
        if let Err(error) = sample.captions() {
            say(FindingKind::MissingCaption, error.message);
        }
        return;
    }
    match (sample.class(), set.classes) {
        (Err(error), _) => say(FindingKind::BadClass, error.message),
        (Ok(class), Some(classes)) if class >= classes => say(
            FindingKind::BadClass,
            format!("has class {class}, but classnames.txt has {classes} names"),
        ),
        (Ok(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "0123456789abcdef0123456789abcdef";

    fn inspect(kind: SetKind, key: &str, members: &[(&str, &str)]) -> (Seen, Vec<&'static str>) {
        let set = BenchmarkSet {
            kind,
            step: 0,
            step_name: "2016".to_owned(),
            tars: Vec::new(),
            claims: Vec::new(),
            classes: Some(3),
            incomplete: false,
        };
        let at = |text: &str| text.parse().expect("a date");
        let step = StepRecord {
            name: "2016".to_owned(),
            from: at("2016-01-01T00:00:00Z"),
            to: at("2017-01-01T00:00:00Z"),
            train: 0,
            held_out: 0,
        };
        let members = members.iter();
        let sample = Sample {
            key: key.to_owned(),
            members: members
                .map(|(extension, bytes)| ((*extension).to_owned(), bytes.as_bytes().to_vec()))
                .collect(),
        };
        let mut kinds = Vec::new();
        let seen =
            Inspector::new(false).inspect(&sample, &set, &step, |kind, _| kinds.push(kind.name()));
        (seen, kinds)
    }

    fn of_json(json: &str) -> (Seen, Vec<&'static str>) {
        let key = format!("{UID}-0");
        inspect(
            SetKind::Train,
            &key,
            &[("jpg", ""), ("txt", "a"), ("json", json)],
        )
    }

    #[test]
    fn a_date_is_in_its_half_open_step_or_a_violation() {
        for (date, expected) in [
            ("\"2016-01-01T00:00:00Z\"", (Date::InStep, None)),
            ("\"2017-01-01T00:30:00+01:00\"", (Date::InStep, None)),
            (
                "\"2017-01-01T00:00:00Z\"",
                (Date::Wrong, Some("date-outside-step")),
            ),
            (
                "\"2015-12-31T23:59:59Z\"",
                (Date::Wrong, Some("date-outside-step")),
            ),
            ("null", (Date::None, None)),
            ("17", (Date::None, Some("unreadable-date"))),
            ("\"May\"", (Date::None, Some("unreadable-date"))),
        ] {
            let (seen, kinds) = of_json(&format!("{{\"timestamp\": {date}}}"));
            assert_eq!(
                (seen.date, kinds),
                (expected.0, expected.1.into_iter().collect()),
                "{date}"
            );
        }
    }

    #[test]
    fn a_url_is_compared_without_its_fragment() {
        let url = |json: &str| of_json(json).0.url;
        assert_eq!(
            url("{\"url\": \"http://a/b?c#d#e\"}").as_deref(),
            Some("http://a/b?c")
        );
        assert_eq!(url("{\"url\": \"#d\"}"), None);
        assert_eq!(url("{\"url\": 7}"), None);
    }

    #[test]
    fn a_sample_that_is_no_pair_is_a_violation_with_its_reason() {
        assert_eq!(of_json("{").1, ["bad-json"]);
        assert_eq!(of_json("{\"uid\": \"x\"}").1, ["bad-uid"]);
        let other = UID.replace('0', "1");
        assert_eq!(
            of_json(&format!("{{\"uid\": \"{other}\"}}")).1,
            ["key-mismatch"]
        );
        let parts = |members| inspect(SetKind::Retrieval, UID, members).1;
        assert_eq!(parts(&[("txt", "a")]), ["missing-image"]);
        assert_eq!(parts(&[("png", "")]), ["missing-caption"]);
        assert_eq!(parts(&[("png", ""), ("txt", " \n")]), ["missing-caption"]);
        let class = |id| inspect(SetKind::Classification, UID, &[("png", ""), ("cls", id)]).1;
        assert_eq!(class("2"), [""; 0]);
        assert_eq!(class("3"), ["bad-class"]);
        assert_eq!(class("x"), ["bad-class"]);
    }
}
