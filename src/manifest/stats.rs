//! Stats: how many rows of a dataset became dated pairs, and what became of the others.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use ticclip_fetchers::recover::Outcome;

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
    /// How many claims each source made, believed or not.
    #[serde(default)]
    pub claims: BTreeMap<String, u64>,
    /// How many answers of each source do not count, for which reason.
    #[serde(default)]
    pub refused: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many pairs each source could not be asked about this time, and why.
    #[serde(default)]
    pub failures: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many pairs have a date that another source contradicts: `CHOSEN against OTHER`.
    #[serde(default)]
    pub disagreements: BTreeMap<String, u64>,
    /// The earliest date.
    pub first: Option<DateTime<Utc>>,
    /// The latest date.
    pub last: Option<DateTime<Utc>>,
}

impl Stats {
    pub(super) fn count_pair(&mut self, found: &Outcome) {
        self.rows += 1;
        self.pairs += 1;
        count(&mut self.outcomes, found.state.as_str());
        for claim in &found.claims {
            count(&mut self.claims, claim.source.as_str());
        }
        for (claim, reason) in &found.refused {
            count(&mut self.claims, claim.source.as_str());
            count_under(&mut self.refused, claim.source.as_str(), reason.as_str());
        }
        for rejection in &found.rejections {
            let reason = rejection.reason.as_str();
            count_under(&mut self.refused, rejection.source.as_str(), reason);
        }
        for failure in &found.failures {
            count_under(&mut self.failures, failure.source.as_str(), &failure.word);
        }
        if let Some(found) = &found.disagreement {
            let who = format!("{} against {}", found.chosen, found.against);
            count(&mut self.disagreements, &who);
        }
        let Some(chosen) = found.chosen() else { return };
        self.span(chosen.at, chosen.at);
        count(&mut self.sources, chosen.source.as_str());
        count(&mut self.kinds, chosen.kind.as_str());
        count(&mut self.precisions, chosen.precision.as_str());
    }

    /// Adds what another part of the same table counted.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.pairs += other.pairs;
        for (sum, counts) in [
            (&mut self.outcomes, &other.outcomes),
            (&mut self.rejected, &other.rejected),
            (&mut self.sources, &other.sources),
            (&mut self.kinds, &other.kinds),
            (&mut self.precisions, &other.precisions),
            (&mut self.claims, &other.claims),
            (&mut self.disagreements, &other.disagreements),
        ] {
            add(sum, counts);
        }
        for (sum, counts) in [
            (&mut self.refused, &other.refused),
            (&mut self.failures, &other.failures),
        ] {
            for (source, counts) in counts {
                add(sum.entry(source.clone()).or_default(), counts);
            }
        }
        if let (Some(first), Some(last)) = (other.first, other.last) {
            self.span(first, last);
        }
    }

    /// Whether any pair could not be asked about.
    pub fn has_failures(&self) -> bool {
        self.outcomes.contains_key("failed")
    }

    fn span(&mut self, first: DateTime<Utc>, last: DateTime<Utc>) {
        self.first = Some(self.first.map_or(first, |before| before.min(first)));
        self.last = Some(self.last.map_or(last, |before| before.max(last)));
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

fn count_under(counts: &mut BTreeMap<String, BTreeMap<String, u64>>, of: &str, name: &str) {
    match counts.get_mut(of) {
        Some(counts) => count(counts, name),
        None => count(counts.entry(of.to_owned()).or_default(), name),
    }
}

fn add(sum: &mut BTreeMap<String, u64>, counts: &BTreeMap<String, u64>) {
    for (name, n) in counts {
        *sum.entry(name.clone()).or_default() += n;
    }
}
