//! Why a query cannot be answered.

use std::io;

use datafusion::error::DataFusionError;
use thiserror::Error;

/// Why a query cannot be answered.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The engine cannot be started.
    #[error("the engine cannot start: {0}")]
    Start(#[source] Box<DataFusionError>),
    /// Threads cannot be started.
    #[error("the engine cannot start its threads: {0}")]
    Threads(#[source] io::Error),
    /// Too little memory, or no threads.
    #[error("the engine cannot work with {found}; {allowed}")]
    Limits {
        /// What was given.
        found: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A table of no files.
    #[error("a table has no files")]
    NoFiles,
    /// A file's ending names no format, or two files are of two formats.
    #[error(
        "{file}: {problem}; all files of a table end alike, in .parquet, .csv, .tsv, .jsonl or .ndjson, the latter four \
         also with .gz or .zst behind"
    )]
    Format {
        /// The path or url.
        file: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A file cannot be opened, or is not what its name says.
    #[error("{file}: {source}")]
    Open {
        /// The path or url, the first of several.
        file: String,
        /// What is wrong.
        source: Box<DataFusionError>,
    },
    /// A path or url that is none.
    #[error("{file}: {problem}; files are local paths or s3://, gs://, az:// or http(s):// urls")]
    Place {
        /// The path or url.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A table has not the column.
    #[error("{file}: no column `{column}`; there are {}", listed(columns))]
    Column {
        /// The table's first file.
        file: String,
        /// The column that is missing.
        column: String,
        /// All columns.
        columns: Vec<String>,
    },
    /// A column's type is none that can be read.
    #[error("{file}: column `{column}` is {found}; allowed is {allowed}")]
    Type {
        /// The table's first file.
        file: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// What can be read.
        allowed: &'static str,
    },
    /// The filter names a column that the manifest has not.
    #[error(
        "filter `{filter}`: no column `{column}`; there are {}",
        listed(columns)
    )]
    FilterColumn {
        /// The filter.
        filter: String,
        /// The column that is missing.
        column: String,
        /// All columns.
        columns: Vec<String>,
    },
    /// The filter is true or false of no row.
    #[error("filter `{filter}` is {found}, not true or false")]
    FilterType {
        /// The filter.
        filter: String,
        /// The type of its value.
        found: String,
    },
    /// The filter cannot be understood.
    #[error("filter `{filter}`: {problem}; allowed is a SQL expression over a row's columns")]
    Filter {
        /// The filter.
        filter: String,
        /// What is wrong.
        problem: String,
    },
    /// A bucket that is not there.
    #[error("there is no bucket {number} of {of}")]
    Bucket {
        /// The number asked for.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// The query failed while it ran.
    #[error("{what}: {source}")]
    Run {
        /// What was asked.
        what: String,
        /// What is wrong.
        source: Box<DataFusionError>,
    },
    /// The cluster's address is none.
    #[cfg(feature = "distributed")]
    #[error(transparent)]
    Cluster(#[from] crate::cluster::ClusterError),
}

fn listed(columns: &[String]) -> String {
    let quoted: Vec<_> = columns.iter().map(|column| format!("`{column}`")).collect();
    quoted.join(", ")
}
