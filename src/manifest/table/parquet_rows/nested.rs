//! Lists, structs and maps as compact JSON.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType};

use super::super::json::push_quoted;
use super::values::{push_hex, word};

/// Appends the value of a row as JSON. What JSON has no form for is in quotes; what is no number is `null`.
pub(super) fn push(text: &mut String, array: &ArrayRef, row: usize) -> Result<(), ArrowError> {
    if array.is_null(row) {
        text.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::List(_) => push_list(text, &array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => push_list(text, &array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => push_list(text, &array.as_fixed_size_list().value(row)),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields
                .iter()
                .map(|field| field.name().as_str())
                .zip(columns);
            push_object(text, members, row)
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            push_map(text, entries.column(0), entries.column(1))
        }
        _ => push_single(text, array, row),
    }
}

fn push_list(text: &mut String, items: &ArrayRef) -> Result<(), ArrowError> {
    text.push('[');
    for row in 0..items.len() {
        push_comma(text, row);
        push(text, items, row)?;
    }
    text.push(']');
    Ok(())
}

fn push_object<'a>(
    text: &mut String,
    members: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    row: usize,
) -> Result<(), ArrowError> {
    text.push('{');
    for (index, (name, values)) in members.enumerate() {
        push_comma(text, index);
        push_quoted(text, name);
        text.push(':');
        push(text, values, row)?;
    }
    text.push('}');
    Ok(())
}

fn push_map(text: &mut String, keys: &ArrayRef, values: &ArrayRef) -> Result<(), ArrowError> {
    text.push('{');
    for row in 0..keys.len() {
        push_comma(text, row);
        let mut key = String::new();
        push(&mut key, keys, row)?;
        match key.starts_with('"') {
            true => text.push_str(&key),
            false => push_quoted(text, &key),
        }
        text.push(':');
        push(text, values, row)?;
    }
    text.push('}');
    Ok(())
}

fn push_comma(text: &mut String, index: usize) {
    if index > 0 {
        text.push(',');
    }
}

fn push_single(text: &mut String, array: &ArrayRef, row: usize) -> Result<(), ArrowError> {
    match array.data_type() {
        DataType::Null => text.push_str("null"),
        DataType::Boolean => text.push_str(word(array.as_boolean().value(row))),
        DataType::Utf8 => push_quoted(text, array.as_string::<i32>().value(row)),
        DataType::Binary => push_bytes(text, array.as_binary::<i32>().value(row)),
        DataType::FixedSizeBinary(_) => push_bytes(text, array.as_fixed_size_binary().value(row)),
        DataType::Float16 => {
            let number = array.as_primitive::<Float16Type>().value(row).to_f32();
            push_number(text, f64::from(number), &number);
        }
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(row);
            push_number(text, f64::from(number), &number);
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            push_number(text, number, &number);
        }
        other => {
            let options = FormatOptions::default();
            let shown = ArrayFormatter::try_new(array, &options)?
                .value(row)
                .try_to_string()?;
            match other.is_integer() {
                true => text.push_str(&shown),
                false => push_quoted(text, &shown),
            }
        }
    }
    Ok(())
}

fn push_number(text: &mut String, number: f64, shown: &dyn std::fmt::Debug) {
    if number.is_finite() {
        // Writing into a text cannot fail.
        let _ = write!(text, "{shown:?}");
    } else {
        text.push_str("null");
    }
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(value) => push_quoted(text, value),
        Err(_) => {
            text.push('"');
            push_hex(text, bytes);
            text.push('"');
        }
    }
}
