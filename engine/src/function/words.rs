//! `words(text)`: how many words there are between white space.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ScalarUDF;

use super::scalar::Scalar;
use super::text::texts;

pub(super) fn function() -> ScalarUDF {
    Scalar::of_text("words", DataType::Int64, compute).into()
}

fn compute(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let texts = texts(&columns[0])
        .ok_or_else(|| DataFusionError::Execution("words takes text".to_owned()))?;
    let words = |text: &str| text.split_whitespace().count() as i64;
    let counts: Int64Array = texts.map(|text| text.map(words)).collect();
    Ok(Arc::new(counts))
}
