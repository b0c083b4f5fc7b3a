//! Source error: why an evaluation set cannot be opened or read.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::manifest::TableError;
use crate::shard::{ShardReadError, TarsError};

/// Why an evaluation set cannot be opened or read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tars cannot be listed, or one is missing.
    #[error(transparent)]
    Tars(#[from] TarsError),
    /// A tar is damaged.
    #[error(transparent)]
    Shard(#[from] ShardReadError),
    /// `dataset_type.txt` says what we do not know.
    #[error(
        "{}: `{found}` is not a type we know; allowed are `classification`, `multilabel` and `retrieval`",
        path.display()
    )]
    Type {
        /// The file.
        path: PathBuf,
        /// What it says, cut to 64 characters.
        found: String,
    },
    /// A line is not what it should be.
    #[error("{}, line {line}: {message}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// The set has nothing of what is asked.
    #[error("{}: has no {what}", path.display())]
    Lacks {
        /// The set.
        path: PathBuf,
        /// What is asked.
        what: String,
    },
    /// A table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A column is missing, of another type, or one of several.
    #[error("{}: {message}", path.display())]
    Column {
        /// The table.
        path: PathBuf,
        /// What is wrong, with the columns there are.
        message: String,
    },
    /// A Parquet file, archive or list is damaged.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A file is too large to be what it should be.
    #[error("{}: {bytes} bytes, at most {most} are allowed", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        bytes: u64,
        /// The most there may be.
        most: u64,
    },
}

impl SourceError {
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io {
            path: path.clone(),
            source,
        }
    }

    pub(super) fn damaged(path: &Path, message: impl ToString) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}
