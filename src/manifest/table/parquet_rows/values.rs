//! The values of a column in one batch, each of which can be appended to a text.

use std::fmt::{Debug, Write};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::instant::{push_day, push_instant};
use super::nested;

/// Fields within fields.
const DEPTH: usize = 32;
/// What a number, a date or the like takes at most, as a rule.
const SHORT: usize = 24;

/// A column's values, of one of the few types that all others are cast to.
pub(super) enum Values {
    Empty,
    Text(StringArray),
    /// Bytes of any length, which older writers take for text.
    Bytes(BinaryArray),
    Hex(FixedSizeBinaryArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Boolean(BooleanArray),
    Day(Date32Array),
    Instant {
        micros: TimestampMicrosecondArray,
        is_utc: bool,
    },
    Nested(ArrayRef),
}

/// Why a value cannot be appended.
#[derive(Debug)]
pub(super) enum Unreadable {
    NotUtf8,
    Damaged(ArrowError),
}

impl Values {
    /// Whether a column of this type can be read.
    pub(super) fn check(name: &str, of: &DataType) -> Result<(), String> {
        match is_readable(of, DEPTH) {
            true => Ok(()),
            false => Err(format!(
                "column `{name}` is {of}; a table has texts, numbers, booleans, instants, days, bytes, and lists and \
                 structs of those"
            )),
        }
    }

    /// The values of an array.
    pub(super) fn of(array: &ArrayRef) -> Result<Self, std::io::Error> {
        Self::cast(array).map_err(super::damaged)
    }

    fn cast(array: &ArrayRef) -> Result<Self, ArrowError> {
        let cast = |to: &DataType| arrow_cast::cast(array, to);
        Ok(match array.data_type() {
            DataType::Null => Self::Empty,
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::Binary => Self::Bytes(array.as_binary().clone()),
            DataType::FixedSizeBinary(_) => Self::Hex(array.as_fixed_size_binary().clone()),
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Self::Unsigned(
                    cast(&DataType::UInt64)?
                        .as_primitive::<UInt64Type>()
                        .clone(),
                )
            }
            integer if integer.is_integer() => {
                Self::Integer(cast(&DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            DataType::Float16 | DataType::Float32 => Self::Float32(
                cast(&DataType::Float32)?
                    .as_primitive::<Float32Type>()
                    .clone(),
            ),
            DataType::Float64 => Self::Float64(array.as_primitive::<Float64Type>().clone()),
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Date32 => Self::Day(array.as_primitive::<Date32Type>().clone()),
            DataType::Timestamp(_, zone) => {
                let micros = cast(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                Self::Instant {
                    micros: micros.as_primitive::<TimestampMicrosecondType>().clone(),
                    is_utc: zone.is_some(),
                }
            }
            nested if nested.is_nested() => Self::Nested(array.clone()),
            _ => Self::Text(cast(&DataType::Utf8)?.as_string().clone()),
        })
    }

    /// About how many bytes the value of a row takes.
    pub(super) fn bytes(&self, row: usize) -> usize {
        match self {
            Self::Text(texts) => texts.value(row).len(),
            Self::Bytes(bytes) => bytes.value(row).len(),
            Self::Hex(bytes) => 2 * bytes.value(row).len(),
            _ => SHORT,
        }
    }

    /// Appends the value of a row to `text`.
    pub(super) fn push(&self, row: usize, text: &mut String) -> Result<(), Unreadable> {
        if self.is_null(row) {
            return Ok(());
        }
        match self {
            Self::Empty => {}
            Self::Text(texts) => text.push_str(texts.value(row)),
            Self::Bytes(bytes) => {
                let value = std::str::from_utf8(bytes.value(row));
                text.push_str(value.map_err(|_| Unreadable::NotUtf8)?);
            }
            Self::Hex(bytes) => push_hex(text, bytes.value(row)),
            Self::Integer(numbers) => push_integer(text, numbers.value(row)),
            Self::Unsigned(numbers) => push_integer(text, numbers.value(row)),
            Self::Float32(numbers) => {
                let number = numbers.value(row);
                push_float(text, &number, number.is_nan());
            }
            Self::Float64(numbers) => {
                let number = numbers.value(row);
                push_float(text, &number, number.is_nan());
            }
            Self::Boolean(truths) => text.push_str(word(truths.value(row))),
            Self::Day(days) => push_day(text, days.value(row)),
            Self::Instant { micros, is_utc } => push_instant(text, micros.value(row), *is_utc),
            Self::Nested(array) => nested::push(text, array, row).map_err(Unreadable::Damaged)?,
        }
        Ok(())
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::Hex(array) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
            Self::Unsigned(array) => array.is_null(row),
            Self::Float32(array) => array.is_null(row),
            Self::Float64(array) => array.is_null(row),
            Self::Boolean(array) => array.is_null(row),
            Self::Day(array) => array.is_null(row),
            Self::Instant { micros, .. } => micros.is_null(row),
            Self::Nested(array) => array.is_null(row),
        }
    }
}

fn is_readable(of: &DataType, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match of {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => is_readable(item.data_type(), depth),
        DataType::Struct(fields) => fields
            .iter()
            .all(|field| is_readable(field.data_type(), depth)),
        DataType::Timestamp(..) | DataType::FixedSizeBinary(_) | DataType::Null => true,
        other => !other.is_nested() && arrow_cast::can_cast_types(other, &DataType::Utf8),
    }
}

pub(super) fn word(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}

pub(super) fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
}

/// Appends the shortest text that is read as the same number; nothing, if it is none.
fn push_float(text: &mut String, number: &dyn Debug, is_nan: bool) {
    if !is_nan {
        // Writing into a text cannot fail.
        let _ = write!(text, "{number:?}");
    }
}

fn push_integer(text: &mut String, number: impl std::fmt::Display) {
    let _ = write!(text, "{number}");
}
