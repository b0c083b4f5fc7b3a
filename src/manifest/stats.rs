//! Stats: how many rows of a dataset became dated pairs, and what became of the others.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RowOutcome;

/// The file in a manifest's folder that holds its stats.
pub const STATS_FILE: &str = "stats.json";

/// What became of a dataset's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Rows of the tables.
    pub rows: u64,
    /// Rows that are pairs, and so in the manifest.
    pub pairs: u64,
    /// How many pairs have which outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// How many rows, pairs or not, are in the list of rejected ones for which reason.
    pub rejected: BTreeMap<String, u64>,
    /// How many dated pairs have their date from which source.
    pub sources: BTreeMap<String, u64>,
    /// How many have which kind of date.
    pub kinds: BTreeMap<String, u64>,
    /// How many have a date of which precision.
    pub precisions: BTreeMap<String, u64>,
    /// The earliest date.
    pub first: Option<DateTime<Utc>>,
    /// The latest date.
    pub last: Option<DateTime<Utc>>,
}

impl Stats {
    pub(super) fn count_pair(&mut self, found: &RowOutcome) {
        self.rows += 1;
        self.pairs += 1;
        count(&mut self.outcomes, found.outcome.as_str());
        let Some(at) = found.timestamp else { return };
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        for (counts, value) in [
            (&mut self.sources, &found.source),
            (&mut self.kinds, &found.kind),
            (&mut self.precisions, &found.precision),
        ] {
            if let Some(value) = value {
                count(counts, value);
            }
        }
    }

    pub(super) fn count_rejected(&mut self, reason: &str) {
        count(&mut self.rejected, reason);
    }
}

/// Adds one to the count of `name`.
pub(crate) fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
