//! Manifest writer: pairs and what was found out about them, into the files of a manifest's folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::file::metadata::KeyValue;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use ticclip_fetchers::claim::Claim;
use ticclip_fetchers::recover::{Outcome, State};
use ticclip_fetchers::rejection::Reason;

use super::disagreements::DisagreementsWriter;
use super::parquet_file::ParquetWriter;
use super::{
    Dataset, Pair, ParquetFileError, Rejected, RejectedWriter, STATS_FILE, Stats, TableColumns,
};
use crate::artefact::{ArtefactError, relative};
use crate::uid::Uid;

/// The file that has every pair.
pub const MANIFEST_FILE: &str = "manifest.parquet";
/// What the writer makes in its folder.
pub const MANIFEST_ENTRIES: [&str; 5] = [
    MANIFEST_FILE,
    CLAIMS_FILE,
    REJECTED_FILE,
    DISAGREEMENTS_FILE,
    STATS_FILE,
];
/// The file that has every claim.
pub(super) const CLAIMS_FILE: &str = "claims.parquet";
/// The file that lists what was left out or has no date, and why.
pub(super) const REJECTED_FILE: &str = "rejected.parquet";
/// The file that lists the pairs whose sources contradict each other.
pub(super) const DISAGREEMENTS_FILE: &str = "disagreements.parquet";
/// The note in a manifest's metadata.
pub(super) const NOTE: &str = "ticclip";

/// What a manifest says about its dataset, so that later commands need no other file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestMeta {
    /// What the dataset is called.
    pub name: String,
    /// The folder of the images: absolute, or relative to the manifest's own folder.
    pub image_root: PathBuf,
    /// Prompts for a classifier, where the dataset has classes.
    pub class_templates: Vec<String>,
    /// Whose work the dataset is.
    #[serde(default)]
    pub credits: Vec<String>,
    /// What a reader should know before trusting a score on it.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl ManifestMeta {
    /// What a manifest in `folder` says about `dataset`. Both are given relative to each other, so that a folder that
    /// holds both can be moved.
    ///
    /// # Errors
    /// When one of the folders is not there.
    pub fn new(dataset: &Dataset, folder: &Path) -> Result<Self, ArtefactError> {
        let canonical = |path: &Path| path.canonicalize().map_err(ArtefactError::io(path));
        Ok(Self {
            name: dataset.name.clone(),
            image_root: relative(&canonical(folder)?, &canonical(&dataset.folder)?),
            class_templates: dataset
                .pairs
                .class
                .as_ref()
                .map(|class| class.templates.clone())
                .unwrap_or_default(),
            credits: dataset.credits.clone(),
            notes: dataset.notes.clone(),
        })
    }

    /// The same for a manifest that is moved from one folder to another. Where the images are not on this machine, their
    /// folder stays as it was.
    #[must_use]
    pub fn moved(mut self, from: &Path, to: &Path) -> Self {
        let images = from.join(&self.image_root).canonicalize();
        if let (Ok(images), Ok(to)) = (images, to.canonicalize()) {
            self.image_root = relative(&to, &images);
        }
        self
    }
}

/// Why a manifest cannot be written.
#[derive(Debug, Error)]
pub enum ManifestWriteError {
    /// One of its tables cannot be written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// One of its files cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The notes or stats cannot be put into JSON.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// Writes `manifest.parquet`, `claims.parquet`, `rejected.parquet` and `stats.json`.
pub struct ManifestWriter {
    manifest: Sheet,
    claims: ClaimsWriter,
    rejected: RejectedWriter,
    disagreements: DisagreementsWriter,
    kept: Vec<usize>,
    stats: Stats,
}

impl ManifestWriter {
    /// Begins the files in `folder`; `columns` are those of the dataset's table.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(
        folder: &Path,
        meta: &ManifestMeta,
        columns: &TableColumns,
    ) -> Result<Self, ManifestWriteError> {
        let path = folder.join(MANIFEST_FILE);
        let note = serde_json::to_string(meta).map_err(|source| ManifestWriteError::Json {
            path: path.clone(),
            source,
        })?;
        let texts = ["image", "caption"];
        let nullable = ["precision", "kind", "source"];
        let mut fields = vec![uid_field()];
        fields.extend(texts.map(|name| Field::new(name, DataType::Utf8, false)));
        fields.push(Field::new("timestamp", instant(), true));
        fields.extend(nullable.map(|name| Field::new(name, DataType::Utf8, true)));
        fields.push(Field::new("outcome", DataType::Utf8, false));
        fields.extend(["reason", "class"].map(|name| Field::new(name, DataType::Utf8, true)));
        fields.extend(
            columns
                .kept()
                .iter()
                .map(|(_, name)| Field::new(name, DataType::Utf8, false)),
        );
        let notes = vec![KeyValue::new(NOTE.to_owned(), note)];
        Ok(Self {
            manifest: Sheet::create(&path, fields, notes)?,
            claims: ClaimsWriter::create(&folder.join(CLAIMS_FILE))?,
            rejected: RejectedWriter::create(&folder.join(REJECTED_FILE))?,
            disagreements: DisagreementsWriter::create(&folder.join(DISAGREEMENTS_FILE))?,
            kept: columns.kept().iter().map(|(index, _)| *index).collect(),
            stats: Stats::default(),
        })
    }

