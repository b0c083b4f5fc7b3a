//! The uid-lists source: lists of uids that were captured in the year or month that the list is named after.

mod npy;
mod period;
mod released;

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Archive, ArchiveError, Key, Pair, Sink, SourceError, SourceName, TimestampSource,
};
use crate::config::ConfigError;

/// The table `uid-lists` under `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UidListsConfig {
    /// Paths or globs of `YYYY.npy`, `YYYYMM.npy`, tars of those, and released pickles.
    pub files: Vec<String>,
}

/// Looks a pair's uid up in lists by year or month.
#[derive(Clone, Debug)]
pub struct UidLists {
    config: UidListsConfig,
}

impl UidLists {
    /// A source over the given lists.
    ///
    /// # Errors
    /// No file is named.
    pub fn new(config: UidListsConfig) -> Result<Self, ConfigError> {
        if config.files.is_empty() {
            return Err(ConfigError::Value {
                source_name: SourceName::UidLists,
                key: "files",
                value: "[]".to_owned(),
                allowed: "allowed are paths or globs of .npy, .tar, .pkl and .pickle files, at least one",
            });
        }
        Ok(Self { config })
    }
}

impl TimestampSource for UidLists {
    fn name(&self) -> SourceName {
        SourceName::UidLists
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        Ok(Answer::LookUp(Key(pair.uid)))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        Some(self)
    }
}

impl Archive for UidLists {
    fn files(&self) -> &[String] {
        &self.config.files
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        let name = file_name(file);
        let opened = || {
            File::open(file).map_err(|error| ArchiveError::Io {
                path: file.to_owned(),
                error,
            })
        };
        let scanned = match file.extension().and_then(OsStr::to_str) {
            Some("npy") => npy::scan(opened()?, &name, sink),
            Some("tar") => scan_tar(opened()?, sink),
            Some("pkl" | "pickle") => released::scan(opened()?, &name, sink),
            _ => Err(Problem::Format(
                "what it is cannot be told; allowed are files that end in .npy, .tar, .pkl or .pickle".to_owned(),
            )),
        };
        scanned.map_err(|problem| problem.of(file))
    }
}

/// Why a file or a tar's member cannot be read.
enum Problem {
    Io(io::Error),
    Format(String),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Problem {
    fn of(self, file: &Path) -> ArchiveError {
        let path = file.to_owned();
        match self {
            Self::Io(error) => ArchiveError::Io { path, error },
            Self::Format(message) => ArchiveError::Format { path, message },
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The lists in a tar, such as the months of a year. Other members are passed over.
fn scan_tar(tar: File, sink: &mut dyn Sink) -> Result<(), Problem> {
    let mut tar = tar::Archive::new(tar);
    for member in tar.entries()? {
        let member = member?;
        let name = file_name(&member.path()?);
        if member.header().entry_type().is_file() && name.ends_with(".npy") {
            npy::scan(member, &name, sink).map_err(|problem| match problem {
                Problem::Format(message) => Problem::Format(format!("member {name}: {message}")),
                other => other,
            })?;
        }
    }
    Ok(())
}
