//! Parquet file: one table on disk, written in batches and read in batches, the same bytes for the same rows.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use thiserror::Error;

use crate::artefact::{ArtefactError, NewFile};

/// Rows of a batch and of a row group: small enough that a writer holds little, large enough to compress well.
pub(super) const BATCH_ROWS: usize = 65_536;

/// Why a Parquet file cannot be written or read.
#[derive(Debug, Error)]
pub enum ParquetFileError {
    /// The file cannot be opened.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no Parquet, or damaged, or the disk refuses.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ParquetError,
    },
    /// A batch does not fit, or is damaged.
    #[error("{}: {source}", path.display())]
    Arrow {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ArrowError,
    },
    /// A column is missing or of another type.
    #[error("{}: {message}", path.display())]
    Column {
        /// The file.
        path: PathBuf,
        /// What is wrong, with what is allowed.
        message: String,
    },
    /// A value is not allowed.
    #[error("{}: row {row}: {message}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The row, the first being 1.
        row: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

impl ParquetFileError {
    pub(super) fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        move |source| Self::Parquet { path, source }
    }

    pub(crate) fn arrow(path: &Path) -> impl FnOnce(ArrowError) -> Self {
        let path = path.to_owned();
        move |source| Self::Arrow { path, source }
    }
}

/// Columns of few different values, for which a dictionary pays. In any other it only costs time to find out that it
/// does not: a table's own columns are urls, texts and numbers for the most part.
const FEW_VALUES: [&str; 6] = ["precision", "kind", "source", "outcome", "reason", "class"];

fn properties(notes: Vec<KeyValue>) -> WriterProperties {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(BATCH_ROWS))
        // Pages are not searched for single values.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_enabled(false)
        // Hashes do not become shorter.
        .set_column_compression("uid".into(), Compression::UNCOMPRESSED)
        .set_created_by(concat!("ticclip ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata((!notes.is_empty()).then_some(notes));
    FEW_VALUES
        .iter()
        .fold(properties, |properties, &column| {
            properties.set_column_dictionary_enabled(column.into(), true)
        })
        .build()
}

/// A Parquet file that appears when it is finished.
pub(crate) struct ParquetWriter {
    path: PathBuf,
    writer: ArrowWriter<NewFile>,
}

impl ParquetWriter {
    /// Begins the file at `path`, with `notes` in its metadata.
    pub(crate) fn create(
        path: &Path,
        schema: SchemaRef,
        notes: Vec<KeyValue>,
    ) -> Result<Self, ParquetFileError> {
        let properties = properties(notes);
        let file = NewFile::create(path)?;
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(ParquetFileError::parquet(path))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
        })
    }

    /// Adds rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetFileError> {
        self.writer
            .write(batch)
            .map_err(ParquetFileError::parquet(&self.path))
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), ParquetFileError> {
        let file = self
            .writer
            .into_inner()
            .map_err(ParquetFileError::parquet(&self.path))?;
        Ok(file.finish()?)
    }
}

pub(super) fn open(path: &Path) -> Result<File, ParquetFileError> {
    File::open(path).map_err(|source| ParquetFileError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Fails when the file at `path`, of this schema, has not one of `columns`.
pub(super) fn require(
    path: &Path,
    schema: &Schema,
    columns: &[&str],
) -> Result<(), ParquetFileError> {
    let is_missing = |column: &&&str| schema.column_with_name(column).is_none();
    let Some(missing) = columns.iter().find(is_missing) else {
        return Ok(());
    };
    let there: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| format!("`{}`", field.name()))
        .collect();
    let message = format!("no column `{missing}`; there are {}", there.join(", "));
    Err(ParquetFileError::Column {
        path: path.to_owned(),
        message,
    })
}

/// A Parquet file opened for reading.
pub(super) struct ParquetReader {
    pub(super) path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl ParquetReader {
    pub(crate) fn open(path: &Path) -> Result<Self, ParquetFileError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?)
            .map_err(ParquetFileError::parquet(path))?;
        Ok(Self {
            path: path.to_owned(),
            builder,
        })
    }

    /// The note of this name in the metadata.
    pub(crate) fn note(&self, key: &str) -> Option<String> {
        let notes = self
            .builder
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.clone()
    }

    /// Fails when one of `columns` is not there.
    pub(crate) fn require(&self, columns: &[&str]) -> Result<(), ParquetFileError> {
        require(&self.path, self.builder.schema(), columns)
    }

    /// The batches, with those of `columns` that are there.
    pub(crate) fn batches(
        self,
        columns: &[&str],
    ) -> Result<ParquetRecordBatchReader, ParquetFileError> {
        let schema = self.builder.schema();
        let roots: Vec<_> = columns
            .iter()
            .filter_map(|column| schema.index_of(column).ok())
            .collect();
        let mask = ProjectionMask::roots(self.builder.parquet_schema(), roots);
        let builder = self
            .builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS / 8);
        builder
            .build()
            .map_err(ParquetFileError::parquet(&self.path))
    }
}

