//! `ticclip_uid(x)`: 16 bytes of a uid.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, FixedSizeBinaryBuilder, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, ScalarUDF};

use super::scalar::Scalar;
use super::text::{bytes, texts};

const BYTES: usize = 16;

pub(super) fn function() -> ScalarUDF {
    Scalar::of_any(
        "ticclip_uid",
        1,
        DataType::FixedSizeBinary(BYTES as i32),
        compute,
    )
    .into()
}

/// The uid that `value` is, in a plan.
pub(crate) fn uid(value: Expr) -> Expr {
    super::call(function(), vec![value])
}

fn compute(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let column = &columns[0];
    if let DataType::Dictionary(_, values) = column.data_type() {
        return compute(&[cast(column, values)?]);
    }
    if *column.data_type() == DataType::Null {
        return Ok(new_null_array(
            &DataType::FixedSizeBinary(BYTES as i32),
            column.len(),
        ));
    }
    let mut uids = FixedSizeBinaryBuilder::with_capacity(column.len(), BYTES as i32);
    let mut push = |uid: Option<[u8; BYTES]>| match uid {
        Some(uid) => uids.append_value(uid),
        None => {
            uids.append_null();
            Ok(())
        }
    };
    if let Some(mut texts) = texts(column) {
        texts.try_for_each(|text| push(text.and_then(of_text)))?;
    } else if let Some(mut bytes) = bytes(column) {
        bytes.try_for_each(|bytes| push(bytes.and_then(|bytes| bytes.try_into().ok())))?;
    } else {
        let found = column.data_type();
        return Err(DataFusionError::Execution(format!(
            "ticclip_uid takes text or bytes, not {found}"
        )));
    }
    Ok(Arc::new(uids.finish()))
}

/// The bytes that 32 hex digits are.
fn of_text(text: &str) -> Option<[u8; BYTES]> {
    let mut uid = [0; BYTES];
    hex::decode_to_slice(text, &mut uid).ok().map(|()| uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_case_is_read_and_nothing_else() {
        let uid = Some(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes());
        assert_eq!(of_text("0123456789abcdef0123456789ABCDEF"), uid);
        for text in [
            "",
            "0123456789abcdef",
            "g123456789abcdef0123456789abcdef",
            "é123456789abcdef0123456789abcde",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }
}
