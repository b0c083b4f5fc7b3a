//! Net error: why a net cannot be made.

use std::path::PathBuf;

use thiserror::Error;
use ticclip_net::matcher::MatcherError;

use super::FeaturesError;
use crate::artefact::ArtefactError;
use crate::encode::EncoderError;
use crate::manifest::{ManifestReadError, ParquetFileError};
use crate::timeline::TimelineError;
use crate::uid::UidListError;

/// Why a net cannot be made.
#[derive(Debug, Error)]
pub enum NetError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestReadError),
    /// The steps are no timeline.
    #[error("{}: no caption of a dated pair has a class: {source}", manifest.display())]
    Timeline {
        /// The manifest.
        manifest: PathBuf,
        /// What is wrong.
        source: TimelineError,
    },
    /// The lemmas make no automaton.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
    /// A caption cannot be encoded.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A list cannot be written.
    #[error(transparent)]
    List(#[from] UidListError),
    /// Precomputed features cannot be used.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// A table cannot be written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The record is not what it should be.
    #[error("{}: {source}", path.display())]
    Json {
        /// The record.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}
