//! A recovery: asks the sources in the dataset's order about the rows of a table and dates every row.
//!
//! Rows come in batches. [`Recovery::begin`] takes what the rows themselves and the archives tell; [`Recovery::ask`] asks
//! the servers what is left and notes every answer in a journal, from which an interrupted batch goes on;
//! [`Recovery::settle`] makes an [`Outcome`] of what is known about each row.

mod answers;
mod image;
mod online;
mod outcome;

pub use answers::{Answers, AnswersError};
pub use outcome::{Failure, Outcome, State};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use self::online::Online;
use self::outcome::Findings;
use crate::claim::Rule;
use crate::client::{ClientConfig, ClientError};
use crate::config::{ConfigError, Timestamps};
use crate::lookup::{Lookup, LookupError, Wanted, archive_files};
use crate::rejection::Reason;
use crate::source::{Answer, Cells, Key, Pair, Question, SourceName, TimestampSource};

/// One row of the dataset's table.
#[derive(Clone)]
pub struct Row<'a> {
    /// The pair's 128-bit uid.
    pub uid: u128,
    /// The table's columns by name.
    pub cells: &'a dyn Cells,
    /// The image's path relative to the image root, or its url.
    pub image: &'a str,
    /// The image's file, if there is one; only sources that read images open it.
    pub image_path: Option<PathBuf>,
}

/// What makes a date plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Later dates are rejected; usually the time of the run.
    pub not_after: DateTime<Utc>,
    /// Claims that are further apart than this disagree.
    pub tolerance: TimeDelta,
    /// Which of several claims dates the pair.
    pub rule: Rule,
}

