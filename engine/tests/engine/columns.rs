//! Columns: uids and dates in every form, under any name.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, Date32Array, DictionaryArray,
    FixedSizeBinaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, StringArray,
    StringViewArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt64Array,
};
use datafusion::arrow::datatypes::Int32Type;
use ticclip_engine::{Bucket, EngineError, Query, Table};

use crate::tables::{engine, hex, write_columns};

const SECOND: i64 = 1_000_000;
const AT: i64 = 1_558_087_872;

fn read(columns: Vec<(&str, ArrayRef)>, uid: &str, date: &str) -> Result<Bucket, EngineError> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write_columns(&folder.path().join("rows.parquet"), columns);
    let query = Query {
        manifest: Table {
            files: vec![file],
            uid: uid.to_owned(),
            timestamp: Some(date.to_owned()),
        },
        dates: None,
        filter: None,
    };
    engine(folder.path()).open(&query)?.bucket(0, 1)
}

#[test]
fn uids_are_text_or_bytes_and_others_are_counted() {
    let uid = 0xfedc_ba98_7654_3210_0123_4567_89ab_cdef_u128;
    let text = hex(uid).to_uppercase();
    let texts = [
        Some(text.as_str()),
        Some("fedc"),
        None,
        Some("not a uid, but as long as one is"),
    ];
    let bytes = uid.to_be_bytes();
    let binary = [
        Some(&bytes[..]),
        Some(&bytes[..4]),
        None,
        Some(&[0; 17][..]),
    ];
    let fixed = [Some(&bytes[..]), None, None, None].into_iter();
    let fixed =
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 16).expect("of 16 bytes");
    let forms: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter(texts)),
        Arc::new(LargeStringArray::from_iter(texts)),
        Arc::new(StringViewArray::from_iter(texts)),
        Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(BinaryArray::from_iter(binary)),
        Arc::new(BinaryViewArray::from_iter(binary)),
        Arc::new(fixed),
    ];
    for uids in forms {
        let kind = uids.data_type().clone();
        let dates: ArrayRef = Arc::new(Int64Array::from(vec![AT; 4]));
        let bucket = read(vec![("uid", uids), ("at", dates)], "uid", "at").expect("read");
        assert_eq!((bucket.rows.len(), bucket.bad_uids), (1, 3), "{kind}");
        assert_eq!(bucket.rows[0].uid, uid, "{kind}");
    }
}

#[test]
fn dates_are_instants_days_numbers_or_text_and_others_are_counted() {
    let texts = [Some("2019-05-17T10:11:12Z"), Some("17.5.2019"), None];
    let big = u64::MAX;
    let forms: Vec<(ArrayRef, u64)> = vec![
        (
            Arc::new(TimestampSecondArray::from(vec![
                Some(AT),
                Some(i64::MAX),
                None,
            ])),
            1,
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![
                Some(AT * 1000),
                None,
                None,
            ])),
            0,
        ),
        (
            Arc::new(
                TimestampNanosecondArray::from(vec![Some(AT * 1_000_000_000), None, None])
                    .with_timezone("+09:00"),
            ),
            0,
        ),
        (
            Arc::new(Int64Array::from(vec![Some(AT), Some(i64::MIN), None])),
            1,
        ),
        (
            Arc::new(Int64Array::from(vec![
                Some(AT * 1000),
                Some(AT * SECOND),
                None,
            ])),
            1,
        ),
        (
            Arc::new(Int32Array::from(vec![Some(AT as i32), None, None])),
            0,
        ),
        (
            Arc::new(UInt64Array::from(vec![Some(AT as u64), Some(big), None])),
            1,
        ),
        (
            Arc::new(Float64Array::from(vec![
                Some(AT as f64 + 0.5),
                Some(f64::NAN),
                Some(-1.0),
            ])),
            2,
        ),
        (Arc::new(StringArray::from_iter(texts)), 1),
        (Arc::new(StringViewArray::from_iter(texts)), 1),
        (
            Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>()),
            1,
        ),
    ];
    for (dates, bad) in forms {
        let kind = dates.data_type().clone();
        let uids: ArrayRef = Arc::new(StringArray::from_iter_values([hex(1), hex(2), hex(3)]));
        let bucket = read(vec![("uid", uids), ("at", dates)], "uid", "at").expect("read");
        let found: Vec<_> = bucket.rows.iter().map(|row| row.at_micros).collect();
        assert_eq!(
            (found, bucket.bad_dates),
            (vec![Some(AT * SECOND), None, None], bad),
            "{kind}"
        );
    }
    let uids: ArrayRef = Arc::new(StringArray::from_iter_values([hex(1)]));
    let days: ArrayRef = Arc::new(Date32Array::from(vec![-1]));
    let bucket = read(vec![("uid", uids), ("at", days)], "uid", "at").expect("read");
    assert_eq!(bucket.rows[0].at_micros, Some(-86_400 * SECOND));
}

#[test]
fn columns_may_have_any_names() {
    for (uid, date) in [
        ("Image ID", "a.b"),
        ("UID", "uid"),
        ("\"x\"", "'y'"),
        ("select", "ü[0]"),
    ] {
        let uids: ArrayRef = Arc::new(StringArray::from_iter_values([hex(7)]));
        let dates: ArrayRef = Arc::new(Int64Array::from(vec![AT]));
        let bucket = read(vec![(uid, uids), (date, dates)], uid, date).expect("read");
        assert_eq!(
            (bucket.rows[0].uid, bucket.rows[0].at_micros),
            (7, Some(AT * SECOND)),
            "{uid}"
        );
    }
}

#[test]
fn missing_columns_and_other_types_are_refused() {
    let columns = || -> Vec<(&str, ArrayRef)> {
        vec![
            ("uid", Arc::new(StringArray::from_iter_values([hex(7)]))),
            ("number", Arc::new(Int64Array::from(vec![AT]))),
            ("bytes", Arc::new(BinaryArray::from_vec(vec![b"x"]))),
        ]
    };
    let error = read(columns(), "uid", "when")
        .expect_err("refused")
        .to_string();
    assert!(
        error.ends_with("rows.parquet: no column `when`; there are `uid`, `number`, `bytes`"),
        "{error}"
    );
    let error = read(columns(), "number", "number")
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("column `number` is Int64; allowed is text of 32 hex digits"),
        "{error}"
    );
    let error = read(columns(), "uid", "bytes")
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("column `bytes` is Binary") && error.contains("allowed is a timestamp"),
        "{error}"
    );
}
