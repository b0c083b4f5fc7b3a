//! New file, new folder: something on disk that gets its name only when it is whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use super::{ArtefactError, make_folder, remove_all};

/// The hidden sibling that `path` is built under. The name is fixed, so that a killed run's left-over is replaced.
fn partial(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".partial");
    path.with_file_name(name)
}

/// So much of a file waits for the disk at most until another thread puts it there: at the end little is left to wait for.
const EARLY_BYTES: u64 = 4 << 20;

/// A file that appears under its name when it is finished and leaves nothing when it is dropped before.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    finished: bool,
    /// Bytes since the disk was last set to work.
    waiting: u64,
    early: Option<JoinHandle<io::Result<()>>>,
}

impl NewFile {
    /// Begins the file at `path`, making the folders above it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(path: &Path) -> Result<Self, ArtefactError> {
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let partial = partial(path);
        let file = File::create(&partial).map_err(ArtefactError::io(&partial))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        Ok(Self {
            path: path.to_owned(),
            partial,
            file,
            finished: false,
            waiting: 0,
            early: None,
        })
    }

    /// Sets the disk to work, if it has done what it was last set to.
    fn begin_early(&mut self) -> io::Result<()> {
        if self
            .early
            .as_ref()
            .is_some_and(|early| !early.is_finished())
        {
            return Ok(());
        }
        self.end_early()?;
        let file = self.file.get_ref().try_clone()?;
        self.early = Some(std::thread::spawn(move || file.sync_data()));
        self.waiting = 0;
        Ok(())
    }

    /// Waits for the disk. A failure is told once for each open file, so it must not be lost here.
    fn end_early(&mut self) -> io::Result<()> {
        let panicked = |_| Err(io::Error::other("writing to the disk was given up"));
        self.early
            .take()
            .map_or(Ok(()), |early| early.join().unwrap_or_else(panicked))
    }

    /// Writes `bytes` as the whole file.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArtefactError> {
        let mut file = Self::create(path)?;
        file.write_all(bytes).map_err(ArtefactError::io(path))?;
        file.finish()
    }

    /// Puts what was written on the disk and gives it its name, replacing a file of that name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<(), ArtefactError> {
        let written = self
            .file
            .flush()
            .and_then(|()| self.end_early())
            .and_then(|()| self.file.get_ref().sync_all());
        written
            .and_then(|()| std::fs::rename(&self.partial, &self.path))
            .map_err(ArtefactError::io(&self.path))?;
        self.finished = true;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.waiting += written as u64;
        if self.waiting >= EARLY_BYTES {
            self.begin_early()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for NewFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing to report to: the next run replaces what stays.
            let _ = std::fs::remove_file(&self.partial);
        }
    }
}

/// A folder that appears under its name when it is finished and leaves nothing when it is dropped before.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl NewFolder {
    /// Begins the folder at `path`, making the folders above it and removing what a killed run has left.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(path: &Path) -> Result<Self, ArtefactError> {
        let partial = partial(path);
        remove_all(&partial)?;
        make_folder(&partial)?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            finished: false,
        })
    }

    /// Where to write the contents.
    pub fn folder(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its name, replacing one of that name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<(), ArtefactError> {
        remove_all(&self.path)?;
        std::fs::rename(&self.partial, &self.path).map_err(ArtefactError::io(&self.path))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.finished {
            // As for a file.
            let _ = std::fs::remove_dir_all(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("deep/stats.json");
        let mut file = NewFile::create(&path).expect("begun");
        file.write_all(b"half").expect("written");
        assert!(!path.exists());
        drop(file);
        assert_eq!(
            std::fs::read_dir(dir.path().join("deep"))
                .expect("there")
                .count(),
            0
        );
        NewFile::write_whole(&path, b"whole").expect("written");
        assert_eq!(std::fs::read(&path).expect("there"), b"whole");
    }

    #[test]
    fn a_folder_appears_whole_and_without_a_killed_runs_leavings() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("2016");
        std::mem::forget(NewFolder::create(&path).expect("begun by a run that is then killed"));
        std::fs::write(dir.path().join(".2016.partial/left"), "").expect("written");
        let folder = NewFolder::create(&path).expect("begun");
        std::fs::write(folder.folder().join("0.tar"), "").expect("written");
        assert!(!path.exists());
        folder.finish().expect("finished");
        assert!(path.join("0.tar").exists() && !path.join("left").exists());
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1);
    }
}
