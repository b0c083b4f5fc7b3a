//! `ticclip_micros(x)`: microseconds since 1970 of a date, however the column writes it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, ScalarUDF};

use super::scalar::Scalar;
use super::text::texts;
use crate::date;

/// What is there, but is no date.
pub(crate) const NO_DATE: i64 = i64::MIN;

pub(super) fn function() -> ScalarUDF {
    Scalar::of_any("ticclip_micros", 1, DataType::Int64, compute).into()
}

/// The date that `value` is, in a plan.
pub(crate) fn micros(value: Expr) -> Expr {
    super::call(function(), vec![value])
}

fn compute(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let column = &columns[0];
    let micros: Int64Array = match column.data_type() {
        DataType::Null => return Ok(new_null_array(&DataType::Int64, column.len())),
        DataType::Dictionary(_, values) => return compute(&[cast(column, values)?]),
        DataType::Timestamp(_, zone) => {
            // The zone stays as it is: with one, the values are instants; without, they count as UTC.
            of_timestamps(
                column,
                DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
            )?
        }
        DataType::Date32 | DataType::Date64 => {
            of_timestamps(column, DataType::Timestamp(TimeUnit::Microsecond, None))?
        }
        kind if kind.is_integer() => {
            // What 64 bits with a sign do not hold is no date.
            let numbers = cast(column, &DataType::Int64)?;
            let dates = present(column, numbers.as_primitive::<Int64Type>());
            dates
                .map(|number| dated(number?.and_then(date::of_number)))
                .collect()
        }
        kind if kind.is_floating() => {
            let numbers = cast(column, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>().iter();
            numbers
                .map(|number| dated(date::of_float(number?)))
                .collect()
        }
        kind => {
            let Some(texts) = texts(column) else {
                return Err(DataFusionError::Execution(format!(
                    "ticclip_micros takes dates, numbers or text, not {kind}"
                )));
            };
            let texts = texts.map(|text| text.map(str::trim).filter(|text| !text.is_empty()));
            texts.map(|text| dated(date::of_text(text?))).collect()
        }
    };
    Ok(Arc::new(micros))
}

fn dated(micros: Option<i64>) -> Option<i64> {
    Some(micros.unwrap_or(NO_DATE))
}

/// For each value that the column has, what the cast made of it.
fn present<'a>(
    column: &'a ArrayRef,
    cast: &'a Int64Array,
) -> impl Iterator<Item = Option<Option<i64>>> + 'a {
    let values = cast.iter().enumerate();
    values.map(|(row, value)| column.is_valid(row).then_some(value))
}

fn of_timestamps(column: &ArrayRef, micros: DataType) -> Result<Int64Array> {
    let column_of_micros = cast(column, &micros)?;
    let values = column_of_micros
        .as_primitive::<TimestampMicrosecondType>()
        .reinterpret_cast::<Int64Type>();
    if values.null_count() == column.null_count() {
        return Ok(values);
    }
    let dates = present(column, &values);
    Ok(dates.map(|value| dated(value?)).collect())
}
