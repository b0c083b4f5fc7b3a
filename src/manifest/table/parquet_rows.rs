//! Parquet rows: a Parquet file as a table of text.
//!
//! Texts are themselves and `null` is empty; integers, floats and booleans are written as Python writes them, but for
//! `true` and `false`; instants and days as ISO 8601 does; bytes that are no text, such as a uid of 16, in hex; and what
//! is nested as compact JSON.

mod instant;
mod nested;
mod values;

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use self::values::Values;
use super::columns::{Wanted, checked_names};
use super::stream::MAX_ROW_BYTES;
use super::{BadRow, Cells, RowReader, TableError};

/// Rows decoded at once: few enough that long captions take little memory.
const BATCH_ROWS: usize = 1024;

/// The rows of a Parquet file.
pub(super) struct ParquetRows {
    batches: ParquetRecordBatchReader,
    /// Where the file has each column.
    order: Vec<usize>,
    batch: Vec<Values>,
    row: usize,
    rows: usize,
}

impl ParquetRows {
    /// Opens a table.
    pub(super) fn open(
        path: &Path,
        wanted: Option<&Wanted<'_>>,
    ) -> Result<(Vec<String>, Self), TableError> {
        let refuse = |error: parquet::errors::ParquetError| {
            TableError::header(
                path,
                format!("not a Parquet file that can be read: {error}"),
            )
        };
        let file = File::open(path).map_err(TableError::io(path, 0))?;
        // What Arrow notes about types beside the file's own would make one kind of text into many.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(refuse)?;
        let fields = builder.schema().fields();
        for field in fields {
            Values::check(field.name(), field.data_type())
                .map_err(|message| TableError::header(path, message))?;
        }
        let names = fields.iter().map(|field| field.name().clone()).collect();
        let found = checked_names(path, names)?;
        let columns = wanted.map_or_else(|| found.clone(), |wanted| wanted.columns.to_vec());
        let order = match wanted {
            Some(wanted) => wanted.order(path, &found)?,
            None => (0..found.len()).collect(),
        };
        let batches = builder
            .with_projection(ProjectionMask::all())
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(refuse)?;
        let rows = Self {
            batches,
            order,
            batch: Vec::new(),
            row: 0,
            rows: 0,
        };
        Ok((columns, rows))
    }

    /// Decodes the next batch that has rows; answers whether there is one.
    fn advance(&mut self) -> io::Result<bool> {
        loop {
            let Some(batch) = without_panic(|| self.batches.next())? else {
                return Ok(false);
            };
            let batch: RecordBatch = batch.map_err(damaged)?;
            let values = |&index: &usize| Values::of(batch.column(index));
            self.batch = self.order.iter().map(values).collect::<Result<_, _>>()?;
            (self.row, self.rows) = (0, batch.num_rows());
            if self.rows > 0 {
                return Ok(true);
            }
        }
    }

    fn cells(&self) -> io::Result<Result<Cells, BadRow>> {
        let bytes = self.batch.iter().map(|values| values.bytes(self.row)).sum();
        let mut cells = Cells::with_capacity(self.batch.len(), bytes);
        for (index, values) in self.batch.iter().enumerate() {
            let field = self.order[index] + 1;
            match cells.push_with(|text| values.push(self.row, text)) {
                Ok(()) => {}
                Err(values::Unreadable::NotUtf8) => return Ok(Err(BadRow::NotUtf8 { field })),
                Err(values::Unreadable::Damaged(error)) => return Err(damaged(error)),
            }
        }
        if cells.bytes() > MAX_ROW_BYTES {
            let message = format!("the next row is longer than {MAX_ROW_BYTES} bytes");
            return Err(damaged(message));
        }
        Ok(Ok(cells))
    }
}

impl RowReader for ParquetRows {
    fn next_row(&mut self) -> io::Result<Option<Result<Cells, BadRow>>> {
        if self.row == self.rows && !self.advance()? {
            return Ok(None);
        }
        let cells = self.cells()?;
        self.row += 1;
        Ok(Some(cells))
    }
}

/// What `decode` gives. The `parquet` crate panics at some damaged files instead of refusing them; what it was at work on
/// is not used after that.
fn without_panic<T>(decode: impl FnOnce() -> T) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(decode))
        .map_err(|_| damaged("not a Parquet file that can be read: it is damaged"))
}

fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests;
