//! A run: records of one archive file, sorted, as many as memory was given for.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::record::Record;
use super::wanted::Wanted;
use crate::claim::{Kind, Precision};
use crate::source::{Key, Sink};

/// Records are sorted and written when they take so much memory; every thread has its own.
const RUN_BYTES: usize = 64 << 20;
/// What a record takes beside its evidence.
const RECORD_BYTES: usize = size_of::<Record>() + 16;

/// The file of the given run.
pub(super) fn path(stem: &Path, run: usize) -> PathBuf {
    stem.with_extension(format!("run{run}"))
}

/// What could not be read.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    pub(super) count: u64,
    pub(super) first: String,
}

/// Takes the records of one archive file.
pub(super) struct RunWriter<'a> {
    wanted: &'a Wanted,
    stem: &'a Path,
    records: Vec<Record>,
    bytes: usize,
    runs: usize,
    skipped: Skipped,
}

impl<'a> RunWriter<'a> {
    pub(super) fn new(wanted: &'a Wanted, stem: &'a Path) -> Self {
        Self {
            wanted,
            stem,
            records: Vec::new(),
            bytes: 0,
            runs: 0,
            skipped: Skipped::default(),
        }
    }

    /// Answers how many runs there are, and what was left out.
    pub(super) fn finish(mut self) -> io::Result<(usize, Skipped)> {
        self.flush()?;
        Ok((self.runs, self.skipped))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        self.records.sort_unstable();
        self.records
            .dedup_by(|next, kept| (next.key, next.kind) == (kept.key, kept.kind));
        let mut out = BufWriter::new(File::create(path(self.stem, self.runs))?);
        for record in self.records.drain(..) {
            record.write(&mut out)?;
        }
        out.flush()?;
        (self.bytes, self.runs) = (0, self.runs + 1);
        Ok(())
    }
}

impl Sink for RunWriter<'_> {
    fn wants(&self, key: Key) -> bool {
        self.wanted.may_hold(key)
    }

    fn take(
        &mut self,
        key: Key,
        at: DateTime<Utc>,
        precision: Precision,
        kind: Kind,
        evidence: &str,
    ) -> io::Result<()> {
        let record = Record::new(key, at, precision, kind, evidence);
        self.bytes += RECORD_BYTES + record.evidence.len();
        self.records.push(record);
        if self.bytes >= RUN_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn skip(&mut self, what: &str) {
        if self.skipped.count == 0 {
            what.clone_into(&mut self.skipped.first);
        }
        self.skipped.count += 1;
    }
}
