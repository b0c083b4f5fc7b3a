//! What can be wrong with a table or with one row of it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a table cannot be read on.
#[derive(Debug, Error)]
pub enum TableError {
    /// The glob is malformed.
    #[error("table `{pattern}` is not a path or glob: {message}")]
    Pattern {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// No file has such a name.
    #[error("no file matches table `{}`", pattern.display())]
    NoMatch {
        /// Where was looked.
        pattern: PathBuf,
    },
    /// A folder is no table, or cannot be looked into.
    #[error("table {}: {message}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The name ends in nothing we read.
    #[error(
        "{}: a table's name ends in .csv, .tsv, .jsonl, .ndjson or .json, each perhaps with .gz after it, or in .parquet",
        path.display()
    )]
    Format {
        /// The table.
        path: PathBuf,
    },
    /// The table cannot be read.
    #[error("{}: after row {row}: {source}", path.display())]
    Io {
        /// The table.
        path: PathBuf,
        /// The last row that was read, 0 being the header.
        row: u64,
        /// What the system said, or what is wrong with what comes next.
        source: io::Error,
    },
    /// The header is not usable.
    #[error("{}: {message}", path.display())]
    Header {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A column that is needed is not there.
    #[error("{}: no column `{column}`; there are {}", path.display(), quoted(columns))]
    MissingColumn {
        /// The table.
        path: PathBuf,
        /// The column.
        column: String,
        /// The columns there are.
        columns: Vec<String>,
    },
}

impl TableError {
    pub(super) fn header(path: &Path, message: impl Into<String>) -> Self {
        Self::Header {
            path: path.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn io(path: &Path, row: u64) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io {
            path: path.to_owned(),
            row,
            source,
        }
    }
}

fn quoted(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    names.join(", ")
}

/// What is wrong with one row; the rows after it can be read.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum BadRow {
    /// It has too few or too many fields.
    #[error("{found} fields, where the header has {expected}")]
    FieldCount {
        /// Fields it has.
        found: usize,
        /// Columns there are.
        expected: usize,
    },
    /// A field is not UTF-8.
    #[error("field {field} is not UTF-8")]
    NotUtf8 {
        /// The field, counted from 1.
        field: usize,
    },
    /// It is not a JSON object.
    #[error("byte {byte} of the row: expected {expected}")]
    NotJson {
        /// Where in the row, counted from 1.
        byte: usize,
        /// What may stand there.
        expected: &'static str,
    },
}

impl BadRow {
    /// The word by which such rows are counted.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::FieldCount { .. } => "wrong-field-count",
            Self::NotUtf8 { .. } => "not-utf-8",
            Self::NotJson { .. } => "not-json",
        }
    }
}
