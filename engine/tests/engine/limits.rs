//! Limits: the same rows with little memory and few threads as with much.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use datafusion::arrow::array::{ArrayRef, FixedSizeBinaryArray, Int64Array};
use ticclip_engine::{Bucket, Engine, EngineError, Limits, Query};

use crate::tables::{engine_of, spread, table, write_columns};

const ROWS: u64 = 200_000;

fn rows(path: &Path, numbers: impl Iterator<Item = u64> + Clone) -> String {
    let uids = numbers.clone().map(|number| spread(number).to_be_bytes());
    let uids = FixedSizeBinaryArray::try_from_iter(uids).expect("of 16 bytes");
    let dates = numbers.map(|number| Some(1_500_000_000 + (number * 7919 % 100_000) as i64));
    let dates: Int64Array = dates.collect();
    let columns: Vec<(&str, ArrayRef)> =
        vec![("uid", Arc::new(uids)), ("timestamp", Arc::new(dates))];
    write_columns(path, columns)
}

/// Rows and dates that only partly meet, in no order.
pub(crate) fn query(folder: &Path) -> Query {
    let manifest: Vec<String> = (0..4_u64)
        .map(|file| {
            let numbers = (0..ROWS / 4).map(move |number| number * 4 + file);
            rows(&folder.join(format!("manifest{file}.parquet")), numbers)
        })
        .collect();
    let numbers = (0..ROWS).map(|number| number * 7 % (ROWS * 3 / 2));
    let dates = rows(&folder.join("dates.parquet"), numbers);
    Query {
        manifest: table(&manifest),
        dates: Some(table(&[dates])),
        filter: Some("timestamp % 3 > 0".to_owned()),
    }
}

fn read(folder: &Path, query: &Query, memory: u64, threads: usize) -> (Bucket, bool) {
    let engine = engine_of(folder, memory, threads);
    let plan = engine.open(query).expect("a plan");
    let (done, spilled) = (AtomicBool::new(false), AtomicBool::new(false));
    let bucket = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if has_files(&folder.join("spill")) {
                    spilled.store(true, Ordering::Relaxed);
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let bucket = plan.bucket(0, 1);
        done.store(true, Ordering::Relaxed);
        bucket.expect("a bucket")
    });
    (bucket, spilled.into_inner())
}

fn has_files(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file || has_files(&entry.path())
    })
}

#[test]
fn little_memory_spills_and_neither_it_nor_threads_change_a_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let query = query(folder.path());
    let (expected, spilled) = read(folder.path(), &query, 1 << 30, 1);
    assert!(!spilled);
    assert!(expected.rows.len() > 50_000 && expected.not_in_dates > 10_000);
    for (memory, threads) in [(1 << 30, 4), (32 << 20, 1), (64 << 20, 4)] {
        let (bucket, spilled) = read(folder.path(), &query, memory, threads);
        assert!(bucket == expected, "{memory} bytes, {threads} threads");
        assert_eq!(
            spilled,
            memory < 1 << 30,
            "{memory} bytes, {threads} threads"
        );
    }
    assert!(!has_files(&folder.path().join("spill")));
}

#[test]
fn too_narrow_limits_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (memory_bytes, threads) in [(1 << 30, 0), (31 << 20, 1), (40 << 20, 3)] {
        let spill = folder.path().to_owned();
        let refused = Engine::embedded(Limits {
            memory_bytes,
            threads,
            spill,
        });
        assert!(
            matches!(refused, Err(EngineError::Limits { .. })),
            "{threads}"
        );
    }
}
