//! What went wrong, and the exit status that says whose turn it is.

use std::path::Path;

use crate::artefact::ArtefactError;
use crate::device::NoSuchDevice;
use crate::score::BookError;
use crate::strategy::UnknownStrategy;
use crate::tokenizer::TokenizerError;
use crate::train::{ExchangeError, RecipeError, RecordError, StateError, TrainError};

/// Something failed.
pub(super) const FAILED: u8 = 1;
/// The call or an input file is wrong.
pub(super) const WRONG_INPUT: u8 = 2;
/// Finished, but some rows failed for reasons that may pass.
pub(super) const RUN_AGAIN: u8 = 3;

/// An error and its exit status.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: anyhow::Error,
    pub(super) status: u8,
}

impl Failure {
    /// The call or an input file is wrong.
    pub(super) fn wrong_input(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            status: WRONG_INPUT,
        }
    }

    /// A folder that should have scores has none.
    pub(super) fn no_scores(folder: &Path) -> Self {
        let folder = folder.display();
        Self::wrong_input(anyhow::anyhow!(
            "{folder}: no scores here; `ticclip eval --out {folder}` writes them"
        ))
    }

    /// Neither the call nor its input is to blame.
    pub(super) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: error.into(),
            status: FAILED,
        }
    }
}

/// An artefact of other inputs is in the way: the caller decides.
impl From<ArtefactError> for Failure {
    fn from(error: ArtefactError) -> Self {
        match error {
            ArtefactError::Io { .. } | ArtefactError::Busy { .. } => Self::failed(error),
            ArtefactError::NotFolder { .. }
            | ArtefactError::Origin { .. }
            | ArtefactError::Different { .. }
            | ArtefactError::Foreign { .. } => Self::wrong_input(error),
        }
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Data(_)
            | TrainError::Recipe(_)
            | TrainError::OtherRun { .. }
            | TrainError::State(StateError::OtherRun { .. })
            | TrainError::FewPairs { .. }
            | TrainError::ManyRanks { .. }
            | TrainError::OtherRank { .. }
            | TrainError::NoHeldOut { .. }
            | TrainError::HeldOut { .. }
            | TrainError::BrokenBatch { .. } => Self::wrong_input(error),
            _ => Self::failed(error),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::failed(error)
    }
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Io { .. } | BookError::Line { .. } => Self::wrong_input(error),
            BookError::Artefact(error) => error.into(),
            BookError::Figure { .. } => Self::failed(error),
        }
    }
}

macro_rules! wrong_input {
    ($($kind:ty),+ $(,)?) => {
        $(impl From<$kind> for Failure {
            fn from(error: $kind) -> Self {
                Self::wrong_input(error)
            }
        })+
    };
}

wrong_input!(
    ExchangeError,
    RecipeError,
    UnknownStrategy,
    NoSuchDevice,
    TokenizerError
);
