//! The writer of states: one at a time, while training goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::folder::{self, PARTIAL};
use super::record::Record;
use super::snapshot::Snapshot;
use super::{StateError, tensor_file};
use crate::artefact::{ArtefactError, remove_all};

/// Keeps the newest states of a step in a folder.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    keep: usize,
    writing: Option<JoinHandle<Result<Written, StateError>>>,
}

/// A state that is on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its folder.
    pub path: PathBuf,
    /// Updates done.
    pub update: u64,
    /// Bytes of its tensors.
    pub bytes: u64,
    /// From the first byte until it is on the disk under its name.
    pub took: Duration,
}

impl Writer {
    /// A writer that keeps the newest `keep` states under `folder`, at least one.
    #[must_use]
    pub fn new(folder: &Path, keep: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            keep: keep.max(1),
            writing: None,
        }
    }

    /// Whether [`save`](Self::save) would have to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let writing = self.writing.as_ref();
        writing.is_some_and(|thread| !thread.is_finished())
    }

    /// Begins to write a state. The one before is waited for and returned.
    ///
    /// # Errors
    /// [`StateError::Io`] when the one before could not be written: it left nothing, and older ones stay as they were.
    /// The new one is not begun then.
    pub fn save(&mut self, snapshot: Snapshot) -> Result<Option<Written>, StateError> {
        let before = self.wait()?;
        let (folder, keep) = (self.folder.clone(), self.keep);
        let thread = std::thread::Builder::new()
            .name("state".to_owned())
            .spawn(move || write(snapshot, &folder, keep))
            .map_err(ArtefactError::io(&self.folder))?;
        self.writing = Some(thread);
        Ok(before)
    }

    /// Waits until the last state is on the disk, and returns it.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn finish(mut self) -> Result<Option<Written>, StateError> {
        self.wait()
    }

    fn wait(&mut self) -> Result<Option<Written>, StateError> {
        let Some(thread) = self.writing.take() else {
            return Ok(None);
        };
        let panicked = |_| {
            let error = std::io::Error::other("writing the state was given up");
            Err(ArtefactError::io(&self.folder)(error).into())
        };
        thread.join().unwrap_or_else(panicked).map(Some)
    }
}

impl Drop for Writer {
    /// Training that fails leaves its last state whole all the same.
    fn drop(&mut self) {
        if let Err(error) = self.wait() {
            tracing::warn!(%error, "the last state of training is not kept");
        }
    }
}

fn write(snapshot: Snapshot, folder: &Path, keep: usize) -> Result<Written, StateError> {
    let began = Instant::now();
    let update = snapshot.position.update;
    let partial = folder.join(PARTIAL);
    // What a killed run has left.
    remove_all(&partial)?;
    let written = fill(snapshot, &partial).and_then(|bytes| {
        let path = folder::place(&partial, folder, update)?;
        Ok((path, bytes))
    });
    if written.is_err() {
        // The first error is the one to tell; the next state removes what stays.
        let _ = remove_all(&partial);
    }
    let (path, bytes) = written?;
    let took = began.elapsed();
    folder::prune(folder, update, keep)?;
    Ok(Written {
        path,
        update,
        bytes,
        took,
    })
}

/// Writes all files of a state into `partial` and returns their bytes.
pub(super) fn fill(snapshot: Snapshot, partial: &Path) -> Result<u64, StateError> {
    std::fs::create_dir_all(partial).map_err(ArtefactError::io(partial))?;
    let mut files = BTreeMap::new();
    for (name, tensors) in snapshot.files {
        let name = format!("{name}.safetensors");
        let path = partial.join(&name);
        let content = tensor_file::write(tensors, &path).map_err(ArtefactError::io(&path))?;
        files.insert(name, content);
    }
    let bytes = files.values().map(|content| content.bytes).sum();
    Record::new(snapshot.position, files).write(partial)?;
    Ok(bytes)
}
