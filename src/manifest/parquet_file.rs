//! Parquet file: one table on disk, written in batches and read in batches, the same bytes for the same rows.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
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
    fn parquet(path: &Path) -> impl FnOnce(ParquetError) -> Self {
        let path = path.to_owned();
        move |source| Self::Parquet { path, source }
    }

    pub(super) fn arrow(path: &Path) -> impl FnOnce(ArrowError) -> Self {
        let path = path.to_owned();
        move |source| Self::Arrow { path, source }
    }
}

/// A Parquet file that appears when it is finished.
pub(super) struct ParquetWriter {
    path: PathBuf,
    writer: ArrowWriter<NewFile>,
}

impl ParquetWriter {
    /// Begins the file at `path`, with `notes` in its metadata.
    pub(super) fn create(
        path: &Path,
        schema: SchemaRef,
        notes: Vec<KeyValue>,
    ) -> Result<Self, ParquetFileError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(BATCH_ROWS))
            .set_created_by(concat!("ticclip ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata((!notes.is_empty()).then_some(notes))
            .build();
        let file = NewFile::create(path)?;
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(ParquetFileError::parquet(path))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
        })
    }

    /// Adds rows.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetFileError> {
        self.writer
            .write(batch)
            .map_err(ParquetFileError::parquet(&self.path))
    }

    /// Gives the file its name.
    pub(super) fn finish(self) -> Result<(), ParquetFileError> {
        let file = self
            .writer
            .into_inner()
            .map_err(ParquetFileError::parquet(&self.path))?;
        Ok(file.finish()?)
    }
}

/// A Parquet file opened for reading.
pub(super) struct ParquetReader {
    pub(super) path: PathBuf,
    builder: ParquetRecordBatchReaderBuilder<File>,
}

impl ParquetReader {
    pub(super) fn open(path: &Path) -> Result<Self, ParquetFileError> {
        let file = File::open(path).map_err(|source| ParquetFileError::Io {
            path: path.to_owned(),
            source,
        })?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file)
            .map_err(ParquetFileError::parquet(path))?;
        Ok(Self {
            path: path.to_owned(),
            builder,
        })
    }

    /// The note of this name in the metadata.
    pub(super) fn note(&self, key: &str) -> Option<String> {
        let notes = self
            .builder
            .metadata()
            .file_metadata()
            .key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.clone()
    }

    /// Whether there is a column of this name.
    pub(super) fn has(&self, column: &str) -> bool {
        self.builder.schema().column_with_name(column).is_some()
    }

    /// Fails when one of `columns` is not there.
    pub(super) fn require(&self, columns: &[&str]) -> Result<(), ParquetFileError> {
        let Some(missing) = columns.iter().find(|column| !self.has(column)) else {
            return Ok(());
        };
        let there: Vec<_> = self
            .builder
            .schema()
            .fields()
            .iter()
            .map(|field| format!("`{}`", field.name()))
            .collect();
        let message = format!("no column `{missing}`; there are {}", there.join(", "));
        Err(ParquetFileError::Column {
            path: self.path.clone(),
            message,
        })
    }

    /// The batches, with those of `columns` that are there.
    pub(super) fn batches(
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
