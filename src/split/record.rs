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

/// Where, below a split's folder, the uid list of a step's retrieval set is, if it is not all that is held out.
pub fn retrieval_path(step: &str) -> String {
    format!("eval/retrieval/{step}.npy")
}

/// The uid list of a step's evaluation set in the split at `folder`: its retrieval set, or else all that is held out.
pub fn evaluation_list(folder: &Path, step: &str) -> PathBuf {
    let retrieval = folder.join(retrieval_path(step));
    if retrieval.exists() {
        retrieval
    } else {
        folder.join(list_path(Side::HeldOut, step))
    }
}

/// How many pairs of a step are on which side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pairs to learn from.
    pub train: u64,
    /// Pairs to be tested on.
    pub held_out: u64,
    /// Those of them that were drawn for the retrieval set, if any were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retrieval: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The table that gave the dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatesRecord {
    /// Its rows, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Rows of a uid that has an earlier date in another row.
    pub repeated: u64,
}

/// What the engine was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryRecord {
    /// What had to be true of a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The column of uids.
    pub uid: String,
    /// The column of dates.
    pub timestamp: String,
    /// Rows whose date is none; without a table of dates they count as undated.
    pub bad_dates: u64,
}

/// How retrieval sets were drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetrievalRecord {
    /// Pairs of a step, where so many are held out.
    pub pairs: u64,
    /// The seed that decides which.
    pub seed: u64,
    /// How it decides.
    pub formula: String,
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
    /// The table that gave the dates, where it was not the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DatesRecord>,
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
    /// Lists of what is held out besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_out_uids: Vec<String>,
    /// Lists of which a pair had to be in one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_uids: Vec<String>,
    /// What the engine was asked, where it read the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<QueryRecord>,
    /// How retrieval sets were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<RetrievalRecord>,
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
        let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => SplitError::Absent {
                folder: folder.to_owned(),
            },
            _ => SplitError::Io {
                path: path.clone(),
                source,
            },
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
