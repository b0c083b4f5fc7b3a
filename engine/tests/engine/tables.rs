//! Small tables, written in every format.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use ticclip_engine::{Bucket, Engine, Limits, Plan, Query, Table};

/// A row as its table writes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cells {
    pub(crate) uid: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) width: Option<i64>,
    pub(crate) caption: Option<String>,
}

/// A row of a uid and a date, a number and a text.
pub(crate) fn row(uid: u128, timestamp: &str, width: i64, caption: &str) -> Cells {
    let there = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Cells {
        uid: Some(hex(uid)),
        timestamp: there(timestamp),
        width: Some(width),
        caption: there(caption),
    }
}

pub(crate) fn hex(uid: u128) -> String {
    format!("{uid:032x}")
}

/// The same hash of a number whenever it is asked, so that uids are spread.
pub(crate) fn spread(number: u64) -> u128 {
    let mix = |seed: u64| {
        let mut x = number
            .wrapping_add(seed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    u128::from(mix(1)) << 64 | u128::from(mix(2))
}

/// Writes a table in the format that its name ends in.
pub(crate) fn write(folder: &Path, name: &str, rows: &[Cells]) -> String {
    let path = folder.join(name);
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    if plain.ends_with(".parquet") {
        write_columns(&path, parquet_columns(rows));
    } else {
        let text = match plain.rsplit_once('.').expect("an ending").1 {
            "csv" => separated(rows, ","),
            "tsv" => separated(rows, "\t"),
            _ => json_lines(rows),
        };
        let file = File::create(&path).expect("created");
        write_text(file, name, text.as_bytes());
    }
    path.to_str().expect("a path of text").to_owned()
}

/// Writes a Parquet file of these columns.
pub(crate) fn write_columns(path: &Path, columns: Vec<(&str, ArrayRef)>) -> String {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .expect("columns of one length");
    let file = File::create(path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    path.to_str().expect("a path of text").to_owned()
}

fn parquet_columns(rows: &[Cells]) -> Vec<(&'static str, ArrayRef)> {
    let text = |of: fn(&Cells) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let widths: Int64Array = rows.iter().map(|row| row.width).collect();
    vec![
        ("uid", text(|row| row.uid.as_deref())),
        ("timestamp", text(|row| row.timestamp.as_deref())),
        ("width", Arc::new(widths)),
        ("caption", text(|row| row.caption.as_deref())),
    ]
}

fn separated(rows: &[Cells], delimiter: &str) -> String {
    let mut text = ["uid", "timestamp", "width", "caption"].join(delimiter) + "\n";
    for row in rows {
        let width = row.width.map(|width| width.to_string());
        let quoted = row.caption.as_ref().map(|caption| format!("\"{caption}\""));
        let cells = [row.uid.clone(), row.timestamp.clone(), width, quoted];
        text += &cells.map(Option::unwrap_or_default).join(delimiter);
        text.push('\n');
    }
    text
}

fn json_lines(rows: &[Cells]) -> String {
    let mut text = String::new();
    for row in rows {
        let quoted = |name: &str, cell: &Option<String>| {
            cell.as_ref().map(|cell| format!("\"{name}\": \"{cell}\""))
        };
        let cells = [
            quoted("uid", &row.uid),
            quoted("timestamp", &row.timestamp),
            row.width.map(|width| format!("\"width\": {width}")),
            quoted("caption", &row.caption),
        ];
        let cells: Vec<_> = cells.into_iter().flatten().collect();
        text += &format!("{{{}}}\n", cells.join(", "));
    }
    text
}

fn write_text(mut file: File, name: &str, text: &[u8]) {
    if name.ends_with(".gz") {
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        file.write_all(text).expect("written");
        file.finish().expect("finished");
    } else if name.ends_with(".zst") {
        file.write_all(&zstd::encode_all(text, 1).expect("compressed"))
            .expect("written");
    } else {
        file.write_all(text).expect("written");
    }
}

/// A table whose columns are called as they are here.
pub(crate) fn table(files: &[String]) -> Table {
    Table {
        files: files.to_vec(),
        uid: "uid".to_owned(),
        timestamp: Some("timestamp".to_owned()),
    }
}

/// All rows of one file, or those that a filter keeps.
pub(crate) fn query(file: &str, filter: Option<&str>) -> Query {
    Query {
        manifest: table(&[file.to_owned()]),
        dates: None,
        filter: filter.map(str::to_owned),
    }
}

/// An engine of two threads that spills into `folder`.
pub(crate) fn engine(folder: &Path) -> Engine {
    engine_of(folder, 256 << 20, 2)
}

pub(crate) fn engine_of(folder: &Path, memory_bytes: u64, threads: usize) -> Engine {
    let spill: PathBuf = folder.join("spill");
    let limits = Limits {
        memory_bytes,
        threads,
        spill,
    };
    Engine::embedded(limits).expect("an engine")
}

/// The one bucket of all rows.
pub(crate) fn whole(plan: &Plan) -> Bucket {
    plan.bucket(0, 1).expect("a bucket")
}

/// Numbers of the uids in a bucket.
pub(crate) fn uids(bucket: &Bucket) -> Vec<u128> {
    bucket.rows.iter().map(|row| row.uid).collect()
}
