//! Placing: a finished file in another folder without copying it, where the file system can.

use std::io;
use std::path::{Path, PathBuf};

use super::ArtefactError;

/// Links or copies a file, which appears whole and replaces one of that name.
///
/// # Errors
/// When the disk refuses.
pub fn place(from: &Path, to: &Path) -> Result<(), ArtefactError> {
    match std::fs::hard_link(from, to) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(to).map_err(ArtefactError::io(to))?;
            return place(from, to);
        }
        // Another file system, or one without links.
        Err(_) => {}
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    std::fs::copy(from, &partial)
        .and_then(|_| std::fs::rename(&partial, to))
        .map_err(ArtefactError::io(from))
}
