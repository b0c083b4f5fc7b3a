//! Manifest reader: dates, rows and notes of a manifest, ours or a table of a user's own that has its columns.

use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, FixedSizeBinaryArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Utc};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use thiserror::Error;

use super::parquet_file::ParquetReader;
use super::write::NOTE;
use super::{MANIFEST_FILE, ManifestMeta, ParquetFileError};
use crate::uid::Uid;

/// Why a manifest cannot be read.
#[derive(Debug, Error)]
pub enum ManifestReadError {
    /// There is no such file.
    #[error(
        "{pattern}: no manifest here; it is a Parquet file, a pattern for some, or a folder that `fetch` wrote"
    )]
    NoFiles {
        /// What was looked for.
        pattern: String,
    },
    /// The files cannot be listed.
    #[error(transparent)]
    Files(Box<super::TableError>),
    /// The file is damaged, or a column or value is not what it should be.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// The note about the dataset cannot be understood.
    #[error("{}: the note `{NOTE}` in its metadata: {source}", path.display())]
    Note {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// What shards are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRow {
    /// The pair.
    pub uid: Uid,
    /// The path of the image below the image root, or its url.
    pub image: String,
    /// The captions, one a line, the canonical one first.
    pub caption: String,
    /// Its date, if it has one.
    pub timestamp: Option<DateTime<Utc>>,
    /// The name of its class.
    pub class: Option<String>,
}

/// The manifest file that `path` means: the file itself, or the one in the folder.
pub fn manifest_file(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(MANIFEST_FILE)
    } else {
        path.to_owned()
    }
}

/// What the manifest says about its dataset; `None` for a table that is not ours.
///
/// # Errors
/// When the file is damaged.
pub fn read_meta(path: &Path) -> Result<Option<ManifestMeta>, ManifestReadError> {
    let path = manifest_file(path);
    let note = ParquetReader::open(&path)?.note(NOTE);
    let parse = |note: String| {
        serde_json::from_str(&note).map_err(|source| ManifestReadError::Note {
            path: path.clone(),
            source,
        })
    };
    note.map(parse).transpose()
}

/// Every pair as shards need it; ends after the first error.
///
/// # Errors
/// When the file is damaged or has not the columns `uid`, `image`, `caption` and `timestamp`.
pub fn read_rows(
    path: &Path,
) -> Result<impl Iterator<Item = Result<ManifestRow, ManifestReadError>> + use<>, ManifestReadError>
{
    Manifest::open(path, None, Columns::row)
}

/// The same with what a further column of text says in each row.
///
/// # Errors
/// As [`read_rows`], and when that column is not there or is no text.
pub fn read_flagged_rows(
    path: &Path,
    column: Option<&str>,
) -> Result<
    impl Iterator<Item = Result<(ManifestRow, Option<String>), ManifestReadError>> + use<>,
    ManifestReadError,
> {
    let row = |columns: &Columns, row| Ok((columns.row(row)?, columns.text(&columns.flag, row)));
    Manifest::open(path, column, row)
}

/// A manifest read row by row, each row made by `make`.
struct Manifest<T> {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    flag: Option<String>,
    columns: Option<Columns>,
    row: usize,
    make: fn(&Columns, usize) -> Result<T, ParquetFileError>,
    failed: bool,
}

/// The columns of one batch.
struct Columns {
    path: PathBuf,
    /// Rows of the batches before.
    before: u64,
    rows: usize,
    uids: Uids,
    timestamps: TimestampMicrosecondArray,
    image: Option<StringArray>,
    caption: Option<StringArray>,
    class: Option<StringArray>,
    /// A further column that was asked for.
    flag: Option<StringArray>,
}

impl Columns {
    fn of(
        path: &Path,
        batch: &RecordBatch,
        flag: Option<&str>,
        before: u64,
    ) -> Result<Self, ParquetFileError> {
        let text = |name: &str| {
            batch
                .column_by_name(name)
                .map(|_| text_column(path, batch, name))
                .transpose()
        };
        Ok(Self {
            path: path.to_owned(),
            before,
            rows: batch.num_rows(),
            uids: Uids::of(path, batch)?,
            timestamps: timestamps(path, batch)?,
            image: text("image")?,
            caption: text("caption")?,
            class: text("class")?,
            flag: flag.map(text).transpose()?.flatten(),
        })
    }

    fn row(&self, row: usize) -> Result<ManifestRow, ParquetFileError> {
        Ok(ManifestRow {
            uid: self.uid(row)?,
            image: self.text(&self.image, row).unwrap_or_default(),
            caption: self.text(&self.caption, row).unwrap_or_default(),
            timestamp: self.timestamp(row),
            class: self.text(&self.class, row),
        })
    }

    fn text(&self, column: &Option<StringArray>, row: usize) -> Option<String> {
        let values = column.as_ref().filter(|values| !values.is_null(row))?;
        Some(values.value(row).to_owned())
    }

    fn uid(&self, row: usize) -> Result<Uid, ParquetFileError> {
        let uid = self
            .uids
            .get(row)
            .and_then(|uid| uid.ok_or_else(|| "the uid is null".to_owned()));
        let number = self.before + row as u64 + 1;
        uid.map_err(|message| ParquetFileError::Value {
            path: self.path.clone(),
            row: number,
            message,
        })
    }

