//! What a scan gives to its sink, for tests to look at.

use std::collections::BTreeSet;
use std::io;

use chrono::{DateTime, Utc};
use ticclip_fetchers::claim::{Kind, Precision};
use ticclip_fetchers::source::{Key, Sink};

/// Keeps everything.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// `None` wants every key.
    pub(crate) wanted: Option<BTreeSet<Key>>,
    /// Key, instant, precision, kind and evidence.
    pub(crate) records: Vec<(Key, String, Precision, Kind, String)>,
    pub(crate) skipped: Vec<String>,
    pub(crate) full: bool,
}

impl Taken {
    /// The instants and kinds under a key.
    pub(crate) fn of(&self, key: Key) -> Vec<String> {
        self.records
            .iter()
            .filter(|record| record.0 == key)
            .map(|(_, at, precision, kind, _)| format!("{at} {precision} {kind}"))
            .collect()
    }
}

impl Sink for Taken {
    fn wants(&self, key: Key) -> bool {
        self.wanted
            .as_ref()
            .is_none_or(|wanted| wanted.contains(&key))
    }

    fn take(
        &mut self,
        key: Key,
        at: DateTime<Utc>,
        precision: Precision,
        kind: Kind,
        evidence: &str,
    ) -> io::Result<()> {
        if self.full {
            return Err(io::Error::other("no space left"));
        }
        assert!(
            evidence.len() <= 1024,
            "evidence of {} bytes",
            evidence.len()
        );
        let at = at.format("%FT%TZ").to_string();
        self.records
            .push((key, at, precision, kind, evidence.to_owned()));
        Ok(())
    }

    fn skip(&mut self, what: &str) {
        self.skipped.push(what.to_owned());
    }
}
