//! What stands beside a finished step's weights: how they came to be, and what they cost.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::artefact::{ArtefactError, write_json};

/// How the weights came to be.
const RECORD: &str = "state/step.json";
/// What they cost on this machine.
const COST: &str = "state/cost.json";

/// A file beside a step's weights that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read {path}: {source}")]
pub struct RecordError {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

/// `state/step.json`: how a step's weights came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The strategy's name.
    pub strategy: String,
    /// Name of the time step.
    pub step: String,
    /// Position in time, from 0.
    pub index: usize,
    /// Updates made.
    pub updates: u64,
    /// Pairs seen.
    pub samples: u64,
    /// Pairs that were left out because they could not be read.
    pub broken: u64,
    /// Forward multiply-accumulates of this step, with those of `side_macs`.
    pub macs: u64,
    /// Those of them that are not for the pairs it learns from: a teacher's, or those of what holds weights back.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub side_macs: u64,
    /// Checksums over everything that decides the weights.
    pub plan: String,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// `state/cost.json`: what a step cost on the machine that trained it. No two runs have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time, over all interruptions.
    pub seconds: f64,
    /// Of it, waiting for data.
    pub waiting_seconds: f64,
    /// Energy of the processors, where the machine tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joules: Option<f64>,
}

impl Cost {
    /// Share of the time that went by waiting for data.
    #[must_use]
    pub fn waiting_share(&self) -> f64 {
        if self.seconds > 0.0 {
            self.waiting_seconds / self.seconds
        } else {
            0.0
        }
    }
}

/// Reads the record beside a step's weights; none where there is no such file.
///
/// # Errors
/// [`RecordError`] when the file is there and cannot be read.
pub fn read_step_record(folder: &Path) -> Result<Option<StepRecord>, RecordError> {
    read(&folder.join(RECORD))
}

/// Reads what a step cost; none where that is not known.
///
/// # Errors
/// [`RecordError`] when the file is there and cannot be read.
pub fn read_cost(folder: &Path) -> Result<Option<Cost>, RecordError> {
    read(&folder.join(COST))
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, RecordError> {
    let error = |source| RecordError {
        path: path.to_owned(),
        source,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| error(source.into())),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(error(source)),
    }
}

pub(super) fn write_step_record(record: &StepRecord, folder: &Path) -> Result<(), ArtefactError> {
    write_json(&folder.join(RECORD), record)
}

pub(super) fn write_cost(cost: &Cost, folder: &Path) -> Result<(), ArtefactError> {
    write_json(&folder.join(COST), cost)
}
