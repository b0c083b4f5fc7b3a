//! A folder that one process at a time writes into.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::ArtefactError;

const LOCK_FILE: &str = ".lock";

/// Held as long as it lives; a killed process holds nothing.
#[derive(Debug)]
pub(crate) struct FolderLock {
    path: PathBuf,
    /// None where the file system knows no locks, or nothing can be written anyway.
    file: Option<File>,
}

impl FolderLock {
    /// Takes the folder, which must be there.
    ///
    /// # Errors
    /// [`ArtefactError::Busy`] when another process has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, ArtefactError> {
        let path = folder.join(LOCK_FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .ok();
        let file = match file.map(|file| (file.try_lock(), file)) {
            Some((Err(TryLockError::WouldBlock), _)) => {
                return Err(ArtefactError::Busy {
                    folder: folder.to_owned(),
                });
            }
            Some((Ok(()), file)) => Some(file),
            Some((Err(TryLockError::Error(_)), _)) | None => None,
        };
        Ok(Self { path, file })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Somebody who has opened it in the meantime finds the work done or their own, and nobody else's half.
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_processes_until_it_is_left() {
        let dir = tempfile::tempdir().expect("a folder");
        let held = FolderLock::take(dir.path()).expect("free");
        let error = FolderLock::take(dir.path()).expect_err("taken").to_string();
        assert!(error.contains("another ticclip"), "{error}");
        drop(held);
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
        FolderLock::take(dir.path()).expect("free again");
    }

    #[test]
    fn what_a_killed_process_leaves_is_no_lock() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join(LOCK_FILE), "").expect("written");
        FolderLock::take(dir.path()).expect("free");
    }
}
