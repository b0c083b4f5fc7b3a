//! Shard error: why shards cannot be written, changed or read.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{ImageError, ShardReadError, TarsError};
use crate::artefact::ArtefactError;
use crate::manifest::{ManifestReadError, ParquetFileError};
use crate::split::SplitError;
use crate::uid::{Uid, UidListError};

/// Why shards cannot be written or read.
#[derive(Debug, Error)]
pub enum ShardError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestReadError),
    /// The record of the split cannot be read.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A uid list cannot be read.
    #[error(transparent)]
    List(#[from] UidListError),
    /// A folder without the record of its steps.
    #[error("{}: no shards here, for there is no steps.json; `ticclip shard --out {0}` writes them", folder.display())]
    NoShards {
        /// The folder.
        folder: PathBuf,
    },
    /// A record of no steps.
    #[error("{}: there are no steps in it", path.display())]
    NoSteps {
        /// The file.
        path: PathBuf,
    },
    /// The manifest does not say where its images are.
    #[error("{}: does not say where its images are; name their folder with --images", manifest.display())]
    NoImageRoot {
        /// The manifest.
        manifest: PathBuf,
    },
    /// There is no folder of images.
    #[error("image folder {}: {source}; where the images have moved, name their folder with --images", path.display())]
    ImageRoot {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk failed while an image was read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// A pair is on both sides of the split.
    #[error("{}: step `{step}`: {uid} is both trained on and held out", splits.display())]
    BothSides {
        /// The split.
        splits: PathBuf,
        /// The step.
        step: String,
        /// The pair.
        uid: Uid,
    },
    /// No pair of a set could be used.
    #[error(
        "{set} of step `{step}`: none of its {rows} pairs can be used ({})",
        reasons(rejected)
    )]
    Empty {
        /// The set.
        set: &'static str,
        /// The step.
        step: String,
        /// Pairs the split has.
        rows: usize,
        /// How many are left out for which reason.
        rejected: BTreeMap<String, u64>,
    },
    /// The list of rejected rows cannot be written or read.
    #[error(transparent)]
    Rejected(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A file cannot be written or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
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
    /// A count is no number.
    #[error("{}: `{found}` is not a number of samples", path.display())]
    Count {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// An evaluation set is of a type we do not know.
    #[error("{}: `{found}` is not a type we know; allowed are `classification` and `retrieval`", path.display())]
    SetType {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// The tars of a set cannot be listed.
    #[error(transparent)]
    Tars(#[from] TarsError),
    /// A tar of shards that are to be changed or unpacked is damaged.
    #[error(transparent)]
    Read(#[from] ShardReadError),
    /// Parts do not belong together.
    #[error("{}: {message}", path.display())]
    Parts {
        /// The folder of one.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Classes are not what they should be.
    #[error("{}: {message}", path.display())]
    Classes {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

fn reasons(rejected: &BTreeMap<String, u64>) -> String {
    rejected
        .iter()
        .map(|(reason, n)| format!("{n} {reason}"))
        .collect::<Vec<_>>()
        .join(", ")
}
