//! The state of an unfinished step on disk: weights, moments and position, so that a kill costs little.
//!
//! A state is a folder `state-<updates>` of safetensors files and a record with the length and the checksum
//! of each. It is written beside training and appears whole; the newest few are kept, so that one that the disk has
//! damaged costs some updates and not the step.

mod disk_file;
mod folder;
mod load;
mod record;
mod snapshot;
mod tensor_file;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::plan::Fingerprint;
use super::record::Cost;
use crate::artefact::ArtefactError;

pub(super) use load::load;
pub use snapshot::Snapshot;
pub use writer::{Writer, Written};

/// Where training stands, and what it was asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Checksum of everything that decides the weights: recipe, data, start, shares.
    pub plan: String,
    /// Updates done.
    pub update: u64,
    /// Samples left out so far.
    pub broken: u64,
    /// What the step has cost so far.
    pub cost: Cost,
}

impl Position {
    /// Before the first update.
    pub(super) fn at_start(plan: &Fingerprint) -> Self {
        Self {
            plan: plan.as_str().to_owned(),
            update: 0,
            broken: 0,
            cost: Cost::default(),
        }
    }
}

/// A state that cannot be taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The state's folder.
    pub path: PathBuf,
    /// The file and what is wrong with it.
    pub reason: String,
}

impl fmt::Display for Damaged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason } = self;
        write!(formatter, "{} is damaged ({reason})", path.display())
    }
}

/// Why a state cannot be kept or taken up again.
#[derive(Debug, Error)]
pub enum StateError {
    /// A file cannot be written, or the folder of states not be read.
    #[error(transparent)]
    Io(#[from] ArtefactError),
    /// The state belongs to another run.
    #[error("{path} was left by a run with another {differs}; use --overwrite to begin afresh")]
    OtherRun {
        /// The state's folder.
        path: PathBuf,
        /// What is not the same.
        differs: String,
    },
    /// No state is whole.
    #[error("{}; use --overwrite to begin the step afresh", listed(.states))]
    Damaged {
        /// All that are there, the newest first.
        states: Vec<Damaged>,
    },
}

fn listed(states: &[Damaged]) -> String {
    let states: Vec<_> = states.iter().map(Damaged::to_string).collect();
    states.join(", ")
}
