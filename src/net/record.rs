//! Net record: `net.json`, which classes were found how often in which step, and how.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::NetError;
use crate::artefact::ArtefactError;
use crate::timeline::Step;

/// The file in a net's folder that says what is in it.
pub const NET_FILE: &str = "net.json";

/// What a step has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepClasses {
    /// Pairs with a class.
    pub pairs: u64,
    /// How many are of each class that is there, by wnid.
    pub classes: BTreeMap<String, u64>,
    /// The classes that are not there. A classifier has all 1000 all the same.
    pub absent: Vec<String>,
}

/// How captions were compared with what classes mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimilarityRecord {
    /// The weights of the text encoder, by their SHA-256.
    pub weights: String,
    /// The smallest cosine of a caption and its class's description.
    pub threshold: f32,
    /// The array of precomputed features that captions were compared by, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<String>,
}

/// What `net.json` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetRecord {
    /// Rows of the manifest.
    pub rows: u64,
    /// What became of them: in the net, or why not.
    pub outcomes: BTreeMap<String, u64>,
    /// How meaning was compared; without it, lemmas alone decided.
    pub similarity: Option<SimilarityRecord>,
    /// The steps in order of time.
    pub timeline: Vec<Step>,
    /// What each has, by its name.
    pub steps: BTreeMap<String, StepClasses>,
}

impl NetRecord {
    /// Reads the record of the net in `folder`.
    ///
    /// # Errors
    /// When it is not there or cannot be understood.
    pub fn read(folder: &Path) -> Result<Self, NetError> {
        let path = folder.join(NET_FILE);
        let bytes = std::fs::read(&path).map_err(ArtefactError::io(&path))?;
        serde_json::from_slice(&bytes).map_err(|source| NetError::Json { path, source })
    }
}
