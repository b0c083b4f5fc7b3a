//! Why an image is not stored.

use std::fmt;

use thiserror::Error;

use crate::preprocess::{ImageError, JpegError};

/// Why an image is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}: {detail}")]
pub struct Refusal {
    /// What counts are kept of.
    pub reason: Reason,
    /// What exactly, for people.
    pub detail: String,
}

/// The kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The bytes are no image, or a damaged one.
    UnreadableImage,
    /// The shorter side has too few pixels.
    ImageTooSmall,
    /// The image has too many pixels, or would get them.
    ImageTooLarge,
    /// One side is too long for the other.
    AspectRatio,
}

impl Reason {
    /// A word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnreadableImage => "unreadable-image",
            Self::ImageTooSmall => "image-too-small",
            Self::ImageTooLarge => "image-too-large",
            Self::AspectRatio => "aspect-ratio",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Refusal {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

impl From<ImageError> for Refusal {
    fn from(error: ImageError) -> Self {
        let reason = match &error {
            ImageError::TooLarge
            | ImageError::Jpeg(JpegError::TooLarge)
            | ImageError::Decode(image::ImageError::Limits(_)) => Reason::ImageTooLarge,
            _ => Reason::UnreadableImage,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<JpegError> for Refusal {
    fn from(error: JpegError) -> Self {
        ImageError::from(error).into()
    }
}