/// One table made of others with the same columns, whose row groups are copied as they are.
pub(super) struct Concatenation {
    path: PathBuf,
    note: Option<String>,
    writer: Option<SerializedFileWriter<NewFile>>,
    groups: usize,
    /// Of files that several pieces are in.
    metadata: HashMap<PathBuf, ParquetMetaData>,
}

impl Concatenation {
    /// Begins the table at `path`; `note` replaces the first table's note.
    pub(super) fn new(path: &Path, note: Option<&str>) -> Self {
        Self {
            path: path.to_owned(),
            note: note.map(str::to_owned),
            writer: None,
            groups: 0,
            metadata: HashMap::new(),
        }
    }

    /// Copies row groups of the table at `from`, all by default. Answers where they stand now.
    pub(super) fn push(
        &mut self,
        from: &Path,
        groups: Option<Range<usize>>,
    ) -> Result<Range<usize>, ParquetFileError> {
        let failed = |error| ParquetFileError::parquet(from)(error);
        let file = open(from)?;
        // A file that has several pieces is asked for again and again; one that has one is not.
        let metadata = match self.metadata.remove(from) {
            Some(metadata) => metadata,
            None => ParquetMetaDataReader::new()
                .with_page_index_policy(PageIndexPolicy::Optional)
                .parse_and_finish(&file)
                .map_err(failed)?,
        };
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.begin(&metadata)?,
        };
        let groups = groups.unwrap_or(0..metadata.num_row_groups());
        let start = self.groups;
        for group in groups.clone() {
            copy_group(&file, &metadata, group, &mut writer).map_err(failed)?;
            self.groups += 1;
        }
        self.writer = Some(writer);
        if groups.len() < metadata.num_row_groups() {
            self.metadata.insert(from.to_owned(), metadata);
        }
        Ok(start..self.groups)
    }

    /// Gives the table its name.
    pub(super) fn finish(self) -> Result<(), ParquetFileError> {
        let Some(writer) = self.writer else {
            return Ok(());
        };
        let file = writer
            .into_inner()
            .map_err(ParquetFileError::parquet(&self.path))?;
        Ok(file.finish()?)
    }

    fn begin(
        &self,
        first: &ParquetMetaData,
    ) -> Result<SerializedFileWriter<NewFile>, ParquetFileError> {
        let schema = first.file_metadata().schema_descr().root_schema_ptr();
        let mut notes = first
            .file_metadata()
            .key_value_metadata()
            .cloned()
            .unwrap_or_default();
        if let Some(note) = &self.note {
            notes.retain(|kept| kept.key != super::write::NOTE);
            notes.push(KeyValue::new(super::write::NOTE.to_owned(), note.clone()));
        }
        notes.sort_by(|a, b| a.key.cmp(&b.key));
        let properties = properties(notes);
        let file = NewFile::create(&self.path)?;
        SerializedFileWriter::new(file, schema, Arc::new(properties))
            .map_err(ParquetFileError::parquet(&self.path))
    }
}

fn copy_group(
    file: &File,
    metadata: &ParquetMetaData,
    group: usize,
    writer: &mut SerializedFileWriter<NewFile>,
) -> Result<(), ParquetError> {
    let from = metadata.row_group(group);
    let mut into = writer.next_row_group()?;
    for (index, column) in from.columns().iter().enumerate() {
        let close = ColumnCloseResult {
            bytes_written: column.compressed_size() as u64,
            rows_written: from.num_rows() as u64,
            metadata: column.clone(),
            bloom_filter: None,
            column_index: metadata
                .column_index()
                .map(|pages| pages[group][index].clone()),
            offset_index: metadata
                .offset_index()
                .map(|pages| pages[group][index].clone()),
        };
        into.append_column(file, close)?;
    }
    into.close().map(drop)
}
