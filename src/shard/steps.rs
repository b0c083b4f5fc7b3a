//! Steps record: `steps.json`, the time steps of a folder of shards and how many samples each has.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ShardError;

/// The file in a folder of shards that lists its steps.
pub const STEPS_FILE: &str = "steps.json";

/// One time step as its shards have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The name, also of its folders.
    pub name: String,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Samples to learn from.
    pub train: u64,
    /// Samples to be tested on; without any there are no evaluation sets.
    pub held_out: u64,
}

/// What `steps.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepsRecord {
    /// What the dataset is called.
    #[serde(default)]
    pub dataset: String,
    /// Whose work it is.
    #[serde(default)]
    pub credits: Vec<String>,
    /// What a reader should know before trusting a score on it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The steps in order of time.
    pub steps: Vec<StepRecord>,
    /// How many pairs of the split are in no shard for which reason.
    #[serde(default)]
    pub rejected: BTreeMap<String, u64>,
    /// How many rows the split has placed in no step for which reason.
    #[serde(default)]
    pub left_out: BTreeMap<String, u64>,
}

impl StepsRecord {
    /// Reads the record of the shards in `folder`.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, ShardError> {
        let path = folder.join(STEPS_FILE);
        let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => ShardError::NoShards {
                folder: folder.to_owned(),
            },
            _ => ShardError::Io {
                path: path.clone(),
                source,
            },
        })?;
        let record: Self = serde_json::from_slice(&bytes).map_err(|source| ShardError::Json {
            path: path.clone(),
            source,
        })?;
        match record.steps.is_empty() {
            true => Err(ShardError::NoSteps { path }),
            false => Ok(record),
        }
    }
}
