//! `ticclip_bucket(uid, of)`: which of `of` equal ranges of uids this one is in.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, ScalarUDF, lit};

use super::scalar::Scalar;

pub(super) fn function() -> ScalarUDF {
    Scalar::of_any("ticclip_bucket", 2, DataType::Int64, compute).into()
}

/// The bucket of a uid, in a plan.
pub(crate) fn bucket(uid: Expr, of: u32) -> Expr {
    super::call(function(), vec![uid, lit(i64::from(of))])
}

fn compute(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let uids = columns[0].as_fixed_size_binary_opt();
    let of = columns[1].as_primitive_opt::<Int64Type>();
    let Some((uids, of)) = uids.zip(of) else {
        return Err(DataFusionError::Execution(
            "ticclip_bucket takes 16 bytes and an integer".to_owned(),
        ));
    };
    // What is no uid is counted once, with the first bucket.
    let bucket = |(uid, of): (Option<&[u8]>, Option<i64>)| match (uid, of) {
        (Some([a, b, c, d, ..]), Some(of)) => {
            (i64::from(u32::from_be_bytes([*a, *b, *c, *d])) * of) >> 32
        }
        _ => 0,
    };
    let buckets: Int64Array = uids.iter().zip(of.iter()).map(bucket).map(Some).collect();
    Ok(Arc::new(buckets))
}
