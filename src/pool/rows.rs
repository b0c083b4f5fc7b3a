//! The rows of a manifest that have an image on the web, cut into shards.

use std::path::{Path, PathBuf};

use super::PoolError;
use crate::manifest::{Cells, Row, Rows, Tables, manifest_file};
use crate::uid::Uid;

/// What an image is asked for by, and what is kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PoolRow {
    pub(super) uid: Uid,
    pub(super) url: String,
    pub(super) caption: String,
    /// What the bytes served must have, in hex.
    pub(super) sha256: Option<String>,
    /// Boxes to be blurred: a JSON list of `[left, top, right, bottom]`, each a share of the side.
    pub(super) boxes: Option<String>,
}

/// Which columns beside uid, url and caption are looked at.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// The column with the checksum of the image as it is served.
    pub sha256: Option<String>,
    /// The column with the boxes to be blurred.
    pub boxes: Option<String>,
}

/// Fails where a manifest cannot be read or lacks a column that is asked for.
///
/// # Errors
/// Names the file and the column.
pub fn check_manifest(manifest: &Path, columns: &Columns) -> Result<(), PoolError> {
    Shards::open(manifest, columns, 1).map(drop)
}

/// Rows that are looked at before the first is asked for: some seconds' work.
const FIRST_ROWS: u64 = 10_000_000;

/// Fails where one of the first ten million rows that are to be asked for is none. Else it would be found when those before
/// it are downloaded, as it is behind them, and without it the manifest is another one.
///
/// # Errors
/// Names the file and the row.
pub fn check_rows(manifest: &Path, columns: &Columns, rows: Option<u64>) -> Result<(), PoolError> {
    let mut shards = Shards::open(manifest, columns, 1)?;
    let mut left = rows.unwrap_or(FIRST_ROWS).min(FIRST_ROWS);
    while left > 0 {
        let Some(row) = shards.rows.next() else { break };
        shards.row(row?)?;
        left -= 1;
    }
    Ok(())
}

/// A run of rows.
pub(super) struct ShardRows {
    pub(super) index: u64,
    pub(super) rows: Vec<PoolRow>,
}

/// Where the values of a row are.
struct Places {
    uid: usize,
    url: usize,
    caption: usize,
    sha256: Option<usize>,
    boxes: Option<usize>,
}

/// Cuts a manifest into shards.
pub(super) struct Shards {
    path: PathBuf,
    rows: Rows,
    places: Places,
    shard_size: usize,
    next: u64,
}

impl Shards {
    /// Opens a manifest, ours or a metadata table of DataComp's (`url` and `text` for `image` and `caption`).
    pub(super) fn open(
        manifest: &Path,
        columns: &Columns,
        shard_size: usize,
    ) -> Result<Self, PoolError> {
        let path = manifest_file(manifest);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let tables = Tables::open(path.parent().unwrap_or(Path::new("")), name.as_ref())?;
        let either = |ours: &str, theirs: &str| match tables.index_of(theirs) {
            Ok(index) if !tables.columns().iter().any(|column| column == ours) => Ok(index),
            _ => tables.index_of(ours),
        };
        let optional = |column: &Option<String>| {
            column
                .as_deref()
                .map(|column| tables.index_of(column))
                .transpose()
        };
        let places = Places {
            uid: tables.index_of("uid")?,
            url: either("image", "url")?,
            caption: either("caption", "text")?,
            sha256: optional(&columns.sha256)?,
            boxes: optional(&columns.boxes)?,
        };
        Ok(Self {
            rows: tables.rows(),
            path,
            places,
            shard_size,
            next: 0,
        })
    }

    fn row(&self, row: Row) -> Result<PoolRow, PoolError> {
        let wrong = |message: String| PoolError::Row {
            path: self.path.clone(),
            row: row.number,
            message,
        };
        let values = row.values.as_ref().map_err(|bad| wrong(bad.to_string()))?;
        let uid = &values[self.places.uid];
        let uid: Uid = uid
            .trim()
            .parse()
            .map_err(|error| wrong(format!("{error}")))?;
        let filled = |place: Option<usize>| {
            let value = place.map(|place| &values[place])?;
            (!value.trim().is_empty()).then(|| value.to_owned())
        };
        let text = |values: &Cells, place: usize| values[place].to_owned();
        Ok(PoolRow {
            uid,
            url: text(values, self.places.url),
            caption: text(values, self.places.caption),
            sha256: filled(self.places.sha256),
            boxes: filled(self.places.boxes),
        })
    }
}

impl Iterator for Shards {
    type Item = Result<ShardRows, PoolError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = Vec::new();
        while rows.len() < self.shard_size {
            let Some(row) = self.rows.next() else { break };
            match row.map_err(PoolError::from).and_then(|row| self.row(row)) {
                Ok(row) => rows.push(row),
                Err(error) => return Some(Err(error)),
            }
        }
        if rows.is_empty() {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(Ok(ShardRows { index, rows }))
    }
}
