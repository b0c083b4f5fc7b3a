//! RedCaps' annotations: a JSON file a subreddit and year, read post by post.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::post::{self, created};
use crate::claim::{Kind, Precision};
use crate::source::bounded::{self, Bounded, RecordStart};
use crate::source::evidence::capped;
use crate::source::{ArchiveError, Key, Sink};

/// Gives the posts that are wanted to the sink.
pub(super) fn scan(path: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
    let (reader, start) = Bounded::new(bounded::open(path)?);
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut posts = Posts {
        file: &name,
        sink,
        start,
        refused: None,
        found: false,
        post: 0,
    };
    let mut json =
        serde_json::Deserializer::from_reader(io::BufReader::with_capacity(1 << 18, reader));
    let read = json.deserialize_map(&mut posts).and_then(|()| json.end());
    let (refused, found) = (posts.refused.take(), posts.found);
    let io = |error| ArchiveError::Io {
        path: path.to_owned(),
        error,
    };
    let format = |message| ArchiveError::Format {
        path: path.to_owned(),
        message,
    };
    match (refused, read) {
        (Some(error), _) => Err(io(error)),
        (None, Err(error)) if error.is_io() => Err(io(error.into())),
        (None, Err(error)) => Err(format(format!("is not RedCaps' JSON: {error}"))),
        (None, Ok(())) if !found => Err(format("has no list `annotations`".to_owned())),
        (None, Ok(())) => Ok(()),
    }
}

/// Reads the file's one object, and the list in it.
struct Posts<'a> {
    file: &'a str,
    sink: &'a mut dyn Sink,
    start: RecordStart,
    /// The sink's error, which must not be taken for one of the file.
    refused: Option<io::Error>,
    found: bool,
    post: u64,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    image_id: Value,
    #[serde(default)]
    created_utc: Value,
    #[serde(default)]
    permalink: Value,
}

impl<'de> Visitor<'de> for &mut Posts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the list `annotations`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.start.mark();
            if key == "annotations" {
                self.found = true;
                map.next_value_seed(&mut *self)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut posts: A) -> Result<(), A::Error> {
        self.start.mark();
        while let Some(annotation) = posts.next_element::<Annotation>()? {
            self.start.mark();
            self.post += 1;
            if let Err(error) = self.take(&annotation) {
                self.refused = Some(error);
                return Err(serde::de::Error::custom("the disk refuses"));
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Posts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

impl Posts<'_> {
    fn take(&mut self, annotation: &Annotation) -> io::Result<()> {
        let Some(id) = annotation.image_id.as_str().and_then(post::id) else {
            self.sink
                .skip(&format!("{} post {}: no image_id", self.file, self.post));
            return Ok(());
        };
        let key = Key::of(id);
        if !self.sink.wants(key) {
            return Ok(());
        }
        let Some(at) = created(&annotation.created_utc) else {
            self.sink.skip(&format!(
                "{} post {id}: created_utc is no number of seconds",
                self.file
            ));
            return Ok(());
        };
        let place = annotation.permalink.as_str().unwrap_or(id);
        let evidence = capped(format!(
            "created_utc={} of {place} in {}",
            annotation.created_utc, self.file
        ));
        self.sink
            .take(key, at, Precision::Second, Kind::Posted, &evidence)
    }
}
