//! Why training cannot go on.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::loader::LoaderError;
use super::recipe::RecipeError;
use super::record::RecordError;
use super::state::StateError;
use crate::artefact::ArtefactError;
use crate::model::CheckpointError;
use crate::strategy::HookError;
use crate::tokenizer::TokenizerError;

/// Why training cannot go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// Training data cannot be read.
    #[error(transparent)]
    Data(#[from] LoaderError),
    /// The recipe does not fit the timeline.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A model cannot be read or written.
    #[error(transparent)]
    Model(#[from] CheckpointError),
    /// The state of an unfinished step cannot be kept or taken up.
    #[error(transparent)]
    State(#[from] StateError),
    /// A record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The tokenizer cannot go with a model.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A file cannot be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A strategy cannot have what it needs.
    #[error("strategy {strategy}, step {step}: {source}")]
    Strategy {
        /// The strategy.
        strategy: String,
        /// The time step.
        step: String,
        /// What it could not have.
        source: HookError,
    },
    /// A model cannot be scored on a step's held-out pairs.
    #[error("held-out pairs of step {step}: {source}")]
    HeldOut {
        /// The time step.
        step: String,
        /// What is wrong.
        source: HookError,
    },
    /// A strategy needs held-out pairs, and there are none.
    #[error(
        "strategy {strategy} decides by the retrieval of earlier steps, but {missing} has no held-out pairs: hold some \
         out (`split --held-out 0.01`) and shard again, or leave the strategy out"
    )]
    NoHeldOut {
        /// The strategy.
        strategy: String,
        /// The first time step without any.
        missing: String,
    },
    /// A time step has less than one batch.
    #[error(
        "step {step} has {pairs} pairs, fewer than one batch of {batch}: a batch would hold a pair twice; use a smaller \
         batch-pairs or larger time steps"
    )]
    FewPairs {
        /// The time step.
        step: String,
        /// Its pairs.
        pairs: usize,
        /// Pairs of a batch.
        batch: usize,
    },
    /// A batch cannot be shared out.
    #[error(
        "{ranks} ranks for a batch of {batch} pairs: each needs one at least; start fewer, or use a larger batch-pairs"
    )]
    ManyRanks {
        /// Ranks.
        ranks: usize,
        /// Pairs of a batch.
        batch: usize,
    },
    /// Two ranks would train otherwise.
    #[error(
        "rank {rank} has another {differs} than rank 0; all need the same recipe, shards and options"
    )]
    OtherRank {
        /// The first that does.
        rank: usize,
        /// What is not the same.
        differs: String,
    },
    /// A finished step belongs to another run.
    #[error("{path} was trained with another {differs}; use --overwrite to begin afresh")]
    OtherRun {
        /// The step's folder.
        path: PathBuf,
        /// What is not the same.
        differs: String,
    },
    /// A batch without two readable pairs.
    #[error("step {step}, update {update}: fewer than two samples of the batch can be read")]
    BrokenBatch {
        /// The time step.
        step: String,
        /// The update.
        update: u64,
    },
    /// The loss is no number any more, or far above what a model that knows nothing has.
    #[error(
        "step {step}: the loss is {loss} after update {update}; a lower peak-lr or a grad-clip-norm may help; the keys of \
         its batch are in {keys}"
    )]
    Diverged {
        /// The time step.
        step: String,
        /// The update.
        update: u64,
        /// The loss.
        loss: f32,
        /// Where the batch's keys are.
        keys: PathBuf,
    },
}

impl TrainError {
    /// What makes a system's answer about `path` an error.
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
