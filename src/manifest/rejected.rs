//! Rejected: a row that was left out, and the list of them that every command keeps.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder, UInt64Builder};
use arrow_array::{Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};

use super::ParquetFileError;
use super::parquet_file::{BATCH_ROWS, ParquetReader, ParquetWriter};
use super::read::{Uids, text_column};
use crate::uid::Uid;

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The table file it is in, where it comes from one.
    pub table: Option<String>,
    /// Its number there, the first being 1.
    pub row: Option<u64>,
    /// The pair, where it is known.
    pub uid: Option<Uid>,
    /// The image, where it is the reason.
    pub image: Option<String>,
    /// One of a few words, by which rejections are counted.
    pub reason: String,
    /// What exactly is wrong.
    pub detail: String,
}

/// Writes a list of rejected rows.
pub struct RejectedWriter {
    file: ParquetWriter,
    path: std::path::PathBuf,
    table: StringBuilder,
    row: UInt64Builder,
    uid: FixedSizeBinaryBuilder,
    image: StringBuilder,
    reason: StringBuilder,
    detail: StringBuilder,
    pending: usize,
}

fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("table", DataType::Utf8, true),
        Field::new("row", DataType::UInt64, true),
        Field::new("uid", DataType::FixedSizeBinary(16), true),
        Field::new("image", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, false),
        Field::new("detail", DataType::Utf8, false),
    ]))
}

impl RejectedWriter {
    /// Begins the list at `path`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(path: &Path) -> Result<Self, ParquetFileError> {
        Ok(Self {
            file: ParquetWriter::create(path, schema(), Vec::new())?,
            path: path.to_owned(),
            table: StringBuilder::new(),
            row: UInt64Builder::new(),
            uid: FixedSizeBinaryBuilder::new(16),
            image: StringBuilder::new(),
            reason: StringBuilder::new(),
            detail: StringBuilder::new(),
            pending: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, rejected: &Rejected) -> Result<(), ParquetFileError> {
        self.table.append_option(rejected.table.as_deref());
        self.row.append_option(rejected.row);
        match rejected.uid {
            Some(uid) => {
                self.uid
                    .append_value(uid.to_be_bytes())
                    .map_err(ParquetFileError::arrow(&self.path))?;
            }
            None => self.uid.append_null(),
        }
        self.image.append_option(rejected.image.as_deref());
        self.reason.append_value(&rejected.reason);
        self.detail.append_value(&rejected.detail);
        self.pending += 1;
        if self.pending == BATCH_ROWS {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Gives the list its name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<(), ParquetFileError> {
        self.flush()?;
        self.file.finish()
    }

    fn flush(&mut self) -> Result<(), ParquetFileError> {
        self.pending = 0;
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(self.table.finish()),
                Arc::new(self.row.finish()),
                Arc::new(self.uid.finish()),
                Arc::new(self.image.finish()),
                Arc::new(self.reason.finish()),
                Arc::new(self.detail.finish()),
            ],
        );
        self.file
            .write(&batch.map_err(ParquetFileError::arrow(&self.path))?)
    }
}

/// Reads a whole list of rejected rows.
///
/// # Errors
/// When the file is not such a list.
pub fn read_rejected(path: &Path) -> Result<Vec<Rejected>, ParquetFileError> {
    let file = ParquetReader::open(path)?;
    let columns = ["table", "row", "uid", "image", "reason", "detail"];
    file.require(&columns)?;
    let mut all = Vec::new();
    for batch in file.batches(&columns)? {
        append(
            path,
            &batch.map_err(ParquetFileError::arrow(path))?,
            &mut all,
        )?;
    }
    Ok(all)
}

fn append(
    path: &Path,
    batch: &RecordBatch,
    all: &mut Vec<Rejected>,
) -> Result<(), ParquetFileError> {
    let text = |name| text_column(path, batch, name);
    let (table, image, reason, detail) = (
        text("table")?,
        text("image")?,
        text("reason")?,
        text("detail")?,
    );
    let uids = Uids::of(path, batch)?;
    let rows = batch
        .column_by_name("row")
        .and_then(|column| column.as_any().downcast_ref::<UInt64Array>());
    let value =
        |column: &StringArray, row| (!column.is_null(row)).then(|| column.value(row).to_owned());
    for row in 0..batch.num_rows() {
        all.push(Rejected {
            table: value(&table, row),
            row: rows
                .filter(|rows| !rows.is_null(row))
                .map(|rows| rows.value(row)),
            uid: uids.get(row).ok().flatten(),
            image: value(&image, row),
            reason: value(&reason, row).unwrap_or_default(),
            detail: value(&detail, row).unwrap_or_default(),
        });
    }
    Ok(())
}
