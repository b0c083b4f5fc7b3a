//! Pool: the images of a manifest, downloaded into WebDataset shards as DataComp's pools have them.
//!
//! A shard is a run of rows of the manifest, always the same ones (`rows`). Its rows are asked for in no order at all
//! and by many at once (`run`); what comes back is made smaller and kept in a journal (`open_shard`), from which the tar
//! is written in the rows' order when the last row is there (`finished`). So a kill loses only what was under way,
//! memory holds only what is under way, and the same bytes served make the same tar.

mod answer;
mod finished;
mod open_shard;
mod outcome;
mod outcomes_table;
mod parts;
mod rows;
mod run;
mod stats;

use std::path::PathBuf;

use thiserror::Error;
use ticclip_fetchers::client::ClientError;
use ticclip_fetchers::journal::JournalError;

use crate::artefact::ArtefactError;
use crate::manifest::{ParquetFileError, TableError};
use crate::shard::{ShardError, ShardReadError};
use crate::store::StoreError;

pub use answer::OptOut;
pub use parts::{PART_FILE, PoolParts};
pub use rows::{Columns, check_manifest, check_rows};
pub use run::{PoolJob, Progress, pool_entries};
pub use stats::{PoolStats, STATS_FILE};

/// Why a pool could not be downloaded. That an image could not is no error but its row's outcome.
#[derive(Debug, Error)]
pub enum PoolError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] TableError),
    /// A row of the manifest is none.
    #[error("{}: row {row}: {message}; `fetch` makes a manifest of the rows that are good", path.display())]
    Row {
        /// The manifest.
        path: PathBuf,
        /// The row, the first being 1.
        row: u64,
        /// What is wrong with it.
        message: String,
    },
    /// A table cannot be read or written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The journal of a shard cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A shard cannot be written.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// A shard of an earlier run cannot be read.
    #[error(transparent)]
    ShardRead(#[from] ShardReadError),
    /// The network client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The object store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder is no part, or not one of those asked for.
    #[error("{}: {message}", path.display())]
    Part {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A working file is not what was written.
    #[error("{}: {message}; remove it to download its shard anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

impl PoolError {
    /// Whether the call or its input is to blame, not the machine.
    pub fn is_wrong_input(&self) -> bool {
        matches!(
            self,
            Self::Manifest(_) | Self::Row { .. } | Self::Part { .. }
        )
    }

    fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