    fn timestamp(&self, row: usize) -> Option<DateTime<Utc>> {
        let there = !self.timestamps.is_null(row);
        there
            .then(|| DateTime::from_timestamp_micros(self.timestamps.value(row)))
            .flatten()
    }
}

impl<T> Manifest<T> {
    fn open(
        path: &Path,
        flag: Option<&str>,
        make: fn(&Columns, usize) -> Result<T, ParquetFileError>,
    ) -> Result<Self, ManifestReadError> {
        let path = manifest_file(path);
        let file = ParquetReader::open(&path)?;
        let required = ["uid", "image", "caption", "timestamp"]
            .into_iter()
            .chain(flag);
        let mut wanted: Vec<&str> = required.collect();
        file.require(&wanted)?;
        wanted.push("class");
        let batches = file.batches(&wanted)?;
        Ok(Self {
            path,
            batches,
            flag: flag.map(str::to_owned),
            columns: None,
            row: 0,
            make,
            failed: false,
        })
    }

    fn read(&mut self) -> Result<Option<T>, ManifestReadError> {
        loop {
            if let Some(columns) = self
                .columns
                .as_ref()
                .filter(|columns| self.row < columns.rows)
            {
                self.row += 1;
                return Ok(Some((self.make)(columns, self.row - 1)?));
            }
            let before = self
                .columns
                .as_ref()
                .map_or(0, |columns| columns.before + columns.rows as u64);
            let Some(batch) = self.batches.next() else {
                return Ok(None);
            };
            let batch = batch.map_err(ParquetFileError::arrow(&self.path))?;
            self.columns = Some(Columns::of(
                &self.path,
                &batch,
                self.flag.as_deref(),
                before,
            )?);
            self.row = 0;
        }
    }
}

impl<T> Iterator for Manifest<T> {
    type Item = Result<T, ManifestReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = self.read();
        self.failed = row.is_err();
        row.transpose()
    }
}

/// A column of uids: 16 bytes each as we write them, or 32 hex digits as DataComp does.
pub(super) enum Uids {
    Bytes(FixedSizeBinaryArray),
    Text(StringArray),
}

impl Uids {
    pub(super) fn of(path: &Path, batch: &RecordBatch) -> Result<Self, ParquetFileError> {
        match batch.column_by_name("uid") {
            Some(column) if *column.data_type() == DataType::FixedSizeBinary(16) => {
                Ok(Self::Bytes(column.as_fixed_size_binary().clone()))
            }
            _ => text_column(path, batch, "uid").map(Self::Text),
        }
    }

    pub(super) fn get(&self, row: usize) -> Result<Option<Uid>, String> {
        match self {
            Self::Bytes(bytes) if !bytes.is_null(row) => {
                let bytes = bytes
                    .value(row)
                    .try_into()
                    .map_err(|_| "the uid has not 16 bytes".to_owned())?;
                Ok(Some(Uid::from_be_bytes(bytes)))
            }
            Self::Text(text) if !text.is_null(row) => text
                .value(row)
                .parse()
                .map(Some)
                .map_err(|error| format!("{error}")),
            _ => Ok(None),
        }
    }
}

/// A column of texts, in whichever of Arrow's forms it is stored.
pub(super) fn text_column(
    path: &Path,
    batch: &RecordBatch,
    name: &str,
) -> Result<StringArray, ParquetFileError> {
    let wrong = |found: &DataType| ParquetFileError::Column {
        path: path.to_owned(),
        message: format!("column `{name}` is {found}, not text"),
    };
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| wrong(&DataType::Null))?;
    let is_text = |kind: &DataType| {
        matches!(
            kind,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        )
    };
    let found = column.data_type();
    let text = match found {
        DataType::Dictionary(_, values) => is_text(values),
        found => is_text(found),
    };
    if !text {
        return Err(wrong(found));
    }
    let column = cast(column, &DataType::Utf8).map_err(ParquetFileError::arrow(path))?;
    Ok(column.as_string().clone())
}

/// The column of dates; one without a time zone is in UTC.
pub(super) fn timestamps(
    path: &Path,
    batch: &RecordBatch,
) -> Result<TimestampMicrosecondArray, ParquetFileError> {
    let column = batch.column_by_name("timestamp");
    let found = column.map_or(DataType::Null, |column| column.data_type().clone());
    // The zone stays as it is: with one, the values are instants; without, they count as UTC.
    let zone = match &found {
        DataType::Timestamp(_, zone) => Some(zone.clone()),
        DataType::Date32 | DataType::Date64 => Some(None),
        _ => None,
    };
    match (column, zone) {
        (Some(column), Some(zone)) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone);
            let column = cast(column, &micros).map_err(ParquetFileError::arrow(path))?;
            Ok(column.as_primitive::<TimestampMicrosecondType>().clone())
        }
        _ => Err(ParquetFileError::Column {
            path: path.to_owned(),
            message: format!("column `timestamp` is {found}, not a timestamp or date"),
        }),
    }
}
