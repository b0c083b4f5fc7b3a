//! Set kind: what the shards of one step are for, which says where they are and what stands beside them.

use std::path::{Path, PathBuf};

use super::evaluation::{classification_folder, retrieval_folder};
use super::job::train_folder;
use super::set_writer::Layout;

/// What a set of shards is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetKind {
    Training,
    Retrieval,
    Classification,
}

impl SetKind {
    pub(super) const ALL: [Self; 3] = [Self::Training, Self::Retrieval, Self::Classification];

    /// Where the set of a step is, below `folder`.
    pub(super) fn folder(self, folder: &Path, step: &str) -> PathBuf {
        match self {
            Self::Training => train_folder(folder, step),
            Self::Retrieval => retrieval_folder(folder, step),
            Self::Classification => classification_folder(folder, step),
        }
    }

    pub(super) fn layout(self) -> Layout {
        match self {
            Self::Training => Layout::Training,
            Self::Retrieval | Self::Classification => Layout::Evaluation,
        }
    }

    /// What messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Training => "training set",
            Self::Retrieval => "evaluation set",
            Self::Classification => "classification set",
        }
    }
}
