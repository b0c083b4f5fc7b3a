//! Image column: which column of a Parquet file has the images, and their bytes.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field};

use super::file::ParquetFile;
use crate::score::source::Answer;
use crate::score::source::columns::{IMAGES, named};
use crate::score::source::limits::{IMAGE_BYTES, check};

/// The part of an image that has its bytes.
const BYTES: &str = "bytes";

/// The column with the images.
#[derive(Debug, Clone, Copy)]
pub(super) struct ImageColumn {
    /// Where its bytes are among the leaves.
    leaf: usize,
}

impl ImageColumn {
    /// The column that is named as images' are, or else the first that looks like them.
    pub(super) fn find(file: &ParquetFile) -> Option<Self> {
        let fields = file.fields();
        let structs = |column: &usize| matches!(fields[*column].data_type(), DataType::Struct(_));
        let mut found: Vec<usize> = named(&file.columns(), IMAGES);
        found.extend((0..fields.len()).filter(structs));
        found.extend(0..fields.len());
        let column = found
            .into_iter()
            .find(|&column| is_image(&fields[column]))?;
        let last = structs(&column).then_some(BYTES);
        let leaf = *file.leaves(column, last).first()?;
        Some(Self { leaf })
    }

    pub(super) fn leaf(self) -> usize {
        self.leaf
    }
}

fn is_bytes(of: &DataType) -> bool {
    matches!(of, DataType::Binary | DataType::LargeBinary)
}

/// Whether a column has bytes, alone or in a struct.
pub(super) fn is_image(field: &Field) -> bool {
    match field.data_type() {
        DataType::Struct(fields) => fields
            .iter()
            .any(|field| field.name() == BYTES && is_bytes(field.data_type())),
        other => is_bytes(other),
    }
}

/// One image of an array of bytes, or of structs of which only the bytes were read.
pub(super) fn value(array: &ArrayRef, row: usize) -> Answer<Vec<u8>> {
    if array.is_null(row) {
        return Err("has no image".to_owned());
    }
    if let Some(parts) = array.as_struct_opt() {
        let bytes = parts
            .column_by_name(BYTES)
            .filter(|bytes| !bytes.is_null(row));
        let bytes = bytes.ok_or("has an image without bytes; a path alone is not followed")?;
        return value(bytes, row);
    }
    let bytes = match array.as_binary_opt::<i32>() {
        Some(bytes) => bytes.value(row),
        None => array
            .as_binary_opt::<i64>()
            .ok_or("has an image that is no bytes")?
            .value(row),
    };
    check("an image", bytes.len() as u64, IMAGE_BYTES)?;
    Ok(bytes.to_vec())
}