    /// Adds a pair and what was found out about its date. A pair whose dates were rejected is also listed as such.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, pair: &Pair, found: &Outcome) -> Result<(), ManifestWriteError> {
        self.stats.count_pair(found);
        for claim in &found.claims {
            self.claims.push(pair.uid, claim, None)?;
        }
        for (claim, reason) in &found.refused {
            self.claims.push(pair.uid, claim, Some(*reason))?;
        }
        if let Some(disagreement) = &found.disagreement {
            self.disagreements.push(pair.uid, disagreement)?;
        }
        if let State::Rejected(reason) = &found.state {
            self.list(&Rejected {
                table: None,
                row: None,
                uid: Some(pair.uid),
                image: Some(pair.image.clone()),
                reason: reason.to_string(),
                detail: found.detail().to_owned(),
            })?;
        }
        let chosen = found.chosen();
        let own = [
            Some(pair.image.as_str()),
            Some(pair.caption.as_str()),
            chosen.map(|claim| claim.precision.as_str()),
            chosen.map(|claim| claim.kind.as_str()),
            chosen.map(|claim| claim.source.as_str()),
            Some(found.state.as_str()),
            found.state.reason(),
            pair.class.as_deref(),
        ];
        let table = self.kept.iter().map(|&index| pair.values.get(index));
        let at = chosen.map(|claim| claim.at.timestamp_micros());
        Ok(self
            .manifest
            .push(pair.uid, at, own.into_iter().chain(table))?)
    }

    /// Lists a row that is no pair.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn reject(&mut self, rejected: &Rejected) -> Result<(), ManifestWriteError> {
        self.stats.rows += 1;
        self.list(rejected)
    }

    /// Gives the files their names and answers what they hold.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<Stats, ManifestWriteError> {
        self.claims.finish()?;
        self.rejected.finish()?;
        self.disagreements.finish()?;
        self.manifest.finish()?;
        Ok(self.stats)
    }

    fn list(&mut self, rejected: &Rejected) -> Result<(), ManifestWriteError> {
        self.stats.count_rejected(&rejected.reason);
        Ok(self.rejected.push(rejected)?)
    }
}

/// Writes a table of claims.
pub(crate) struct ClaimsWriter(Sheet);

impl ClaimsWriter {
    /// Begins the table at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self, ParquetFileError> {
        Ok(Self(Sheet::create(path, claim_fields(), Vec::new())?))
    }

    /// Adds a claim about a pair, and why it is not believed if it is not.
    pub(crate) fn push(
        &mut self,
        uid: Uid,
        claim: &Claim,
        reason: Option<Reason>,
    ) -> Result<(), ParquetFileError> {
        let texts = [
            Some(claim.precision.as_str()),
            Some(claim.kind.as_str()),
            Some(claim.source.as_str()),
            Some(claim.evidence.as_str()),
            reason.map(Reason::as_str),
        ];
        let at = Some(claim.at.timestamp_micros());
        self.0.push(uid, at, texts.into_iter())
    }

    /// Gives the table its name.
    pub(crate) fn finish(self) -> Result<(), ParquetFileError> {
        self.0.finish()
    }
}

fn uid_field() -> Field {
    Field::new("uid", DataType::FixedSizeBinary(16), false)
}

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn claim_fields() -> Vec<Field> {
    let mut fields = vec![uid_field(), Field::new("at", instant(), false)];
    fields.extend(
        ["precision", "kind", "source", "evidence"]
            .map(|name| Field::new(name, DataType::Utf8, false)),
    );
    fields.push(Field::new("reason", DataType::Utf8, true));
    fields
}

/// Rows that are handed to the file at once: they stay in the cache until they are written.
const ROWS_AT_ONCE: usize = 4096;

/// A table of uids, instants and texts that is written whenever a batch of it is full.
struct Sheet {
    path: PathBuf,
    file: ParquetWriter,
    schema: SchemaRef,
    uid: FixedSizeBinaryBuilder,
    at: TimestampMicrosecondBuilder,
    texts: Vec<StringBuilder>,
    pending: usize,
}

impl Sheet {
    fn create(
        path: &Path,
        fields: Vec<Field>,
        notes: Vec<KeyValue>,
    ) -> Result<Self, ParquetFileError> {
        let texts = fields
            .iter()
            .filter(|field| *field.data_type() == DataType::Utf8)
            .map(|_| StringBuilder::new());
        let texts = texts.collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        Ok(Self {
            path: path.to_owned(),
            file: ParquetWriter::create(path, Arc::clone(&schema), notes)?,
            schema,
            uid: FixedSizeBinaryBuilder::new(16),
            at: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            texts,
            pending: 0,
        })
    }

    /// Adds a row; `texts` are in the order of the text columns.
    fn push<'a>(
        &mut self,
        uid: Uid,
        at_micros: Option<i64>,
        texts: impl Iterator<Item = Option<&'a str>>,
    ) -> Result<(), ParquetFileError> {
        self.uid
            .append_value(uid.to_be_bytes())
            .map_err(ParquetFileError::arrow(&self.path))?;
        self.at.append_option(at_micros);
        for (column, text) in self.texts.iter_mut().zip(texts) {
            column.append_option(text);
        }
        self.pending += 1;
        if self.pending == ROWS_AT_ONCE {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<(), ParquetFileError> {
        self.pending = 0;
        let uid: ArrayRef = Arc::new(self.uid.finish());
        let at: ArrayRef = Arc::new(self.at.finish());
        let mut texts = self
            .texts
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef);
        let of_type = |field: &Arc<Field>| match field.data_type() {
            DataType::FixedSizeBinary(_) => Some(Arc::clone(&uid)),
            DataType::Timestamp(..) => Some(Arc::clone(&at)),
            _ => texts.next(),
        };
        let columns = self.schema.fields().iter().filter_map(of_type).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        self.file
            .write(&batch.map_err(ParquetFileError::arrow(&self.path))?)
    }

    fn finish(mut self) -> Result<(), ParquetFileError> {
        self.flush()?;
        self.file.finish()
    }
}

#[cfg(test)]
mod tests;
