//! Check record: `check.json`, what was checked and what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::CheckError;
use super::finding::Severity;
use super::split_lists::SplitLosses;
use super::tally::FindingsOfKind;

/// The file that a check leaves.
pub const CHECK_FILE: &str = "check.json";

/// What a set has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRecord {
    /// Tars.
    pub tars: u64,
    /// Samples in them.
    pub samples: u64,
    /// Different pairs: a training set may have copies.
    pub pairs: u64,
}

impl SetRecord {
    /// Adds the figures of another set.
    pub fn add(&mut self, other: Self) {
        self.tars += other.tars;
        self.samples += other.samples;
        self.pairs += other.pairs;
    }
}

/// What was found of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepCheck {
    /// Its name.
    pub name: String,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// What is trained on.
    pub train: SetRecord,
    /// What retrieval is tested on.
    pub retrieval: SetRecord,
    /// What classification is tested on.
    pub classification: SetRecord,
}

/// How images were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesRecord {
    /// The hash: `dhash-128`.
    pub hash: String,
    /// Images are near when so many bits differ at most.
    pub distance: u32,
    /// Images compared.
    pub compared: u64,
    /// Images that are too plain to compare.
    pub plain: u64,
    /// Pairs tested on that look like something trained on.
    pub evaluation_pairs_near: u64,
}

/// What `check.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRecord {
    /// The version that checked.
    pub version: String,
    /// What the dataset is called, if it says so.
    pub dataset: String,
    /// The steps in order.
    pub steps: Vec<StepCheck>,
    /// All sets together; a pair that is in several counts once.
    pub total: SetRecord,
    /// Samples whose date is in their step.
    pub dated: u64,
    /// Samples that have no date to compare.
    pub undated: u64,
    /// Samples that have a url to compare.
    pub urls: u64,
    /// Pairs tested on whose url something trained on has.
    pub evaluation_pairs_of_same_url: u64,
    /// How images were compared, if they were.
    pub images: Option<ImagesRecord>,
    /// What the split lists and no shard has; `None` without a split.
    pub split: Option<Vec<SplitLosses>>,
    /// Findings by kind.
    pub findings: BTreeMap<String, FindingsOfKind>,
    /// How many violations there are.
    pub violations: u64,
    /// How many warnings there are.
    pub warnings: u64,
    /// SHA-256 over a line `SET SAMPLES DIGEST\n` for each set that has samples: retrieval, classification, then training sets, each
    /// kind in the order of the steps. SET is the set's folder, such as `train/2016`; DIGEST is SHA-256 over the 16 bytes of
    /// each sample's uid, sorted.
    pub fingerprint: String,
}

impl CheckRecord {
    /// Whether nothing is violated.
    pub fn is_clean(&self) -> bool {
        self.violations == 0
    }

    /// How many findings of this severity there are.
    pub(super) fn count(findings: &BTreeMap<String, FindingsOfKind>, severity: Severity) -> u64 {
        let of_severity = findings.values().filter(|kind| kind.severity == severity);
        of_severity.map(|kind| kind.count).sum()
    }

    /// Reads the record in `folder`.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, CheckError> {
        let path = folder.join(CHECK_FILE);
        let bytes = std::fs::read(&path).map_err(|source| CheckError::Io {
            path: path.clone(),
            source,
        })?;
        serde_json::from_slice(&bytes).map_err(|source| CheckError::Json { path, source })
    }
}
