//! Splits that the engine answers: filters, other columns and formats, interruptions, and a cluster that loses a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{RecordBatch, StringArray, TimestampSecondArray};
use parquet::arrow::ArrowWriter;
use ticclip::manifest::read_rows;
use ticclip::uid::{Uid, read_uids};

use super::call::{call, program};
use super::photos::folder_of_photos;

const LISTS: [&str; 4] = [
    "train/2016.npy",
    "train/2017.npy",
    "eval/held-out/2016.npy",
    "eval/held-out/2017.npy",
];

fn lists(split: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    LISTS
        .into_iter()
        .map(|list| (list, std::fs::read(split.join(list)).expect("a list")))
        .collect()
}

#[test]
fn a_filter_keeps_the_rows_that_it_is_true_of() {
    let folder = folder_of_photos(60);
    let folder = folder.path();
    call(folder, "fetch photos/photos.toml --out m").ok();
    let split = |filter: &str, out: &str| {
        let arguments = [
            "split",
            "m",
            "--timeline",
            "yearly",
            "--json",
            "--where",
            filter,
            "--out",
            out,
        ];
        program(folder).args(arguments).output().expect("started")
    };
    let output = split("words(caption) > 2 AND image LIKE '%.png'", "s");
    assert!(output.status.success(), "{output:?}");
    let mut expected: Vec<Uid> = Vec::new();
    for row in read_rows(&folder.join("m")).expect("a manifest") {
        let row = row.expect("a row");
        if row.caption.split_whitespace().count() > 2 {
            expected.push(row.uid);
        }
    }
    expected.sort_unstable();
    let mut found: Vec<Uid> = ["2016", "2017"]
        .into_iter()
        .flat_map(|step| read_uids(&folder.join(format!("s/train/{step}.npy"))).expect("a list"))
        .collect();
    found.sort_unstable();
    assert!(!expected.is_empty() && expected.len() < 60);
    assert_eq!(found, expected);
    let record = std::fs::read(folder.join("s/split.json")).expect("there");
    let record: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
    assert_eq!(record["rejected"]["filtered"], 60 - expected.len());
    assert_eq!(
        record["query"]["filter"],
        "words(caption) > 2 AND image LIKE '%.png'"
    );
    for (filter, said) in [
        ("wrods(caption) > 2", "wrods"),
        ("widht > 2", "`caption`"),
        ("caption", "true or false"),
        ("caption >", "filter"),
    ] {
        let output = split(filter, "no");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "no {said:?} in {stderr}");
    }
}

#[test]
fn other_formats_and_columns_make_the_same_lists() {
    let folder = folder_of_photos(60);
    let folder = folder.path();
    let held_out = "--timeline yearly --held-out 0.3";
    call(folder, "fetch photos/photos.toml --out m").ok();
    call(folder, &format!("split m {held_out} --out s")).ok();
    let mut table = csv::Writer::from_path(folder.join("t.csv")).expect("created");
    let mut plain = csv::Writer::from_path(folder.join("plain.csv")).expect("created");
    let mut lines = String::new();
    table.write_record(["when", "id"]).expect("written");
    plain.write_record(["id"]).expect("written");
    for row in read_rows(&folder.join("m")).expect("a manifest") {
        let row = row.expect("a row");
        let at = row.timestamp.expect("a date").to_rfc3339();
        let uid = row.uid.to_string();
        table
            .write_record([at.as_str(), &uid.to_uppercase()])
            .expect("written");
        plain.write_record([&uid]).expect("written");
        lines.push_str(&format!("{{\"uid\": {uid:?}, \"timestamp\": {at:?}}}\n"));
    }
    table
        .write_record(["2016-01-01", "no uid"])
        .expect("written");
    table
        .write_record(["soon", "00000000000000000000000000000001"])
        .expect("written");
    drop((table, plain));
    std::fs::write(folder.join("t.jsonl"), lines).expect("written");
    let columns = "--uid-column id --timestamp-column when";
    let call_json = |line: String| call(folder, &line).ok().json();
    let odd = call_json(format!("split t.csv {held_out} {columns} --out odd --json"));
    assert_eq!(odd["rejected"]["bad-uid"], 1, "{odd}");
    assert_eq!(odd["rejected"]["undated"], 1, "{odd}");
    call_json(format!("split t.jsonl {held_out} --out json --json"));
    call_json(format!(
        "split plain.csv --timestamps t.csv {held_out} {columns} --out joined --json"
    ));
    for split in ["odd", "json", "joined"] {
        assert_eq!(
            lists(&folder.join(split)),
            lists(&folder.join("s")),
            "{split}"
        );
        assert!(!folder.join(split).join(".buckets").exists());
    }
    call(folder, &format!("split t.csv {held_out} --out no"))
        .refused(&["t.csv", "`uid`", "`when`"]);
    call(
        folder,
        &format!("split t.csv {held_out} {columns} --memory 1 --out no"),
    )
    .refused(&["MiB"]);
}

