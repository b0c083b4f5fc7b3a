//! Checkpoint: how far the pass over a pool is, from where a later run goes on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::open_set::SetState;
use crate::artefact::{ArtefactError, NewFile, remove_all, write_json};
use crate::shard::ShardError;

/// How far the pass is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// Tars that are done.
    pub(super) tars: usize,
    /// What the sets have, in their order.
    pub(super) sets: Vec<SetState>,
    /// Lists of refused samples that are whole.
    pub(super) rejected_lists: usize,
    /// Samples of the pool that no set wants.
    pub(super) unwanted: u64,
}

/// Which entries of the membership were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found(Vec<u8>);

impl Found {
    pub(super) fn none(entries: usize) -> Self {
        Self(vec![0; entries.div_ceil(8)])
    }

    pub(super) fn has(&self, entry: usize) -> bool {
        self.0[entry / 8] >> (entry % 8) & 1 == 1
    }

    pub(super) fn add(&mut self, entry: usize) {
        self.0[entry / 8] |= 1 << (entry % 8);
    }
}

/// Writes the checkpoint into `folder`; the one before it is forgotten.
pub(super) fn write(
    folder: &Path,
    checkpoint: &Checkpoint,
    found: &Found,
) -> Result<(), ShardError> {
    let before = read_json(folder)?.map(|before| before.tars);
    NewFile::write_whole(&found_file(folder, checkpoint.tars), &found.0)?;
    write_json(&file(folder), checkpoint)?;
    if let Some(before) = before.filter(|&tars| tars != checkpoint.tars) {
        remove_all(&found_file(folder, before))?;
    }
    Ok(())
}

/// The checkpoint in `folder` over so many entries; the beginning, if there is none.
pub(super) fn read(folder: &Path, entries: usize) -> Result<(Checkpoint, Found), ShardError> {
    let Some(checkpoint) = read_json(folder)? else {
        return Ok((Checkpoint::default(), Found::none(entries)));
    };
    let path = found_file(folder, checkpoint.tars);
    let bits = std::fs::read(&path).map_err(ArtefactError::io(&path))?;
    if bits.len() != entries.div_ceil(8) {
        let error = std::io::Error::other("not of this split; begin afresh with --overwrite");
        return Err(ArtefactError::io(&path)(error).into());
    }
    Ok((checkpoint, Found(bits)))
}

fn read_json(folder: &Path) -> Result<Option<Checkpoint>, ShardError> {
    let path = file(folder);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| ShardError::Json { path, source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ArtefactError::io(&path)(error).into()),
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("checkpoint.json")
}

fn found_file(folder: &Path, tars: usize) -> PathBuf {
    folder.join(format!("found-{tars}.bits"))
}
