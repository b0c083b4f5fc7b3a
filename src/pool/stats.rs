//! How many images of a pool are there, and what became of the others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use crate::manifest::count;

/// The file that holds a pool's stats.
pub const STATS_FILE: &str = "stats.json";

/// What became of the rows of a shard, or of a whole pool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolStats {
    /// Rows.
    pub count: u64,
    /// Images in the tars.
    pub successes: u64,
    /// Images that could not be had, now or ever.
    pub failed_to_download: u64,
    /// Images that were had and not kept: unreadable, too small, opted out.
    pub failed_to_resize: u64,
    /// Rows by outcome: `downloaded`, `rejected` or `failed`; only `failed` ones are asked for again.
    pub outcomes: BTreeMap<String, u64>,
    /// How many rows were not downloaded, for which reason.
    pub reasons: BTreeMap<String, u64>,
}

impl PoolStats {
    pub(super) fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut stats = Self::default();
        for outcome in outcomes {
            stats.count += 1;
            count(&mut stats.outcomes, outcome.word());
            match outcome.reason() {
                None => stats.successes += 1,
                Some((reason, _)) => {
                    count(&mut stats.reasons, reason);
                    let was_served = outcome.http_status.is_some_and(|status| status < 300);
                    if was_served && !outcome.is_failed() {
                        stats.failed_to_resize += 1;
                    } else {
                        stats.failed_to_download += 1;
                    }
                }
            }
        }
        stats
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.successes += other.successes;
        self.failed_to_download += other.failed_to_download;
        self.failed_to_resize += other.failed_to_resize;
        for (sum, counts) in [
            (&mut self.outcomes, &other.outcomes),
            (&mut self.reasons, &other.reasons),
        ] {
            for (name, n) in counts {
                *sum.entry(name.clone()).or_default() += n;
            }
        }
    }

    /// Whether rows may be had another time.
    pub fn has_failures(&self) -> bool {
        self.outcomes.contains_key("failed")
    }
}
