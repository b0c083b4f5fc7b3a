//! Partial file: a file on its way, with a note beside it of which file that is.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::HubError;
use super::note::Note;
use crate::artefact::{remove_all, write_json};

/// A file on its way. Its bytes are in `NAME.part`, what the server said about them in `NAME.part.json`.
#[derive(Debug)]
pub(super) struct PartialFile {
    path: PathBuf,
    part: PathBuf,
    note_path: PathBuf,
    note: Option<Note>,
    file: Option<File>,
    length: u64,
}

impl PartialFile {
    /// Looks what an earlier run has left of the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, HubError> {
        let beside = |ending: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let mut partial = Self {
            path: path.to_owned(),
            part: beside(".part"),
            note_path: beside(".part.json"),
            note: None,
            file: None,
            length: 0,
        };
        partial.note = std::fs::read(&partial.note_path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .filter(Note::resumes);
        partial.length = partial.part.metadata().map_or(0, |part| part.len());
        let most = partial
            .note
            .as_ref()
            .and_then(|note| note.bytes)
            .unwrap_or(0);
        if partial.length > most {
            partial.forget()?;
        }
        Ok(partial)
    }

    /// What is there.
    pub(super) fn part(&self) -> &Path {
        &self.part
    }

    /// How many bytes are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// What the server said about the file when it began.
    pub(super) fn note(&self) -> Option<&Note> {
        self.note.as_ref()
    }

    /// Whether all bytes are there.
    pub(super) fn is_complete(&self) -> bool {
        self.note.as_ref().and_then(|note| note.bytes) == Some(self.length)
    }

    /// Begins anew with a file that the server describes so.
    pub(super) fn begin(&mut self, note: Note) -> Result<(), HubError> {
        self.forget()?;
        write_json(&self.note_path, &note)?;
        self.file = Some(File::create(&self.part).map_err(HubError::io(&self.part))?);
        self.note = Some(note);
        Ok(())
    }

    /// Adds bytes. They are not held back: what has come in survives a kill.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        let written = self.file().and_then(|file| file.write_all(bytes));
        written.map_err(HubError::io(&self.part))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Throws away what is there.
    pub(super) fn forget(&mut self) -> Result<(), HubError> {
        self.file = None;
        remove_all(&self.part)?;
        remove_all(&self.note_path)?;
        (self.note, self.length) = (None, 0);
        Ok(())
    }

    /// Puts the file on the disk and gives it its name.
    pub(super) fn finish(mut self) -> Result<(), HubError> {
        let placed = self
            .file()
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&self.part, &self.path));
        placed.map_err(HubError::io(&self.path))?;
        Ok(remove_all(&self.note_path)?)
    }

    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .open(&self.part)?;
            self.file = Some(file);
        }
        Ok(self.file.as_mut().expect("opened above"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(bytes: u64) -> Note {
        Note {
            bytes: Some(bytes),
            validator: Some("\"1\"".to_owned()),
            sha256: None,
        }
    }

    #[test]
    fn a_part_is_continued_only_where_a_note_says_of_what() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("0.tar");
        let mut partial = PartialFile::open(&path).expect("nothing there");
        partial.begin(note(6)).expect("begun");
        partial.append(b"abc").expect("written");
        drop(partial);
        let mut partial = PartialFile::open(&path).expect("three bytes");
        assert_eq!((partial.length(), partial.note()), (3, Some(&note(6))));
        partial.append(b"def").expect("written");
        assert!(partial.is_complete() && !path.exists());
        partial.finish().expect("in place");
        assert_eq!(std::fs::read(&path).expect("there"), b"abcdef");
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1);

        std::fs::write(dir.path().join("1.tar.part"), "of what?").expect("written");
        let partial = PartialFile::open(&dir.path().join("1.tar")).expect("nothing of use");
        assert_eq!((partial.length(), partial.note()), (0, None));
    }

    #[test]
    fn a_part_that_is_longer_than_its_file_is_of_no_use() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("0.tar");
        let mut partial = PartialFile::open(&path).expect("nothing there");
        partial.begin(note(2)).expect("begun");
        partial.append(b"abc").expect("written");
        drop(partial);
        assert_eq!(PartialFile::open(&path).expect("forgotten").length(), 0);
    }
}
