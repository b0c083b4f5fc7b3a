//! Table: the text of a CSV, TSV or JSON-lines file that says what images there are, whole.

use std::path::{Path, PathBuf};

use super::columns::{SPLIT, named};
use super::image_file::entries;
use super::limits::{LIST_BYTES, TEXT_BYTES};
use super::{Answer, Side, SourceError};
use crate::manifest::Tables;

/// Endings of tables.
const ENDINGS: [&str; 4] = ["csv", "tsv", "jsonl", "ndjson"];
/// Tables that are looked for first, in this order, without their endings.
const FIRST: [&str; 4] = ["metadata", "captions", "labels", "annotations"];

/// A table in memory.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) path: PathBuf,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Answer<Vec<String>>>,
}

/// The tables of one side in `folder`, those first that are named as such tables are.
pub(super) fn tables(folder: &Path, side: Side) -> Result<Vec<PathBuf>, SourceError> {
    let of_other = |path: &Path| {
        let mut others = Side::ALL.iter().filter(|other| **other != side);
        others.any(|other| is_called_after(path, *other))
    };
    let mut tables = entries(folder)?;
    tables.retain(|path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) && path.is_file() && !of_other(path)
    });
    tables.sort_by_key(|path| {
        let first = FIRST.iter().position(|name| stem(path) == *name);
        (
            !is_called_after(path, side),
            first.unwrap_or(FIRST.len()),
            path.clone(),
        )
    });
    Ok(tables)
}

impl Table {
    /// The names of a table's columns.
    pub(super) fn columns(path: &Path) -> Result<Vec<String>, SourceError> {
        Ok(opened(path)?.columns().to_vec())
    }

    /// Reads a table. A row that cannot be read keeps its place.
    pub(super) fn read(path: &Path) -> Result<Self, SourceError> {
        let length = path.metadata().map_err(SourceError::io(path))?.len();
        if length > LIST_BYTES {
            return Err(SourceError::TooLarge {
                path: path.to_owned(),
                bytes: length,
                most: LIST_BYTES,
            });
        }
        let tables = opened(path)?;
        let columns = tables.columns().to_vec();
        let row = |row: Result<crate::manifest::Row, _>| -> Result<_, SourceError> {
            let row = row?;
            let number = row.number;
            Ok(match row.values {
                Ok(cells) => cells_of(&cells, columns.len())
                    .map_err(|message| format!("row {number} {message}")),
                Err(bad) => Err(format!("row {number}: {bad}")),
            })
        };
        Ok(Self {
            path: path.to_owned(),
            rows: tables.rows().map(row).collect::<Result<_, _>>()?,
            columns,
        })
    }

    /// Leaves the rows of one side, where a column says which side a row is on, or else all where the table is of that
    /// side; nothing when there are none.
    pub(super) fn of_side(mut self, side: Side) -> Option<Self> {
        let Some(&column) = named(&self.columns, &[SPLIT]).first() else {
            return (side.is_the_rest() || is_called_after(&self.path, side)).then_some(self);
        };
        let of = |row: &Answer<Vec<String>>| {
            row.as_ref()
                .map_or(String::new(), |row| row[column].trim().to_lowercase())
        };
        let name = side
            .names()
            .iter()
            .find(|name| self.rows.iter().any(|row| of(row) == **name))?;
        // What cannot be read may be of any side, and is kept to be counted.
        self.rows.retain(|row| row.is_err() || of(row) == *name);
        Some(self)
    }
}

/// Whether a table has the name of a side.
fn is_called_after(path: &Path, side: Side) -> bool {
    let stem = stem(path);
    side.names().contains(&stem.as_str())
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.to_ascii_lowercase()
}

fn opened(path: &Path) -> Result<Tables, SourceError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Tables::open(folder, name.as_ref())?)
}

fn cells_of(cells: &crate::manifest::Cells, columns: usize) -> Answer<Vec<String>> {
    let one = |column: usize| {
        let cell = &cells[column];
        if cell.len() as u64 > TEXT_BYTES {
            return Err(format!(
                "has a text of {} bytes, at most {TEXT_BYTES} are allowed",
                cell.len()
            ));
        }
        Ok(cell.to_owned())
    };
    (0..columns).map(one).collect()
}
