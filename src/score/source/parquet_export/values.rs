//! Values: the texts and numbers of an Arrow column, of the few types that answers have.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

use crate::score::source::limits::{TEXT_BYTES, check};
use crate::score::source::{Answer, SourceError};

/// The one part of a struct that is a caption, as in the sentences of Karpathy's files.
const CAPTION_PARTS: [&str; 3] = ["raw", "caption", "text"];

/// A column as texts, numbers written out.
pub(super) fn texts(path: &Path, array: &ArrayRef) -> Result<Vec<Answer<String>>, SourceError> {
    let cast = cast(path, array, &DataType::Utf8)?;
    let texts = cast.as_string::<i32>();
    let one = |row: usize| {
        if texts.is_null(row) {
            return Err("has no value that is text".to_owned());
        }
        let text = texts.value(row);
        check("a text", text.len() as u64, TEXT_BYTES)?;
        Ok(text.to_owned())
    };
    Ok((0..texts.len()).map(one).collect())
}

/// A column of texts, of lists of them, or of lists of structs with one, as lists.
pub(super) fn text_lists(
    path: &Path,
    array: &ArrayRef,
) -> Result<Vec<Answer<Vec<String>>>, SourceError> {
    if !is_list(array.data_type()) {
        let texts = texts(path, array)?.into_iter();
        return Ok(texts.map(|text| Ok(vec![text?])).collect());
    }
    each_list(array, |items| texts(path, &captions_of(path, items)?))
}

/// A column of lists of numbers.
pub(super) fn number_lists(
    path: &Path,
    array: &ArrayRef,
) -> Result<Vec<Answer<Vec<f64>>>, SourceError> {
    each_list(array, |items| {
        let cast = cast(path, items, &DataType::Float64)?;
        let numbers = cast.as_primitive::<Float64Type>();
        let one = |row: usize| {
            let number = numbers.is_valid(row).then(|| numbers.value(row));
            let finite = number.filter(|number| number.is_finite());
            finite.ok_or_else(|| "has a label that is no number".to_owned())
        };
        Ok((0..numbers.len()).map(one).collect())
    })
}

/// Of every row's list what `items` makes of its items.
fn each_list<T>(
    array: &ArrayRef,
    items: impl Fn(&ArrayRef) -> Result<Vec<Answer<T>>, SourceError>,
) -> Result<Vec<Answer<Vec<T>>>, SourceError> {
    let one = |row: usize| {
        let list = if array.is_null(row) {
            None
        } else {
            list_at(array, row)
        };
        let Some(list) = list else {
            return Ok(Err("has no list".to_owned()));
        };
        Ok(items(&list)?.into_iter().collect())
    };
    (0..array.len()).map(one).collect()
}

/// The items of a row of lists.
pub(super) fn list_at(array: &ArrayRef, row: usize) -> Option<ArrayRef> {
    if let Some(lists) = array.as_list_opt::<i32>() {
        return Some(lists.value(row));
    }
    if let Some(lists) = array.as_list_opt::<i64>() {
        return Some(lists.value(row));
    }
    Some(array.as_fixed_size_list_opt()?.value(row))
}

pub(super) fn is_list(of: &DataType) -> bool {
    matches!(
        of,
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
    )
}

fn captions_of(path: &Path, items: &ArrayRef) -> Result<ArrayRef, SourceError> {
    let Some(parts) = items.as_struct_opt() else {
        return Ok(items.clone());
    };
    let part = CAPTION_PARTS
        .iter()
        .find_map(|name| parts.column_by_name(name));
    part.cloned().ok_or_else(|| SourceError::Column {
        path: path.to_owned(),
        message: format!("captions without a part {}", CAPTION_PARTS.join(", ")),
    })
}

/// Cast; what does not fit becomes nothing.
fn cast(path: &Path, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, SourceError> {
    let failed = |error: ArrowError| SourceError::Column {
        path: path.to_owned(),
        message: error.to_string(),
    };
    arrow_cast::cast(array, to).map_err(failed)
}
