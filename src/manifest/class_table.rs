//! Class table: Parquet with the columns `uid` and `class`, a class id, as `net` writes it for each step.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt16Type;
use arrow_array::{Array, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;

use super::ParquetFileError;
use super::parquet_file::ParquetReader;
use super::read::Uids;
use crate::uid::Uid;

const COLUMNS: [&str; 2] = ["uid", "class"];

/// The class id of every pair of a table, sorted by uid.
///
/// # Errors
/// When the file is damaged, has not the columns, or a value is no uid or class id.
pub fn read_classes(path: &Path) -> Result<Vec<(Uid, u16)>, ParquetFileError> {
    let reader = ParquetReader::open(path)?;
    reader.require(&COLUMNS)?;
    let mut classes = Vec::new();
    for batch in reader.batches(&COLUMNS)? {
        let batch = batch.map_err(ParquetFileError::arrow(path))?;
        push(path, &batch, &mut classes)?;
    }
    classes.sort_unstable();
    Ok(classes)
}

fn push(
    path: &Path,
    batch: &RecordBatch,
    classes: &mut Vec<(Uid, u16)>,
) -> Result<(), ParquetFileError> {
    let wrong = |row: usize, message: String| ParquetFileError::Column {
        path: path.to_owned(),
        message: format!("row {}: {message}", row + 1),
    };
    let before = classes.len();
    let uids = Uids::of(path, batch)?;
    let ids = batch
        .column_by_name("class")
        .filter(|ids| ids.data_type().is_integer())
        .ok_or_else(|| ParquetFileError::Column {
            path: path.to_owned(),
            message: "column `class` has no whole numbers".to_owned(),
        })?;
    let exact = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    let ids = cast_with_options(ids, &DataType::UInt16, &exact)
        .map_err(|error| wrong(before, error.to_string()))?;
    let ids = ids.as_primitive::<UInt16Type>();
    for row in 0..batch.num_rows() {
        let uid = uids
            .get(row)
            .map_err(|message| wrong(before + row, message))?;
        match uid.filter(|_| ids.is_valid(row)) {
            Some(uid) => classes.push((uid, ids.value(row))),
            None => return Err(wrong(before + row, "no uid or no class".to_owned())),
        }
    }
    Ok(())
}
