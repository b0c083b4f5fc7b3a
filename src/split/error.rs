//! Split error: why a manifest cannot be split.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use ticclip_engine::EngineError;

use crate::artefact::ArtefactError;
use crate::manifest::{ManifestReadError, ParquetFileError};
use crate::timeline::TimelineError;
use crate::uid::UidListError;

/// Why a manifest cannot be split.
#[derive(Debug, Error)]
pub enum SplitError {
    /// A folder without a finished split.
    #[error("{}: no finished split here, for there is no split.json; `ticclip split --out {0}` writes one", folder.display())]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestReadError),
    /// The steps are no timeline.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The rule finds no step in the data.
    #[error("{}: none of its {rows} rows has a date that the {rule} timeline takes in", manifest.display())]
    NoSteps {
        /// The manifest.
        manifest: PathBuf,
        /// Its rows.
        rows: u64,
        /// The rule.
        rule: &'static str,
    },
    /// There is nothing to learn from in some step.
    #[error("no pairs to train on in {}; all steps: {}", empty.join(", "), counts.join(", "))]
    EmptyStep {
        /// The names of the empty steps.
        empty: Vec<String>,
        /// Every step with its counts, in order of time.
        counts: Vec<String>,
    },
    /// The engine cannot answer.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A uid list cannot be read or written.
    #[error(transparent)]
    List(#[from] UidListError),
    /// The list of rejected rows cannot be written.
    #[error(transparent)]
    Rejected(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A record cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record is not what it should be.
    #[error("{}: {source}", path.display())]
    Json {
        /// The record.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}
