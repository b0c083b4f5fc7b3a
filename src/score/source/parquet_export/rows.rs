//! Rows: the rows of several Parquet files that are a set's samples.

use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use super::ANSWERS_A_BATCH;
use super::file::{Batches, ParquetFile};
use super::values::texts;
use crate::score::source::fingerprint::Fingerprint;
use crate::score::source::{Answer, Side, SourceError};

/// The rows of several files with the same columns.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    files: Vec<ParquetFile>,
    /// File and row of every sample, ascending.
    places: Vec<(u32, u32)>,
}

impl Rows {
    /// All rows of the files, of which there is at least one.
    pub(super) fn open(paths: Vec<PathBuf>) -> Result<Self, SourceError> {
        let files: Vec<ParquetFile> = paths
            .iter()
            .map(|path| ParquetFile::open(path))
            .collect::<Result<_, _>>()?;
        let mut places = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let (first, there) = (files[0].columns(), file.columns());
            if first != there {
                let message = format!(
                    "columns {}, but {} has {}",
                    there.join(", "),
                    files[0].path.display(),
                    first.join(", ")
                );
                return Err(SourceError::Column {
                    path: file.path.clone(),
                    message,
                });
            }
            let rows = u32::try_from(file.rows())
                .map_err(|_| SourceError::damaged(&file.path, "more than 2^32 rows"))?;
            places.extend((0..rows).map(|row| (number as u32, row)));
        }
        Ok(Self { files, places })
    }

    /// The first file, whose columns are those of all.
    pub(super) fn first(&self) -> &ParquetFile {
        &self.files[0]
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The file's name without its ending, and the row's number from 0.
    pub(super) fn key(&self, sample: usize) -> String {
        let (file, row) = self.places[sample];
        let stem = self.files[file as usize].path.file_stem();
        format!("{}/{row}", stem.unwrap_or_default().to_string_lossy())
    }

    /// Decodes leaves of a run of samples, a batch at a time.
    pub(super) fn read(
        &self,
        samples: Range<usize>,
        leaves: &[usize],
        batch_rows: usize,
        each: impl FnMut(&RecordBatch) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        self.read_places(&self.places[samples], leaves, batch_rows, each)
    }

    /// Decodes leaves of samples, which ascend.
    pub(super) fn read_samples(
        &self,
        samples: &[usize],
        leaves: &[usize],
        batch_rows: usize,
        each: impl FnMut(&RecordBatch) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let places = samples.iter().map(|&sample| self.places[sample]);
        self.read_places(&places.collect::<Vec<_>>(), leaves, batch_rows, each)
    }

    fn read_places(
        &self,
        places: &[(u32, u32)],
        leaves: &[usize],
        batch_rows: usize,
        mut each: impl FnMut(&RecordBatch) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        for run in places.chunk_by(|a, b| a.0 == b.0) {
            let rows: Vec<usize> = run.iter().map(|&(_, row)| row as usize).collect();
            let file = &self.files[run[0].0 as usize];
            let mut batches = file.batches(&rows, leaves, batch_rows)?;
            while let Some(batch) = batches.next()? {
                each(&batch)?;
            }
        }
        Ok(())
    }

    /// Begins to decode leaves of a sample and those after it in the same file; answers where these end, too.
    pub(super) fn from(
        &self,
        sample: usize,
        leaves: &[usize],
        batch_rows: usize,
    ) -> Result<(Batches, usize), SourceError> {
        let number = self.places[sample].0;
        let end = self.places.partition_point(|&(file, _)| file <= number);
        let places = self.places[sample..end].iter();
        let rows: Vec<usize> = places.map(|&(_, row)| row as usize).collect();
        let file = &self.files[number as usize];
        Ok((file.batches(&rows, leaves, batch_rows)?, end))
    }

    /// The texts of a column.
    pub(super) fn texts(&self, column: usize) -> Result<Vec<Answer<String>>, SourceError> {
        let leaves = self.first().leaves(column, None);
        let path = &self.first().path;
        let mut all = Vec::new();
        self.read(0..self.len(), &leaves, ANSWERS_A_BATCH, |batch| {
            all.extend(texts(path, batch.column(0))?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Leaves the rows of one side, where a column says which side a row is on; nothing when there are none.
    pub(super) fn of_side(
        mut self,
        column: Option<usize>,
        side: Side,
    ) -> Result<Option<Self>, SourceError> {
        let Some(column) = column else {
            return Ok(Some(self));
        };
        let of: Vec<String> = self
            .texts(column)?
            .into_iter()
            .map(|text| text.unwrap_or_default().trim().to_lowercase())
            .collect();
        let known = |word: &String| {
            let mut all = Side::ALL.iter().flat_map(|side| side.names());
            all.any(|name| word == name)
        };
        if !of.iter().any(known) {
            return Ok(Some(self));
        }
        let Some(name) = side
            .names()
            .iter()
            .find(|name| of.iter().any(|word| word == *name))
        else {
            return Ok(None);
        };
        let mut of = of.iter();
        self.places
            .retain(|_| of.next().is_some_and(|word| word == name));
        Ok(Some(self))
    }

    /// Adds the files and which of their rows count to a checksum.
    pub(super) fn add_to(
        &self,
        fingerprint: &mut Fingerprint,
        folder: &Path,
    ) -> Result<(), SourceError> {
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        fingerprint.files(folder, &paths)?;
        for &(file, row) in &self.places {
            fingerprint.number(u64::from(file) << 32 | u64::from(row));
        }
        Ok(())
    }
}