/// Why a recovery cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The `[timestamps]` table cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The network client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An archive cannot be read or looked up in.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The journal of answers cannot be kept.
    #[error(transparent)]
    Answers(#[from] AnswersError),
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
    /// One a source, for those with an archive.
    lookups: Vec<Option<Lookup>>,
    rules: Rules,
    online: Online,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery")
            .field("order", &self.order)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// What is known about a batch of rows, and what is still to be asked.
#[derive(Debug)]
pub struct Batch {
    findings: Vec<Findings>,
    asked: Vec<Asked>,
}

impl Batch {
    /// Whether servers have to be asked.
    pub fn is_open(&self) -> bool {
        !self.asked.is_empty()
    }

    /// How many questions servers have to be asked.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }
}

/// A question of one source about one row.
#[derive(Clone, Debug)]
struct Asked {
    row: usize,
    source: usize,
    question: Question,
}

/// A key to look up for one row.
struct Sought {
    key: Key,
    row: usize,
    source: usize,
}

impl Recovery {
    /// Opens the sources. Archives are still to be read: see [`Recovery::read_archives`].
    ///
    /// # Errors
    /// The table is not usable, or the network client cannot be set up.
    pub fn new(config: &Timestamps, not_after: DateTime<Utc>) -> Result<Self, RecoverError> {
        Self::with_client(config, not_after, &ClientConfig::default())
    }

    /// The same with other retries and waits than the usual ones.
    ///
    /// # Errors
    /// As for [`Recovery::new`].
    pub fn with_client(
        config: &Timestamps,
        not_after: DateTime<Utc>,
        client: &ClientConfig,
    ) -> Result<Self, RecoverError> {
        let sources = config.sources()?;
        Ok(Self {
            order: config.order.clone(),
            lookups: sources.iter().map(|_| None).collect(),
            online: Online::new(&sources, client)?,
            sources,
            rules: Rules {
                not_after,
                tolerance: TimeDelta::hours(config.tolerance_hours.into()),
                rule: config.rule,
            },
        })
    }

    /// Fails where a source needs a column that is not among `columns`: better once than in every row.
    ///
    /// # Errors
    /// Names the source and the column.
    pub fn check_columns<'a>(
        &self,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), RecoverError> {
        let columns: BTreeSet<&str> = columns.into_iter().collect();
        let needs = |source: &dyn TimestampSource| {
            let column = source.needs_column()?;
            (!columns.contains(column)).then(|| column.to_owned())
        };
        match self
            .sources
            .iter()
            .find_map(|source| Some((source.name(), needs(source.as_ref())?)))
        {
            Some((source_name, column)) => Err(RecoverError::NoColumn {
                source_name,
                column,
            }),
            None => Ok(()),
        }
    }

    /// Whether any source has files of its own, so that the keys of all rows are needed before the first batch.
    pub fn has_archives(&self) -> bool {
        self.sources
            .iter()
            .any(|source| has_archive(source.as_ref()))
    }

    /// Whether any source may ask servers.
    pub fn is_online(&self) -> bool {
        self.online.is_needed()
    }

    /// The files of all archives, sorted within a source.
    ///
    /// # Errors
    /// A pattern is malformed or matches nothing.
    pub fn archive_files(&self, folder: &Path) -> Result<Vec<PathBuf>, RecoverError> {
        let mut files = Vec::new();
        for source in &self.sources {
            if let Some(archive) = source
                .archive()
                .filter(|archive| !archive.files().is_empty())
            {
                files.extend(archive_files(source.name(), archive, folder)?);
            }
        }
        Ok(files)
    }

    /// The keys that archives are asked for about this row.
    pub fn keys(&self, row: &Row<'_>) -> impl Iterator<Item = Key> {
        let pair = row.pair(None);
        let with_archive = self
            .sources
            .iter()
            .filter(|source| has_archive(source.as_ref()));
        with_archive.filter_map(move |source| match source.date(&pair) {
            Ok(Answer::LookUp(key)) => Some(key),
            _ => None,
        })
    }

    /// Scans the archives for the wanted keys; their files are relative to `folder`. What is found is kept in `work`.
    ///
    /// # Errors
    /// A file is not there or cannot be read, or the disk refuses.
    pub fn read_archives(
        &mut self,
        folder: &Path,
        wanted: &Wanted,
        work: &Path,
    ) -> Result<(), RecoverError> {
        for (source, lookup) in self.sources.iter().zip(&mut self.lookups) {
            let Some(archive) = source
                .archive()
                .filter(|archive| !archive.files().is_empty())
            else {
                continue;
            };
            let files = archive_files(source.name(), archive, folder)?;
            let work = work.join(source.name().as_str());
            *lookup = Some(Lookup::build(
                source.name(),
                archive,
                &files,
                wanted,
                &work,
            )?);
        }
        Ok(())
    }

    /// Takes what the rows themselves and the archives tell. Every source is asked about every row, so that all claims
    /// are known.
    ///
    /// # Errors
    /// An archive's lookup cannot be read.
    pub fn begin(&self, rows: &[Row<'_>]) -> Result<Batch, RecoverError> {
        let mut batch = Batch {
            findings: Vec::with_capacity(rows.len()),
            asked: Vec::new(),
        };
        let mut sought = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            batch.findings.push(Findings::default());
            self.date(index, row, &mut batch, &mut sought);
        }
        self.look_up(rows, sought, &mut batch)?;
        Ok(batch)
    }

    /// Asks the servers what is still open, many at once, but for what `answers` know already, and adds every answer to
    /// them. Not to be called from within an async runtime, as it blocks.
    ///
    /// # Errors
    /// The journal cannot be written. That a server does not answer is not an error but a row's outcome.
    pub fn ask(&self, batch: &mut Batch, answers: &mut Answers) -> Result<(), RecoverError> {
        let asked = std::mem::take(&mut batch.asked);
        Ok(self
            .online
            .ask(&self.sources, asked, &mut batch.findings, answers)?)
    }

    /// One outcome a row, in the rows' order.
    pub fn settle(&self, batch: Batch) -> impl Iterator<Item = Outcome> {
        batch
            .findings
            .into_iter()
            .map(|findings| findings.settle(&self.order, self.rules))
    }

    fn date(&self, index: usize, row: &Row<'_>, batch: &mut Batch, sought: &mut Vec<Sought>) {
        let path = row
            .image_path
            .as_deref()
            .filter(|_| self.sources.iter().any(|source| source.reads_images()));
        let image = path.map(image::read_head).transpose();
        let pair = row.pair(image.as_ref().ok().and_then(Option::as_deref));
        for (source_index, source) in self.sources.iter().enumerate() {
            if let (true, Err(error)) = (source.reads_images(), &image) {
                let reason = Reason::UnreadableImage;
                batch.findings[index].reject(source.name(), reason, error.to_string());
                continue;
            }
            match source.date(&pair) {
                Ok(Answer::LookUp(key)) => sought.push(Sought {
                    key,
                    row: index,
                    source: source_index,
                }),
                answer => batch.take(index, source_index, source.name(), answer),
            }
        }
    }

    fn look_up(
        &self,
        rows: &[Row<'_>],
        mut sought: Vec<Sought>,
        batch: &mut Batch,
    ) -> Result<(), RecoverError> {
        sought.sort_unstable_by_key(|sought| (sought.source, sought.key, sought.row));
        for one_source in sought.chunk_by(|a, b| a.source == b.source) {
            let index = one_source[0].source;
            let source = self.sources[index].as_ref();
            let mut reader = self.lookups[index]
                .as_ref()
                .map(Lookup::reader)
                .transpose()?;
            for sought in one_source {
                let found = match &mut reader {
                    Some(reader) => reader.find(sought.key)?,
                    None => Vec::new(),
                };
                let answer = if found.is_empty() {
                    source.not_found(&rows[sought.row].pair(None))
                } else {
                    Ok(Answer::Dated(found))
                };
                batch.take(sought.row, index, source.name(), answer);
            }
        }
        Ok(())
    }
}

fn has_archive(source: &dyn TimestampSource) -> bool {
    source
        .archive()
        .is_some_and(|archive| !archive.files().is_empty())
}

impl Batch {
    fn take(
        &mut self,
        row: usize,
        source: usize,
        name: SourceName,
        answer: Result<Answer, crate::source::SourceError>,
    ) {
        match answer {
            Ok(Answer::Ask(question)) => self.asked.push(Asked {
                row,
                source,
                question,
            }),
            answer => self.findings[row].take(name, answer),
        }
    }
}

impl<'a> Row<'a> {
    fn pair<'b>(&'b self, image_bytes: Option<&'b [u8]>) -> Pair<'b>
    where
        'a: 'b,
    {
        Pair {
            uid: self.uid,
            cells: self.cells,
            image: self.image,
            image_bytes,
        }
    }
}
