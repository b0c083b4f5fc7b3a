//! Split record: `split.json`, what was split, how, and how many pairs went where.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::SplitError;
use crate::timeline::{Step, Timeline};

/// The file in a split's folder that says what is in it.
pub const SPLIT_FILE: &str = "split.json";

/// Which side of a split a pair is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Models learn from it.
    Train,
    /// Models are tested on it.
    HeldOut,
}

/// Where, below a split's folder, the uid list of a step is, with `/` between the parts.
pub fn list_path(side: Side, step: &str) -> String {
    match side {
        Side::Train => format!("train/{step}.npy"),
        Side::HeldOut => format!("eval/held-out/{step}.npy"),
    }
}

/// How many pairs of a step are on which side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pairs to learn from.
    pub train: u64,
    /// Pairs to be tested on.
    pub held_out: u64,
}

/// The time steps of a split and the rule they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRecord {
    /// `yearly`, `monthly` or `steps`.
    pub rule: String,
    /// The end of what a rule that follows the data takes in.
    pub not_after: Option<DateTime<Utc>>,
    /// The steps in order of time.
    pub steps: Vec<Step>,
}

/// What `split.json` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitRecord {
    /// Rows of the manifest.
    pub rows: u64,
    /// How many pairs of which step are on which side.
    pub counts: BTreeMap<String, Counts>,
    /// How many rows were left out for which reason.
    pub rejected: BTreeMap<String, u64>,
    /// The expected share that is held out.
    pub held_out_share: f64,
    /// The seed that decides which.
    pub seed: u64,
    /// How it decides.
    pub held_out_formula: String,
    /// The time steps.
    pub timeline: TimelineRecord,
}

impl SplitRecord {
    /// Reads the record of the split in `folder`.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, SplitError> {
        let path: PathBuf = folder.join(SPLIT_FILE);
        let bytes = std::fs::read(&path).map_err(|source| SplitError::Io {
            path: path.clone(),
            source,
        })?;
        serde_json::from_slice(&bytes).map_err(|source| SplitError::Json { path, source })
    }

    /// The steps, checked.
    ///
    /// # Errors
    /// When the record was edited so that they are no timeline any more.
    pub fn timeline(&self) -> Result<Timeline, SplitError> {
        Ok(Timeline::new(self.timeline.steps.clone())?)
    }
}
