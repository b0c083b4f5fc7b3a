//! Findings file: all findings of a check as a table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::finding::{Finding, Place, Severity};
use crate::manifest::{ParquetFileError, ParquetWriter};

/// The file beside `check.json`.
pub const FINDINGS_FILE: &str = "findings.parquet";

/// Findings held at once.
const BATCH: usize = 8192;

/// Writes findings.
pub(super) struct FindingsWriter {
    file: ParquetWriter,
    path: PathBuf,
    kind: StringBuilder,
    severity: StringBuilder,
    at: Places,
    other: Places,
    detail: StringBuilder,
    pending: usize,
}

/// The columns of one side.
struct Places {
    set: StringBuilder,
    step: StringBuilder,
    file: StringBuilder,
    key: StringBuilder,
    uid: FixedSizeBinaryBuilder,
}

fn schema() -> SchemaRef {
    let mut fields = vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("severity", DataType::Utf8, false),
    ];
    for prefix in ["", "other_"] {
        for name in ["set", "step", "file", "key"] {
            fields.push(Field::new(format!("{prefix}{name}"), DataType::Utf8, true));
        }
        let uid = DataType::FixedSizeBinary(16);
        fields.push(Field::new(format!("{prefix}uid"), uid, true));
    }
    fields.push(Field::new("detail", DataType::Utf8, false));
    Arc::new(Schema::new(fields))
}

impl Places {
    fn new() -> Self {
        Self {
            set: StringBuilder::new(),
            step: StringBuilder::new(),
            file: StringBuilder::new(),
            key: StringBuilder::new(),
            uid: FixedSizeBinaryBuilder::new(16),
        }
    }

    fn push(&mut self, place: Option<&Place>, path: &Path) -> Result<(), ParquetFileError> {
        self.set
            .append_option(place.map(|place| place.set.folder()));
        self.step.append_option(place.map(|place| &place.step));
        self.file
            .append_option(place.and_then(|place| place.file.as_ref()));
        self.key
            .append_option(place.and_then(|place| place.key.as_ref()));
        match place.and_then(|place| place.uid) {
            Some(uid) => self
                .uid
                .append_value(uid.to_be_bytes())
                .map_err(ParquetFileError::arrow(path))?,
            None => self.uid.append_null(),
        }
        Ok(())
    }

    fn finish(&mut self) -> [ArrayRef; 5] {
        [
            Arc::new(self.set.finish()),
            Arc::new(self.step.finish()),
            Arc::new(self.file.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.uid.finish()),
        ]
    }
}

impl FindingsWriter {
    /// Begins the file at `path`.
    pub(super) fn create(path: &Path) -> Result<Self, ParquetFileError> {
        Ok(Self {
            file: ParquetWriter::create(path, schema(), Vec::new())?,
            path: path.to_owned(),
            kind: StringBuilder::new(),
            severity: StringBuilder::new(),
            at: Places::new(),
            other: Places::new(),
            detail: StringBuilder::new(),
            pending: 0,
        })
    }

    pub(super) fn push(&mut self, finding: &Finding) -> Result<(), ParquetFileError> {
        self.kind.append_value(finding.kind.name());
        self.severity.append_value(match finding.kind.severity() {
            Severity::Violation => "violation",
            Severity::Warning => "warning",
            Severity::Note => "note",
        });
        self.at.push(finding.at.as_ref(), &self.path)?;
        self.other.push(finding.other.as_ref(), &self.path)?;
        self.detail.append_value(&finding.detail);
        self.pending += 1;
        if self.pending == BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Gives the file its name.
    pub(super) fn finish(mut self) -> Result<(), ParquetFileError> {
        self.flush()?;
        self.file.finish()
    }

    fn flush(&mut self) -> Result<(), ParquetFileError> {
        self.pending = 0;
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.kind.finish()),
            Arc::new(self.severity.finish()),
        ];
        columns.extend(self.at.finish());
        columns.extend(self.other.finish());
        columns.push(Arc::new(self.detail.finish()));
        let batch = RecordBatch::try_new(schema(), columns);
        self.file
            .write(&batch.map_err(ParquetFileError::arrow(&self.path))?)
    }
}
