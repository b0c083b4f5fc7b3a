//! Sample: the files of one pair in a WebDataset, which share a name up to its first dot.

use chrono::{DateTime, Utc};
use serde::Serialize;
use thiserror::Error;

use crate::manifest::ManifestRow;

/// Extensions of images, in the order they are looked for.
pub(crate) const IMAGE_EXTENSIONS: [&str; 8] =
    ["webp", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff"];

/// The files of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What their names share.
    pub key: String,
    /// Lower-case extension and bytes of each, in their order.
    pub members: Vec<(String, Vec<u8>)>,
}

/// A sample lacks what it is asked for.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("sample `{key}` {message}")]
pub struct SampleError {
    /// The sample.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
}

impl Sample {
    /// The bytes of the member of this extension.
    pub fn member(&self, extension: &str) -> Option<&[u8]> {
        let found = self.members.iter().find(|(name, _)| name == extension);
        found.map(|(_, bytes)| bytes.as_slice())
    }

    /// The encoded image.
    ///
    /// # Errors
    /// When there is none.
    pub fn image(&self) -> Result<&[u8], SampleError> {
        let image = IMAGE_EXTENSIONS
            .iter()
            .find_map(|extension| self.member(extension));
        image.ok_or_else(|| {
            self.lacks("image (.webp, .png, .jpg, .jpeg, .gif, .bmp, .tif or .tiff)")
        })
    }

    /// The captions, one from each line of `.txt` that has one; lines end where they do for Python's `splitlines`, by
    /// which CLIP_benchmark splits captions.
    ///
    /// # Errors
    /// When there is none, or they are not UTF-8.
    pub fn captions(&self) -> Result<Vec<&str>, SampleError> {
        let text = self
            .member("txt")
            .ok_or_else(|| self.lacks("caption (.txt)"))?;
        let text = std::str::from_utf8(text)
            .map_err(|_| self.error("has a .txt that is not UTF-8".to_owned()))?;
        let captions: Vec<_> = text
            .split(ends_line)
            .map(str::trim)
            .filter(|caption| !caption.is_empty())
            .collect();
        if captions.is_empty() {
            Err(self.lacks("caption in its .txt"))
        } else {
            Ok(captions)
        }
    }

    /// The class id in `.cls`.
    ///
    /// # Errors
    /// When there is none, or it is not a number.
    pub fn class(&self) -> Result<usize, SampleError> {
        let text = self
            .member("cls")
            .ok_or_else(|| self.lacks("class (.cls)"))?;
        let id = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        id.ok_or_else(|| self.error("has a .cls that is not a class id".to_owned()))
    }

    fn lacks(&self, what: &str) -> SampleError {
        let there: Vec<_> = self
            .members
            .iter()
            .map(|(extension, _)| format!(".{extension}"))
            .collect();
        self.error(format!("has no {what}; it has {}", there.join(", ")))
    }

    fn error(&self, message: String) -> SampleError {
        SampleError {
            key: self.key.clone(),
            message,
        }
    }
}

/// Where Python's `str.splitlines` ends a line.
fn ends_line(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Key and extension of a member: all up to, and all after, the first dot of its file name. `None` for what is no part
/// of a sample: no extension, a hidden file, a note about the archive such as `__meta__.json`.
pub(super) fn key_and_extension(name: &str) -> Option<(&str, String)> {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, extension) = name[start..].split_once('.')?;
    let note = stem.starts_with("__") && stem.ends_with("__");
    if stem.is_empty() || note {
        return None;
    }
    Some((&name[..start + stem.len()], extension.to_ascii_lowercase()))
}

/// What a sample says about itself in its `.json`.
pub(super) fn describe(row: &ManifestRow) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Description<'a> {
        uid: String,
        timestamp: Option<DateTime<Utc>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        class: Option<&'a str>,
    }
    let class = row.class.as_deref();
    serde_json::to_vec(&Description {
        uid: row.uid.to_string(),
        timestamp: row.timestamp,
        class,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_ends_at_the_first_dot_of_the_file_name() {
        assert_eq!(
            key_and_extension("a.b/c-0.seg.PNG"),
            Some(("a.b/c-0", "seg.png".to_owned()))
        );
        assert_eq!(key_and_extension("x.cls"), Some(("x", "cls".to_owned())));
        for name in ["x", "a.b/x", ".hidden.png", "__meta__.json", ""] {
            assert_eq!(key_and_extension(name), None, "{name}");
        }
    }

    #[test]
    fn captions_end_where_python_ends_lines() {
        let text = "a\r\nb\u{2028}c\u{85}d\u{b}e\u{1f}f\u{a0}g";
        let sample = Sample {
            key: "k".to_owned(),
            members: vec![("txt".to_owned(), text.as_bytes().to_vec())],
        };
        assert_eq!(
            sample.captions(),
            Ok(vec!["a", "b", "c", "d", "e\u{1f}f\u{a0}g"])
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let sample = Sample {
            key: "k".to_owned(),
            members: vec![("txt".to_owned(), b"a\n\n b \n".to_vec())],
        };
        assert_eq!(sample.captions(), Ok(vec!["a", "b"]));
        let error = sample.image().expect_err("none").to_string();
        assert_eq!(
            error,
            "sample `k` has no image (.webp, .png, .jpg, .jpeg, .gif, .bmp, .tif or .tiff); it has .txt"
        );
        assert!(sample.class().is_err());
    }
}
