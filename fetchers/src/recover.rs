//! A recovery: asks the sources in the dataset's order for batches of rows and dates every row.

mod image;
mod online;
mod outcome;

pub use outcome::{Failure, Outcome, State};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;

use self::online::{Asked, Online};
use self::outcome::Findings;
use crate::client::{ClientConfig, ClientError};
use crate::config::{ConfigError, Timestamps};
use crate::rejection::Reason;
use crate::source::{Answer, Pair, SourceName, TimestampSource};

/// One row of the dataset's table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The table's columns by name.
    pub columns: BTreeMap<String, String>,
    /// The image's path relative to the image root, or its url.
    pub image: String,
    /// The image's file, if there is one; only sources that read images open it.
    pub image_path: Option<PathBuf>,
}

impl Row {
    fn pair<'a>(&'a self, image_bytes: Option<&'a [u8]>) -> Pair<'a> {
        Pair {
            columns: &self.columns,
            image: &self.image,
            image_bytes,
        }
    }
}

/// What makes a date plausible, and two dates the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Later dates are rejected; usually the time of the run.
    pub not_after: DateTime<Utc>,
    /// Sources that are further apart than this disagree.
    pub tolerance: TimeDelta,
}

impl Rules {
    /// Rejects what is later than `not_after`. One day of tolerance covers local times without an offset.
    pub const fn until(not_after: DateTime<Utc>) -> Self {
        Self {
            not_after,
            tolerance: TimeDelta::days(1),
        }
    }
}

/// Why a recovery cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The `[timestamps]` table cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The runtime of the network client cannot be started.
    #[error("start the network runtime")]
    Runtime(#[source] std::io::Error),
    /// The table lacks a column that a source needs.
    #[error("[timestamps] {source_name} needs the column `{column}`, which the table has not")]
    NoColumn {
        /// The source.
        source_name: SourceName,
        /// The column's name.
        column: String,
    },
}

/// The sources of one dataset, ready to be asked. Keep it from batch to batch: it holds the connections.
pub struct Recovery {
    order: Vec<SourceName>,
    sources: Vec<Box<dyn TimestampSource>>,
    rules: Rules,
    online: Option<Online>,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery")
            .field("order", &self.order)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl Recovery {
    /// Opens the sources. A network client is set up only if the order names a source that asks servers.
    ///
    /// # Errors
    /// The table is not usable, or the network client cannot be set up.
    pub fn new(config: &Timestamps, rules: Rules) -> Result<Self, RecoverError> {
        let settings = config.http_headers.clone().unwrap_or_default();
        Self::with_client(config, rules, ClientConfig::from(&settings))
    }

    /// The same with other retries and waits than the usual ones.
    ///
    /// # Errors
    /// As for [`Recovery::new`].
    pub fn with_client(
        config: &Timestamps,
        rules: Rules,
        client: ClientConfig,
    ) -> Result<Self, RecoverError> {
        let sources = config.sources()?;
        let concurrency = config.http_headers.clone().unwrap_or_default().concurrency;
        let online = config
            .is_online()
            .then(|| Online::new(client, concurrency))
            .transpose()?;
        Ok(Self {
            order: config.order.clone(),
            sources,
            rules,
            online,
        })
    }

    /// Says before the first batch whether the table has the columns that the sources need.
    ///
    /// # Errors
    /// The first source whose column is missing.
    pub fn check_columns<'a>(
        &self,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), RecoverError> {
        let columns: BTreeSet<&str> = columns.into_iter().collect();
        for source in &self.sources {
            if let Some(column) = source
                .needs_column()
                .filter(|column| !columns.contains(column))
            {
                return Err(RecoverError::NoColumn {
                    source_name: source.name(),
                    column: column.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Dates a batch: one outcome a row, in the rows' order. Every source is asked for every row, so that
    /// all claims are known. Not to be called from within an async runtime, as it blocks.
    pub fn recover(&self, rows: &[Row]) -> Vec<Outcome> {
        let mut found: Vec<(Findings, Vec<Asked>)> = rows
            .par_iter()
            .enumerate()
            .map(|(row, columns)| self.ask_offline(row, columns))
            .collect();
        let asked: Vec<Asked> = found
            .iter_mut()
            .flat_map(|(_, asked)| std::mem::take(asked))
            .collect();
        let mut findings: Vec<Findings> = found.into_iter().map(|(findings, _)| findings).collect();
        if let Some(online) = self.online.as_ref().filter(|_| !asked.is_empty()) {
            online.ask(&self.sources, asked, &mut findings);
        }
        findings
            .into_iter()
            .map(|findings| findings.settle(&self.order, self.rules))
            .collect()
    }

    fn ask_offline(&self, row_index: usize, row: &Row) -> (Findings, Vec<Asked>) {
        let (mut findings, mut asked) = (Findings::default(), Vec::new());
        let path = row
            .image_path
            .as_deref()
            .filter(|_| self.sources.iter().any(|source| source.reads_images()));
        let image = path.map(image::read_head).transpose();
        let pair = row.pair(image.as_ref().ok().and_then(Option::as_deref));
        for (source_index, source) in self.sources.iter().enumerate() {
            if let (true, Err(error)) = (source.reads_images(), &image) {
                findings.reject(source.name(), Reason::UnreadableImage, error.to_string());
                continue;
            }
            match source.date(&pair) {
                Ok(Answer::Ask(request)) => asked.push(Asked {
                    row_index,
                    source_index,
                    request,
                }),
                answer => findings.take(source.name(), answer),
            }
        }
        (findings, asked)
    }
}
