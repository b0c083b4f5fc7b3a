//! File: one Parquet file, of which single rows and columns are decoded.

use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::Fields;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::PageIndexPolicy;

use crate::score::source::SourceError;

/// A Parquet file whose footer is read; nothing is kept open.
#[derive(Debug, Clone)]
pub(super) struct ParquetFile {
    pub(super) path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The first row of every row group, and how many rows there are.
    starts: Vec<usize>,
}

impl ParquetFile {
    /// Reads the footer.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(SourceError::io(path))?;
        let length = file.metadata().map_err(SourceError::io(path))?.len();
        // What Arrow notes about types beside the file's own would make one kind of text into many.
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = guarded(path, || ArrowReaderMetadata::load(&file, options))?;
        let mut starts = vec![0_usize];
        for group in metadata.metadata().row_groups() {
            let rows = usize::try_from(group.num_rows()).ok();
            let end = rows.and_then(|rows| starts[starts.len() - 1].checked_add(rows));
            // A row takes a byte at least where it has an image; so a footer cannot fill the memory.
            let end = end.filter(|&end| end as u64 <= length);
            starts.push(end.ok_or_else(|| {
                SourceError::damaged(path, format!("more rows than its {length} bytes can hold"))
            })?);
        }
        Ok(Self {
            path: path.to_owned(),
            metadata,
            starts,
        })
    }

    pub(super) fn rows(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The columns.
    pub(super) fn fields(&self) -> &Fields {
        self.metadata.schema().fields()
    }

    /// The names of the columns.
    pub(super) fn columns(&self) -> Vec<String> {
        let fields = self.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// The note of this name in the footer.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        let metadata = self.metadata.metadata().file_metadata();
        let notes = metadata.key_value_metadata()?;
        notes.iter().find(|note| note.key == key)?.value.as_deref()
    }

    /// The leaves of a column, all or those whose path ends in `last`.
    pub(super) fn leaves(&self, column: usize, last: Option<&str>) -> Vec<usize> {
        let schema = self.metadata.parquet_schema();
        let wanted = |&leaf: &usize| {
            let path = schema.column(leaf);
            let path = path.path().parts();
            schema.get_column_root_idx(leaf) == column
                && last.is_none_or(|last| path.last().is_some_and(|name| name == last))
        };
        (0..schema.num_columns()).filter(wanted).collect()
    }

    /// Decodes `leaves` of `rows`, which ascend, a batch at a time.
    pub(super) fn batches(
        &self,
        rows: &[usize],
        leaves: &[usize],
        batch_rows: usize,
    ) -> Result<Batches, SourceError> {
        let (groups, ranges, total) = self.ranges(rows);
        let file = File::open(&self.path).map_err(SourceError::io(&self.path))?;
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), leaves.iter().copied());
        let selection = RowSelection::from_consecutive_ranges(ranges.into_iter(), total);
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(groups)
                .with_row_selection(selection)
                .with_batch_size(batch_rows);
        Ok(Batches {
            reader: guarded(&self.path, || builder.build())?,
            path: self.path.clone(),
            left: rows.len(),
        })
    }

    /// The row groups that have one of `rows`; where those are among the rows of these groups; how many these are.
    fn ranges(&self, rows: &[usize]) -> (Vec<usize>, Vec<Range<usize>>, usize) {
        let (mut groups, mut ranges, mut total) = (Vec::new(), Vec::<Range<usize>>::new(), 0);
        for (group, bounds) in self.starts.windows(2).enumerate() {
            let (first, end) = (bounds[0], bounds[1]);
            let before = rows.partition_point(|&row| row < first);
            let inside = &rows[before..rows.partition_point(|&row| row < end)];
            if inside.is_empty() {
                continue;
            }
            for row in inside {
                let at = total + row - first;
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end += 1,
                    _ => ranges.push(at..at + 1),
                }
            }
            groups.push(group);
            total += end - first;
        }
        (groups, ranges, total)
    }
}

/// Rows of a file that are being decoded.
pub(super) struct Batches {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    /// Rows that are still to come.
    left: usize,
}

impl Batches {
    /// The next rows; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, SourceError> {
        let batch = guarded(&self.path, || self.reader.next().transpose())?;
        let read = batch.as_ref().map_or(0, RecordBatch::num_rows);
        if read > self.left || (batch.is_none() && self.left > 0) {
            let message = format!("{read} rows where {} should be", self.left);
            return Err(SourceError::damaged(&self.path, message));
        }
        self.left -= read;
        Ok(batch)
    }
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Batches")
            .field("path", &self.path)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// What `decode` gives. The `parquet` crate panics at some damaged files instead of refusing them; what it was at work on
/// is not used after that.
fn guarded<T, E: ToString>(
    path: &Path,
    decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, SourceError> {
    let failed = |error: E| SourceError::damaged(path, error);
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(decoded) => decoded.map_err(failed),
        Err(_) => Err(SourceError::damaged(
            path,
            "not a Parquet file that can be read: it is damaged",
        )),
    }
}
