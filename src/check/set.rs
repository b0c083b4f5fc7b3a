//! Set: the samples of one step on one side, and what is claimed about them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::finding::Place;

/// What a set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetKind {
    /// Models are tested on finding its captions and images.
    Retrieval,
    /// Models are tested on finding its classes.
    Classification,
    /// Models learn from it.
    Train,
}

impl SetKind {
    /// All kinds, in the order in which they are read: what is tested on comes first.
    pub const ALL: [Self; 3] = [Self::Retrieval, Self::Classification, Self::Train];

    /// The folder of its sets, below the benchmark's.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Retrieval => "eval/retrieval",
            Self::Classification => "eval/classification",
        }
    }

    /// The folder of its tars, below a set's.
    pub(super) fn tars(self) -> &'static str {
        match self {
            Self::Train => "",
            Self::Retrieval | Self::Classification => "test",
        }
    }
}

/// A number of samples or tars that a file claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The file, by its name.
    pub(super) file: String,
    pub(super) count: u64,
}

/// One tar.
#[derive(Debug, Clone)]
pub(super) struct Tar {
    pub(super) path: PathBuf,
    /// Below the benchmark's folder.
    pub(super) name: String,
    /// How many samples it is said to have.
    pub(super) claims: Vec<Claim>,
}

/// One set.
#[derive(Debug, Clone)]
pub(super) struct BenchmarkSet {
    pub(super) kind: SetKind,
    /// The step's place in the timeline, and its name.
    pub(super) step: usize,
    pub(super) step_name: String,
    pub(super) tars: Vec<Tar>,
    /// How many samples it is said to have.
    pub(super) claims: Vec<Claim>,
    /// How many classes have a name.
    pub(super) classes: Option<usize>,
    /// Whether a tar that is promised is missing.
    pub(super) incomplete: bool,
}

impl BenchmarkSet {
    pub(super) fn place(&self) -> Place {
        Place {
            set: self.kind,
            step: self.step_name.clone(),
            file: None,
            key: None,
            uid: None,
        }
    }

    /// The place of one of its tars or other files.
    pub(super) fn place_of(&self, file: &str) -> Place {
        Place {
            file: Some(file.to_owned()),
            ..self.place()
        }
    }
}
