//! Outcome: what was found out about the date of one pair.

use chrono::{DateTime, Utc};

/// How the search for a pair's date ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It has a date.
    Dated,
    /// No source knows one.
    Unknown,
    /// What the sources say cannot be used.
    Rejected,
    /// A source could not be asked; the next run asks again.
    Failed,
}

impl Outcome {
    /// The word in a manifest's `outcome` column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dated => "dated",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

/// One dated claim about a pair, a row of `claims.parquet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// When.
    pub at: DateTime<Utc>,
    /// `second`, `day`, `month` or `year`.
    pub precision: String,
    /// `created`, `posted`, `captured` or `modified`.
    pub kind: String,
    /// The source that says so.
    pub source: String,
    /// The url, record id or header it is said in.
    pub evidence: String,
    /// Why the claim is not believed, if it is not.
    pub reason: Option<String>,
}

/// What was found out about the date of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowOutcome {
    /// Every claim, believed or not.
    pub claims: Vec<ClaimRow>,
    /// The date, of a dated pair.
    pub timestamp: Option<DateTime<Utc>>,
    /// How exact it is.
    pub precision: Option<String>,
    /// What it dates.
    pub kind: Option<String>,
    /// Who says so.
    pub source: Option<String>,
    /// How the search ended.
    pub outcome: Outcome,
    /// Why there is no date, in a word.
    pub reason: Option<String>,
    /// What was found instead.
    pub detail: String,
}