/// A table of so many rows that it takes several buckets, as DataComp writes uids.
fn large_table(folder: &Path) {
    const ROWS: u128 = 1_500_000;
    let uid = |row: u128| Uid(row.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    // From 2016 to 2017.
    let date = |row: u128| 1_451_606_400 + (row * 42 % 63_000_000) as i64;
    let uids: StringArray = (1..=ROWS).map(|row| Some(uid(row).to_string())).collect();
    let dates: TimestampSecondArray = (1..=ROWS).map(|row| Some(date(row))).collect();
    let batch = RecordBatch::try_from_iter([
        ("uid", Arc::new(uids) as _),
        ("timestamp", Arc::new(dates) as _),
    ])
    .expect("columns");
    let file = std::fs::File::create(folder.join("large.parquet")).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

const LARGE: &str = "split large.parquet --timeline yearly --not-after 2026-01-01 --held-out 0.1 --where uid<>'' --memory 32";

/// The answers that are there.
fn buckets(split: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(split.join(".buckets"))
        .into_iter()
        .flatten();
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|name| name == "rows"))
        .collect()
}

/// Waits until a split has so many answers; whether it is still at work.
fn wait_for_buckets(split: &Path, wanted: usize, child: &mut Child) -> bool {
    let begun = Instant::now();
    while buckets(split).len() < wanted {
        assert!(begun.elapsed() < Duration::from_secs(300), "no answers");
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

fn start(folder: &Path, line: &str) -> Child {
    program(folder)
        .args(line.split_whitespace())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

#[test]
fn answers_of_a_killed_split_are_not_asked_for_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    large_table(folder);
    call(folder, &format!("{LARGE} --out whole")).ok();
    let line = format!("{LARGE} --out killed");
    let mut child = start(folder, &line);
    assert!(
        wait_for_buckets(&folder.join("killed"), 2, &mut child),
        "too quick to be killed"
    );
    child.kill().expect("killed");
    child.wait().expect("a child");
    let kept = buckets(&folder.join("killed"));
    // An answer that is there is believed, not made again.
    let time = |path: &PathBuf| {
        path.metadata()
            .and_then(|file| file.modified())
            .expect("a time")
    };
    let times: Vec<_> = kept.iter().map(time).collect();
    let mut child = start(folder, &line);
    assert!(wait_for_buckets(
        &folder.join("killed"),
        kept.len() + 1,
        &mut child
    ));
    assert_eq!(kept.iter().map(time).collect::<Vec<_>>(), times);
    assert!(child.wait().expect("a child").success());
    assert_eq!(lists(&folder.join("killed")), lists(&folder.join("whole")));
}

#[cfg(all(feature = "distributed", unix))]
mod cluster {
    use std::net::TcpListener;

    use super::*;

    /// Processes that do not outlive the test.
    struct Running(Vec<Child>);

    impl Drop for Running {
        fn drop(&mut self) {
            for child in &mut self.0 {
                // Some are gone.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }

    fn free_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    }

    #[test]
    fn a_scheduler_that_is_not_there_is_told_in_plain_words() {
        let folder = folder_of_photos(20);
        let folder = folder.path();
        call(folder, "fetch photos/photos.toml --out m").ok();
        let cluster = format!("df://127.0.0.1:{}", free_port());
        let told = call(
            folder,
            &format!("split m --timeline yearly --out s --cluster {cluster}"),
        );
        assert_eq!(told.status, 1, "{told:?}");
        let last = told.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("the scheduler cannot be reached"), "{told:?}");
    }

    #[test]
    fn a_cluster_that_loses_an_executor_makes_the_same_lists() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        large_table(folder);
        call(folder, &format!("{LARGE} --out alone")).ok();
        let scheduler = free_port();
        let mut running = Running(vec![start(
            folder,
            &format!("cluster scheduler --port {scheduler}"),
        )]);
        for executor in 0..2 {
            let line = format!(
                "cluster executor --scheduler df://127.0.0.1:{scheduler} --port {} --work work-{executor} --threads 1",
                free_port()
            );
            running.0.push(start(folder, &line));
        }
        let line = format!("{LARGE} --cluster df://127.0.0.1:{scheduler} --out together");
        let mut split = start(folder, &line);
        assert!(wait_for_buckets(&folder.join("together"), 1, &mut split));
        // In the middle: what it has done is lost with it.
        running.0[1].kill().expect("killed");
        running.0[1].wait().expect("a child");
        running.0.push(split);
        let split = running.0.last_mut().expect("just pushed");
        assert!(split.wait().expect("a child").success());
        assert_eq!(
            lists(&folder.join("together")),
            lists(&folder.join("alone"))
        );
        let record =
            |name: &str| std::fs::read(folder.join(name).join("split.json")).expect("there");
        assert_eq!(record("together"), record("alone"));
        call(folder, &format!("{LARGE} --cluster http://x --out no")).refused(&["df://HOST:PORT"]);
    }
}
