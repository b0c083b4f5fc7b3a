//! The table beside a shard: a row for every row that was asked for, downloaded or not; and the table of dates that came
//! with the images.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder, UInt16Builder, UInt32Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use super::PoolError;
use super::outcome::{Outcome, State};
use super::rows::PoolRow;
use crate::manifest::{ClaimsWriter, ParquetFileError, ParquetWriter};

const TEXTS: [&str; 8] = [
    "url",
    "caption",
    "outcome",
    "reason",
    "detail",
    "final_url",
    "extension",
    "sha256",
];
const NUMBERS: [&str; 4] = ["width", "height", "original_width", "original_height"];

/// Writes what became of a shard's rows.
pub(super) fn write<'a>(
    path: &Path,
    rows: impl Iterator<Item = (&'a PoolRow, &'a Outcome)>,
) -> Result<(), PoolError> {
    let mut uid = FixedSizeBinaryBuilder::new(16);
    let mut texts = TEXTS.map(|_| StringBuilder::new());
    let mut numbers = NUMBERS.map(|_| UInt32Builder::new());
    let mut status = UInt16Builder::new();
    for (row, outcome) in rows {
        uid.append_value(row.uid.to_be_bytes())
            .map_err(ParquetFileError::arrow(path))?;
        let stored = match &outcome.state {
            State::Downloaded(stored) => Some(stored),
            _ => None,
        };
        let reason = outcome.reason();
        let values = [
            Some(row.url.as_str()),
            Some(row.caption.as_str()),
            Some(outcome.word()),
            reason.map(|(reason, _)| reason),
            reason.map(|(_, detail)| detail),
            outcome.final_url.as_deref(),
            stored.map(|stored| stored.extension.as_str()),
            stored.map(|stored| stored.sha256.as_str()),
        ];
        texts
            .iter_mut()
            .zip(values)
            .for_each(|(column, value)| column.append_option(value));
        let sizes = stored.map(|stored| {
            [
                stored.width,
                stored.height,
                stored.original_width,
                stored.original_height,
            ]
        });
        for (column, at) in numbers.iter_mut().zip(0..) {
            column.append_option(sizes.and_then(|sizes: [Option<u32>; 4]| sizes[at]));
        }
        status.append_option(outcome.http_status);
    }
    let mut fields = vec![Field::new("uid", DataType::FixedSizeBinary(16), false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(uid.finish())];
    for (name, mut column) in TEXTS.into_iter().zip(texts) {
        fields.push(Field::new(name, DataType::Utf8, true));
        columns.push(Arc::new(column.finish()));
    }
    for (name, mut column) in NUMBERS.into_iter().zip(numbers) {
        fields.push(Field::new(name, DataType::UInt32, true));
        columns.push(Arc::new(column.finish()));
    }
    fields.push(Field::new("http_status", DataType::UInt16, true));
    columns.push(Arc::new(status.finish()));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns);
    let batch = batch.map_err(ParquetFileError::arrow(path))?;
    let mut file = ParquetWriter::create(path, schema, Vec::new())?;
    file.write(&batch)?;
    Ok(file.finish()?)
}

/// Writes the dates that came with a shard's images.
pub(super) fn write_claims<'a>(
    path: &Path,
    rows: impl Iterator<Item = (&'a PoolRow, &'a Outcome)>,
) -> Result<(), PoolError> {
    let mut writer = ClaimsWriter::create(path)?;
    for (row, outcome) in rows {
        for claim in &outcome.claims {
            writer.push(row.uid, claim, None)?;
        }
    }
    Ok(writer.finish()?)
}
