//! The working folder of a dating: what makes it possible to go on.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{DatingError, io_at};
use crate::artefact::NewFile;

/// Its name inside the manifest's folder.
pub(super) const WORK_FOLDER: &str = ".fetch";

pub(super) struct Work {
    folder: PathBuf,
}

impl Work {
    /// The working folder of the manifest in `folder`, made where there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, DatingError> {
        let folder = folder.join(WORK_FOLDER);
        for part in ["pieces", "answers", "uids"] {
            let part = folder.join(part);
            std::fs::create_dir_all(&part).map_err(io_at(&part))?;
        }
        Ok(Self { folder })
    }

    /// When the work was begun.
    pub(super) fn begun(&self) -> Result<DateTime<Utc>, DatingError> {
        let path = self.folder.join("begun");
        match std::fs::read_to_string(&path) {
            Ok(text) => DateTime::parse_from_rfc3339(text.trim())
                .map(|at| at.to_utc())
                .map_err(|error| DatingError::Damaged {
                    path,
                    message: error.to_string(),
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let now = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
                NewFile::write_whole(&path, now.as_bytes())?;
                self.begun()
            }
            Err(error) => Err(io_at(&path)(error)),
        }
    }

    /// The folder of a chunk's piece of the manifest.
    pub(super) fn piece(&self, chunk: u64) -> PathBuf {
        self.folder.join(format!("pieces/{chunk:08}"))
    }

    /// The journal of what servers answered about a chunk's rows.
    pub(super) fn answers(&self, chunk: u64) -> PathBuf {
        self.folder.join(format!("answers/{chunk:08}"))
    }

    /// The uids of a chunk's pairs.
    pub(super) fn uids(&self, chunk: u64) -> PathBuf {
        self.folder.join(format!("uids/{chunk:08}"))
    }

    /// Where archives' records are.
    pub(super) fn lookups(&self) -> PathBuf {
        self.folder.join("archives")
    }

    pub(super) fn archives_are_read(&self) -> bool {
        self.lookups().join("read").exists()
    }

    pub(super) fn say_archives_are_read(&self) -> Result<(), DatingError> {
        Ok(NewFile::write_whole(&self.lookups().join("read"), b"")?)
    }

    /// Which pairs of which chunks repeat the uid of an earlier chunk, as far as it is known.
    pub(super) fn repeats(&self) -> Result<BTreeMap<u64, Vec<u32>>, DatingError> {
        let path = self.folder.join("repeats.json");
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| DatingError::Damaged {
                path,
                message: error.to_string(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(io_at(&path)(error)),
        }
    }

    pub(super) fn keep_repeats(
        &self,
        repeats: &BTreeMap<u64, Vec<u32>>,
    ) -> Result<(), DatingError> {
        let path = self.folder.join("repeats.json");
        let json = serde_json::to_vec(repeats).map_err(|error| DatingError::Damaged {
            path: path.clone(),
            message: error.to_string(),
        })?;
        Ok(NewFile::write_whole(&path, &json)?)
    }
}
