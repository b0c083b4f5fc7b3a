//! The archive of a source: files with records of dates that are looked up by key, scanned once for all rows.

use std::path::{Path, PathBuf};

use crate::claim::{Kind, Precision};
use chrono::{DateTime, Utc};

/// What a record is looked up by: a pair's uid, or a hash of an id or url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub u128);

impl Key {
    /// The key of an id or a url.
    pub fn of(text: &str) -> Self {
        Self(xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}

/// Takes the records that a scan finds.
pub trait Sink {
    /// Whether any row asks for this key. It may say yes in vain, never no.
    fn wants(&self, key: Key) -> bool;

    /// Takes a record. Of several with one key and kind the earliest is kept.
    ///
    /// # Errors
    /// The disk refuses; the scan stops.
    fn take(
        &mut self,
        key: Key,
        at: DateTime<Utc>,
        precision: Precision,
        kind: Kind,
        evidence: &str,
    ) -> std::io::Result<()>;

    /// Counts a record that cannot be read, with what is wrong and where.
    fn skip(&mut self, what: &str);
}

/// Why an archive's file cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The disk refuses, or what is compressed is damaged.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("{}: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what is allowed.
        message: String,
    },
}

/// A source's files.
pub trait Archive: Send + Sync {
    /// Paths or globs of the files, relative to the dataset's folder.
    fn files(&self) -> &[String];

    /// Reads one file and gives every record that is wanted to the sink.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError>;
}
