//! The list of pairs whose sources contradict each other by more than the dataset tolerates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::builder::{FixedSizeBinaryBuilder, Int64Builder, StringBuilder};
use arrow_schema::{DataType, Field, Schema};
use ticclip_fetchers::claim::Disagreement;

use super::ParquetFileError;
use super::parquet_file::{BATCH_ROWS, ParquetWriter};
use crate::uid::Uid;

/// Writes the list.
pub(super) struct DisagreementsWriter {
    file: ParquetWriter,
    path: PathBuf,
    uid: FixedSizeBinaryBuilder,
    chosen: StringBuilder,
    against: StringBuilder,
    gap_seconds: Int64Builder,
    pending: usize,
}

fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("uid", DataType::FixedSizeBinary(16), false),
        Field::new("chosen", DataType::Utf8, false),
        Field::new("against", DataType::Utf8, false),
        Field::new("gap_seconds", DataType::Int64, false),
    ]))
}

impl DisagreementsWriter {
    pub(super) fn create(path: &Path) -> Result<Self, ParquetFileError> {
        Ok(Self {
            file: ParquetWriter::create(path, schema(), Vec::new())?,
            path: path.to_owned(),
            uid: FixedSizeBinaryBuilder::new(16),
            chosen: StringBuilder::new(),
            against: StringBuilder::new(),
            gap_seconds: Int64Builder::new(),
            pending: 0,
        })
    }

    pub(super) fn push(&mut self, uid: Uid, found: &Disagreement) -> Result<(), ParquetFileError> {
        self.uid
            .append_value(uid.to_be_bytes())
            .map_err(ParquetFileError::arrow(&self.path))?;
        self.chosen.append_value(found.chosen.as_str());
        self.against.append_value(found.against.as_str());
        self.gap_seconds.append_value(found.gap_seconds);
        self.pending += 1;
        if self.pending == BATCH_ROWS {
            self.flush()
        } else {
            Ok(())
        }
    }

    pub(super) fn finish(mut self) -> Result<(), ParquetFileError> {
        self.flush()?;
        self.file.finish()
    }

    fn flush(&mut self) -> Result<(), ParquetFileError> {
        self.pending = 0;
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(self.uid.finish()),
                Arc::new(self.chosen.finish()),
                Arc::new(self.against.finish()),
                Arc::new(self.gap_seconds.finish()),
            ],
        );
        self.file
            .write(&batch.map_err(ParquetFileError::arrow(&self.path))?)
    }
}
