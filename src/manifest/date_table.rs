//! Date table: uids and dates of one or many Parquet files, whose row groups can be read in any order at once.

use std::path::{Path, PathBuf};

use arrow_array::Array;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};

use super::parquet_file::{BATCH_ROWS, open, require};
use super::read::{Uids, timestamps};
use super::{MANIFEST_FILE, ManifestReadError, ParquetFileError, TableError, matching_files};
use crate::uid::Uid;

const UID: &str = "uid";
const TIMESTAMP: &str = "timestamp";

/// The uid and date of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedUid {
    /// The row among those of all files, the first being 1.
    pub row: u64,
    /// The pair.
    pub uid: Uid,
    /// Its date in microseconds since 1970, UTC, if it has one.
    pub at_micros: Option<i64>,
}

/// Parquet files with the column `uid`, and `timestamp` where dates are asked for.
#[derive(Debug)]
pub struct DateTable {
    files: Vec<(PathBuf, ArrowReaderMetadata)>,
    groups: Vec<Group>,
    dated: bool,
}

/// A row group.
#[derive(Debug)]
struct Group {
    file: usize,
    group: usize,
    /// Rows of all groups before it.
    before: u64,
    rows: u64,
}

impl DateTable {
    /// Opens a manifest's folder, a folder of Parquet files, one, or a glob or brace range of them. Dates are only read
    /// where `dated` says so.
    ///
    /// # Errors
    /// When there is no file, one is damaged, or one has not the columns.
    pub fn open(path: &Path, dated: bool) -> Result<Self, ManifestReadError> {
        let mut table = Self {
            files: Vec::new(),
            groups: Vec::new(),
            dated,
        };
        for file in files(path)? {
            table.add(file)?;
        }
        Ok(table)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), ParquetFileError> {
        let file = open(&path)?;
        let metadata = ArrowReaderMetadata::load(&file, Default::default())
            .map_err(ParquetFileError::parquet(&path))?;
        let wanted = [UID, TIMESTAMP];
        let wanted = &wanted[..1 + usize::from(self.dated)];
        require(&path, metadata.schema(), wanted)?;
        for (group, rows) in metadata.metadata().row_groups().iter().enumerate() {
            self.groups.push(Group {
                file: self.files.len(),
                group,
                before: self.rows(),
                // A count that is below zero is a damaged file, which reading finds.
                rows: u64::try_from(rows.num_rows()).unwrap_or(0),
            });
        }
        self.files.push((path, metadata));
        Ok(())
    }

    /// The files, in the order of their rows.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(path, _)| path.as_path())
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.groups
            .last()
            .map_or(0, |group| group.before + group.rows)
    }

    /// How many row groups there are.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Gives the rows of a group to `each`, until it wants no more.
    ///
    /// # Errors
    /// When the file is damaged or a value is no uid or date.
    pub fn read(
        &self,
        group: usize,
        mut each: impl FnMut(DatedUid) -> bool,
    ) -> Result<(), ParquetFileError> {
        let group = &self.groups[group];
        let (path, metadata) = &self.files[group.file];
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(open(path)?, metadata.clone());
        let roots = [UID, TIMESTAMP]
            .iter()
            .take(1 + usize::from(self.dated))
            .filter_map(|name| builder.schema().index_of(name).ok())
            .collect::<Vec<_>>();
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
        let batches = builder
            .with_projection(mask)
            .with_row_groups(vec![group.group])
            .with_batch_size(BATCH_ROWS / 8)
            .build()
            .map_err(ParquetFileError::parquet(path))?;
        let mut row = group.before;
        for batch in batches {
            let batch = batch.map_err(ParquetFileError::arrow(path))?;
            let uids = Uids::of(path, &batch)?;
            let dates = self.dated.then(|| timestamps(path, &batch)).transpose()?;
            for index in 0..batch.num_rows() {
                row += 1;
                let wrong = |message| ParquetFileError::Value {
                    path: path.clone(),
                    row: row - self.first_row(group.file),
                    message,
                };
                let uid = uids
                    .get(index)
                    .and_then(|uid| uid.ok_or_else(|| "the uid is null".to_owned()))
                    .map_err(wrong)?;
                let date = dates.as_ref().filter(|dates| !dates.is_null(index));
                let row = DatedUid {
                    row,
                    uid,
                    at_micros: date.map(|dates| dates.value(index)),
                };
                if !each(row) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Rows of the files before this one.
    fn first_row(&self, file: usize) -> u64 {
        self.groups
            .iter()
            .find(|group| group.file == file)
            .map_or(0, |group| group.before)
    }
}

fn files(path: &Path) -> Result<Vec<PathBuf>, ManifestReadError> {
    let manifest = path.join(MANIFEST_FILE);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if manifest.is_file() {
        return Ok(vec![manifest]);
    }
    let pattern = if path.is_dir() {
        path.join("*.parquet")
    } else {
        path.to_owned()
    };
    let pattern = pattern.to_string_lossy().into_owned();
    let found = matching_files(Path::new(""), std::slice::from_ref(&pattern));
    found.map_err(|error| match error {
        TableError::NoMatch { .. } => ManifestReadError::NoFiles { pattern },
        error => ManifestReadError::Files(Box::new(error)),
    })
}
