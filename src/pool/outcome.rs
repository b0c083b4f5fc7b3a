//! What became of a row's image.

use serde::{Deserialize, Serialize};
use ticclip_fetchers::claim::Claim;

/// The result for one row; what a journal and an outcomes file keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// The row in its shard, from 0.
    pub(super) row: u32,
    pub(super) state: State,
    /// Status of the HTTP reply, where there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) http_status: Option<u16>,
    /// Who answered in the end, if it was not the one asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) final_url: Option<String>,
    /// Dates that came with the image.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) claims: Vec<Claim>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// The image is in the tar.
    Downloaded(Stored),
    /// It is not, and asking again would not help.
    Rejected { reason: String, detail: String },
    /// It is not, for a reason that may pass.
    Failed { reason: String, detail: String },
}

/// An image in a tar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) extension: String,
    /// None where the image was not looked at and cannot be told.
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) original_width: Option<u32>,
    pub(super) original_height: Option<u32>,
    /// SHA-256 of the bytes as they were served, in hex.
    pub(super) sha256: String,
}

impl Outcome {
    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed { .. })
    }

    /// `downloaded`, `rejected` or `failed`.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            State::Downloaded(_) => "downloaded",
            State::Rejected { .. } => "rejected",
            State::Failed { .. } => "failed",
        }
    }

    pub(super) fn reason(&self) -> Option<(&str, &str)> {
        match &self.state {
            State::Downloaded(_) => None,
            State::Rejected { reason, detail } | State::Failed { reason, detail } => {
                Some((reason, detail))
            }
        }
    }
}
