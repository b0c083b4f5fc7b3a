//! `position.json`: where training stands, and what the files beside it must be.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::Position;
use crate::artefact::{ArtefactError, write_json};

const FILE: &str = "position.json";

/// Bytes that are read or written at a time: they are summed while they are in the processor's cache.
pub(super) const CHUNK: usize = 1 << 16;

/// What is in a state's folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) position: Position,
    /// By file name.
    pub(super) files: BTreeMap<String, Content>,
    /// Of the fields above.
    checksum: String,
}

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) bytes: u64,
    /// XXH3 of 128 bits: it finds what disks do to files at the speed of memory. It is no protection from people.
    pub(super) xxh3: String,
}

impl Record {
    pub(super) fn new(position: Position, files: BTreeMap<String, Content>) -> Self {
        Self {
            checksum: checksum(&position, &files),
            position,
            files,
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), ArtefactError> {
        write_json(&folder.join(FILE), self)
    }

    /// Reads a state's record, or says what is wrong with it.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let wrong = |what: String| format!("{FILE}: {what}");
        let text = std::fs::read(folder.join(FILE)).map_err(|error| wrong(error.to_string()))?;
        let record: Self =
            serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if record.checksum != checksum(&record.position, &record.files) {
            return Err(wrong("the checksum differs".to_owned()));
        }
        Ok(record)
    }

    /// Compares every file with what was written, or says what is wrong with the first that differs.
    pub(super) fn check(&self, folder: &Path) -> Result<(), String> {
        for (name, content) in &self.files {
            content
                .check(&folder.join(name))
                .map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }
}

fn checksum(position: &Position, files: &BTreeMap<String, Content>) -> String {
    let text = serde_json::to_vec(&(position, files)).expect("they are plain data");
    in_hex(xxh3_128(&text))
}

pub(super) fn in_hex(sum: u128) -> String {
    format!("{sum:032x}")
}

impl Content {
    fn check(&self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len();
        if bytes != self.bytes {
            let message = format!("it has {bytes} bytes instead of {}", self.bytes);
            return Err(io::Error::other(message));
        }
        let mut hash = Xxh3::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            hash.update(&chunk[..read]);
        }
        if in_hex(hash.digest128()) != self.xxh3 {
            return Err(io::Error::other("the checksum differs"));
        }
        Ok(())
    }
}
