//! Tests of Parquet files as tables.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, Float64Builder, ListBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int32Array, Int64Array, LargeStringArray, NullArray, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt8Array,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

use super::*;
use crate::manifest::table::Tables;

fn file(columns: Vec<(&str, ArrayRef)>) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("t.parquet");
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let file = File::create(&path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    (dir, path)
}

fn rows(path: &Path) -> Result<Vec<Result<Vec<String>, BadRow>>, TableError> {
    let folder = path.parent().expect("a folder");
    let tables = Tables::open(folder, path.to_str().expect("a name"))?;
    let row = |row: Result<crate::manifest::Row, TableError>| {
        let values = row?.values;
        Ok(values.map(|cells| cells.iter().map(str::to_owned).collect()))
    };
    tables.rows().map(row).collect()
}

/// The boxes of faces in three images: one face, none, and no list at all.
fn face_boxes() -> ArrayRef {
    let mut boxes = ListBuilder::new(ListBuilder::new(Float64Builder::new()));
    boxes
        .values()
        .values()
        .append_slice(&[0.25, 0.5, 1.0, f64::NAN]);
    boxes.values().append(true);
    boxes.append(true);
    boxes.append(true);
    boxes.append(false);
    Arc::new(boxes.finish())
}

#[test]
fn metadata_of_common_pool_is_text() {
    let (_dir, path) = file(vec![
        (
            "uid",
            Arc::new(StringArray::from(vec![
                "0123456789abcdef0123456789abcdef",
                "b",
                "c",
            ])),
        ),
        (
            "url",
            Arc::new(StringArray::from(vec![
                Some("https://a.example/1.jpg"),
                None,
                Some(""),
            ])),
        ),
        (
            "text",
            Arc::new(LargeStringArray::from(vec![
                "a \"cat\",\nsits",
                "été",
                "😀",
            ])),
        ),
        (
            "original_width",
            Arc::new(Int64Array::from(vec![Some(640), Some(-1), None])),
        ),
        (
            "original_height",
            Arc::new(UInt8Array::from(vec![48, 0, 255])),
        ),
        (
            "clip_b32_similarity_score",
            Arc::new(Float32Array::from(vec![0.3, f32::NAN, 1.0])),
        ),
        (
            "clip_l14_similarity_score",
            Arc::new(Float64Array::from(vec![0.1, 1e300, -0.0])),
        ),
        ("face_bboxes", face_boxes()),
        ("sha256", Arc::new(StringArray::from(vec!["f00d"; 3]))),
    ]);
    let found: Vec<Vec<String>> = rows(&path)
        .expect("rows")
        .into_iter()
        .map(|row| row.expect("good"))
        .collect();
    assert_eq!(
        found[0],
        [
            "0123456789abcdef0123456789abcdef",
            "https://a.example/1.jpg",
            "a \"cat\",\nsits",
            "640",
            "48",
            "0.3",
            "0.1",
            "[[0.25,0.5,1.0,null]]",
            "f00d"
        ]
    );
    assert_eq!(
        found[1],
        ["b", "", "été", "-1", "0", "", "1e300", "[]", "f00d"]
    );
    assert_eq!(
        found[2],
        ["c", "", "😀", "", "255", "1.0", "-0.0", "", "f00d"]
    );
}

#[test]
fn bytes_instants_days_and_the_rest_are_text() {
    let mut uids = FixedSizeBinaryBuilder::new(16);
    uids.append_value(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef_u128.to_be_bytes())
        .expect("16 bytes");
    let micros = 1_558_087_872_000_000;
    let pair: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("a \"q\"", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec!["x\n"])),
        ),
        (
            Arc::new(Field::new("b", DataType::Boolean, true)),
            Arc::new(BooleanArray::from(vec![true])),
        ),
        (
            Arc::new(Field::new("c", DataType::Int32, true)),
            Arc::new(Int32Array::from(vec![7])),
        ),
        (
            Arc::new(Field::new("d", DataType::Date32, true)),
            Arc::new(Date32Array::from(vec![18_033])),
        ),
    ];
    let (_dir, path) = file(vec![
        ("uid", Arc::new(uids.finish())),
        (
            "utc",
            Arc::new(TimestampMicrosecondArray::from(vec![micros]).with_timezone("UTC")),
        ),
        (
            "millis",
            Arc::new(TimestampMillisecondArray::from(vec![micros / 1000 + 250])),
        ),
        (
            "nanos",
            Arc::new(TimestampNanosecondArray::from(vec![micros * 1000])),
        ),
        ("day", Arc::new(Date32Array::from(vec![18_033]))),
        ("is", Arc::new(BooleanArray::from(vec![false]))),
        ("text", Arc::new(BinaryArray::from(vec!["été".as_bytes()]))),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![12_345])
                    .with_precision_and_scale(10, 2)
                    .expect("fits"),
            ),
        ),
        ("struct", Arc::new(StructArray::from(pair))),
        ("null", Arc::new(NullArray::new(1))),
    ]);
    assert_eq!(
        rows(&path).expect("rows")[0].as_ref().expect("good"),
        &[
            "0123456789abcdef0123456789abcdef",
            "2019-05-17T10:11:12Z",
            "2019-05-17T10:11:12.250000",
            "2019-05-17T10:11:12",
            "2019-05-17",
            "false",
            "été",
            "123.45",
            r#"{"a \"q\"":"x\n","b":true,"c":7,"d":"2019-05-17"}"#,
            ""
        ]
    );
}

#[test]
fn bytes_that_are_no_text_are_a_bad_row_and_the_rest_goes_on() {
    let (_dir, path) = file(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        (
            "text",
            Arc::new(BinaryArray::from(vec![b"\xff".as_slice(), b"good"])),
        ),
    ]);
    let found = rows(&path).expect("rows");
    assert_eq!(found[0], Err(BadRow::NotUtf8 { field: 2 }));
    assert_eq!(found[1], Ok(vec!["2".to_owned(), "good".to_owned()]));
}

#[test]
fn many_batches_are_read_in_order() {
    let count = 3 * BATCH_ROWS as i64 + 5;
    let (_dir, path) = file(vec![(
        "n",
        Arc::new(Int64Array::from_iter_values(0..count)),
    )]);
    let found = rows(&path).expect("rows");
    assert_eq!(found.len() as i64, count);
    assert!(
        found
            .into_iter()
            .zip(0..)
            .all(|(row, n): (_, i64)| row == Ok(vec![n.to_string()]))
    );
}

#[test]
fn what_is_no_parquet_is_refused_by_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("t.parquet");
    std::fs::write(&path, "uid,url\n").expect("written");
    let error = rows(&path).expect_err("refused").to_string();
    assert!(error.contains("t.parquet: not a Parquet file"), "{error}");
}

proptest! {
    #[test]
    fn a_damaged_file_is_read_or_refused(at in 0.0_f64..1.0, byte: u8, cut in 0.5_f64..1.0) {
        let (_dir, path) = file(vec![
            ("uid", Arc::new(StringArray::from(vec!["a", "b"]))),
            ("boxes", Arc::new(Int64Array::from(vec![1, 2]))),
        ]);
        let mut bytes = std::fs::read(&path).expect("read");
        let place = (at * bytes.len() as f64) as usize;
        bytes[place] = byte;
        std::fs::write(&path, &bytes).expect("written");
        let _ = rows(&path);
        std::fs::write(&path, &bytes[..(cut * bytes.len() as f64) as usize]).expect("written");
        let _ = rows(&path);
    }
}
