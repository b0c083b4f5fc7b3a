//! Tests of splitting a manifest.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray, TimestampSecondArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use chrono::{DateTime, Utc};

use super::*;
use crate::split::is_held_out;
use crate::timeline::Step;
use crate::uid::{Uid, read_uids, write_uids};

/// A user's own table: uids as text, dates in seconds without a time zone.
fn manifest(folder: &Path, rows: &[(u128, Option<&str>)]) -> PathBuf {
    table(&folder.join("table.parquet"), rows)
}

fn table(path: &Path, rows: &[(u128, Option<&str>)]) -> PathBuf {
    let uids: StringArray = rows
        .iter()
        .map(|(uid, _)| Some(Uid(*uid).to_string()))
        .collect();
    let seconds = |day: &str| {
        format!("{day}T12:00:00Z")
            .parse::<DateTime<Utc>>()
            .expect("a day")
            .timestamp()
    };
    let dates: TimestampSecondArray = rows.iter().map(|(_, day)| day.map(seconds)).collect();
    let columns = [
        ("uid", Arc::new(uids) as _),
        ("timestamp", Arc::new(dates) as _),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("made");
    }
    let file = std::fs::File::create(path).expect("created");
    // Small row groups, so that threads have several to read.
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100));
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties.build())).expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("finished");
    path.to_owned()
}

fn job(manifest: PathBuf, steps: &[(&str, i32)], share: f64) -> SplitJob {
    let steps = steps
        .iter()
        .map(|(name, year)| Step::of_years(name, [*year, *year]).expect("a year"))
        .collect();
    let timeline = TimelineRule::Steps(Timeline::new(steps).expect("steps"));
    SplitJob {
        held_out: Some(HeldOut::new(share, 3).expect("a share")),
        ..SplitJob::new(manifest, timeline)
    }
}

#[test]
fn every_row_is_in_one_list_or_rejected() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut rows: Vec<_> = (0..500)
        .rev()
        .map(|uid| {
            (
                uid,
                Some(if uid % 3 == 0 {
                    "2015-03-01"
                } else {
                    "2016-12-31"
                }),
            )
        })
        .collect();
    rows.extend([
        (1000, None),
        (1001, Some("2014-12-31")),
        (7, Some("2015-01-01")),
        (7, None),
    ]);
    let job = job(
        manifest(dir.path(), &rows),
        &[("2015", 2015), ("2016", 2016)],
        0.2,
    );
    let out = dir.path().join("splits");
    let record = job.run(&out).expect("split");

    let reasons: Vec<_> = record
        .rejected
        .iter()
        .map(|(reason, &n)| (reason.as_str(), n))
        .collect();
    assert_eq!(
        reasons,
        [
            ("duplicate-uid", 1),
            ("outside-timeline", 1),
            ("undated", 2)
        ]
    );
    let read = |side, step| read_uids(&out.join(list_path(side, step))).expect("a list");
    let mut all = Vec::new();
    for (step, of_step) in [("2015", true), ("2016", false)] {
        for side in [Side::Train, Side::HeldOut] {
            let uids = read(side, step);
            assert!(uids.iter().all(|uid| (uid.0 % 3 == 0) == of_step), "{step}");
            let held = |uid: &Uid| is_held_out(*uid, job.held_out.expect("some"));
            assert!(uids.iter().all(|uid| held(uid) == (side == Side::HeldOut)));
            all.extend(uids);
        }
        assert_eq!(
            record.counts[step].train,
            read(Side::Train, step).len() as u64
        );
        assert_eq!(
            record.counts[step].held_out,
            read(Side::HeldOut, step).len() as u64
        );
        assert!(record.counts[step].held_out > 10);
    }
    all.sort();
    assert_eq!(all, (0..500).map(Uid).collect::<Vec<_>>());
    assert_eq!(SplitRecord::read(&out).expect("a record"), record);
    assert_eq!(record.rows, 504);
    let sizes = std::fs::read_to_string(out.join("sizes.json")).expect("there");
    assert!(
        sizes.contains(&format!(
            "\"train/2015.npy\": {}",
            record.counts["2015"].train
        )),
        "{sizes}"
    );
}

#[test]
fn an_empty_step_is_an_error_that_lists_all_steps() {
    let dir = tempfile::tempdir().expect("a folder");
    let job = job(
        manifest(dir.path(), &[(1, Some("2015-05-05"))]),
        &[("2015", 2015), ("2016", 2016)],
        0.0,
    );
    let error = job
        .run(&dir.path().join("splits"))
        .expect_err("empty")
        .to_string();
    assert_eq!(
        error,
        "no pairs to train on in 2016; all steps: 2015 1 train + 0 held out, 2016 0 train + 0 held out"
    );
    assert!(!dir.path().join("splits/train").exists());
}

#[test]
fn yearly_and_monthly_steps_follow_the_data() {
    let dir = tempfile::tempdir().expect("a folder");
    let rows = [
        (1, Some("1969-12-31")),
        (2, Some("2015-12-31")),
        (3, Some("2016-01-01")),
        (4, Some("2999-01-01")),
    ];
    let path = manifest(dir.path(), &rows);
    let not_after = "2020-01-01T00:00:00Z".parse().expect("a day");
    for (rule, names) in [
        (TimelineRule::Yearly(not_after), ["2015", "2016"]),
        (TimelineRule::Monthly(not_after), ["201512", "201601"]),
    ] {
        let job = SplitJob::new(path.clone(), rule);
        let record = job.run(&dir.path().join(names[0])).expect("split");
        assert_eq!(record.counts.keys().collect::<Vec<_>>(), names);
        assert_eq!(record.rejected["outside-timeline"], 2);
    }
    let rule = TimelineRule::Yearly("1995-01-01T00:00:00Z".parse().expect("a day"));
    let job = SplitJob::new(path, rule);
    let error = job
        .run(&dir.path().join("none"))
        .expect_err("no date")
        .to_string();
    assert!(
        error.contains("none of its 4 rows has a date that the yearly timeline takes in"),
        "{error}"
    );
}

#[test]
fn a_bad_uid_or_column_is_reported_with_file_and_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let batch = RecordBatch::try_from_iter([
        (
            "uid",
            Arc::new(StringArray::from(vec![
                Uid(1).to_string(),
                "nonsense".to_owned(),
            ])) as _,
        ),
        (
            "timestamp",
            Arc::new(TimestampSecondArray::from(vec![0, 0])) as _,
        ),
        ("date", Arc::new(StringArray::from(vec!["a", "b"])) as _),
    ]);
    let batch = batch.expect("columns");
    let write = |name: &str, columns: &[usize]| {
        let batch = batch.project(columns).expect("columns");
        let path = dir.path().join(name);
        let file = std::fs::File::create(&path).expect("created");
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("begun");
        writer.write(&batch).expect("written");
        writer.close().expect("finished");
        job(path, &[("1970", 1970)], 0.0)
            .run(&dir.path().join("out"))
            .expect_err("refused")
            .to_string()
    };
    let error = write("uid.parquet", &[0, 1]);
    assert!(
        error.contains("uid.parquet: row 2: `nonsense` is not a uid: expected 32 hex digits"),
        "{error}"
    );
    let error = write("date.parquet", &[0, 2]);
    assert!(
        error.contains("date.parquet: no column `timestamp`; there are `uid`, `date`"),
        "{error}"
    );
}

/// Uids as hashes are: all over the range.
fn spread(number: u128) -> u128 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

/// A job over a manifest without dates, a table of dates for every third of its uids, and both kinds of lists.
fn joined(folder: &Path, memory_bytes: u64) -> SplitJob {
    let rows: Vec<_> = (0..3000).map(|uid| (spread(uid), None)).collect();
    table(&folder.join("pool/a.parquet"), &rows[..1700]);
    table(&folder.join("pool/b.parquet"), &rows[1700..]);
    let day = |uid: u128| {
        if uid.is_multiple_of(2) {
            "2015-06-01"
        } else {
            "2017-02-03"
        }
    };
    let mut dates: Vec<_> = (0..4000)
        .filter(|uid| uid % 3 == 0)
        .map(|uid| (spread(uid), Some(day(uid))))
        .collect();
    // Later dates of a pair that has one, an earlier one of a pair that the manifest has not, and no date.
    dates.push((spread(0), Some("2017-02-03")));
    dates.push((spread(3999), Some("2011-02-03")));
    dates.push((spread(3), None));
    let list = |name: &str, uids: std::ops::Range<u128>| {
        let mut uids: Vec<Uid> = uids.map(|uid| Uid(spread(uid))).collect();
        uids.sort_unstable();
        let path = folder.join(name);
        write_uids(&path, &uids).expect("written");
        path
    };
    let not_after = "2020-01-01T00:00:00Z".parse().expect("a day");
    SplitJob {
        dates: Some(table(&folder.join("dates.parquet"), &dates)),
        held_out_uids: vec![list("held-out.npy", 0..600)],
        only_uids: vec![list("half.npy", 0..900), list("more.npy", 1200..5000)],
        retrieval: Some(20),
        tables: true,
        memory_bytes,
        ..SplitJob::new(folder.join("pool"), TimelineRule::Yearly(not_after))
    }
}

#[test]
fn dates_and_lists_of_other_files_decide_where_pairs_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("out");
    let record = joined(dir.path(), 1 << 30).run(&out).expect("split");
    let listed = |uid: &u128| !(900..1200).contains(uid);
    assert_eq!(record.counts.keys().collect::<Vec<_>>(), ["2015", "2017"]);
    for (step, even) in [("2015", true), ("2017", false)] {
        let of_step = |uids: std::ops::Range<u128>| {
            let mut uids: Vec<Uid> = uids
                .filter(|uid| uid % 3 == 0 && (uid % 2 == 0) == even)
                .filter(listed)
                .map(|uid| Uid(spread(uid)))
                .collect();
            uids.sort_unstable();
            uids
        };
        let read = |path: String| read_uids(&out.join(path)).expect("a list");
        assert_eq!(read(list_path(Side::Train, step)), of_step(600..3000));
        let held_out = read(list_path(Side::HeldOut, step));
        assert_eq!(held_out, of_step(0..600));
        let drawn = read(retrieval_path(step));
        assert_eq!(drawn.len(), 20);
        assert!(drawn.iter().all(|uid| held_out.binary_search(uid).is_ok()));
        // The drawn ones are no run of the sorted list.
        assert!(!held_out.windows(20).any(|run| run == drawn));
        assert_eq!(record.counts[step].retrieval, 20);
    }
    assert_eq!(record.rejected["not-in-dates"], 2000);
    assert_eq!(record.rejected["not-in-uids"], 100);
    assert_eq!(
        record.dates.expect("a table"),
        DatesRecord {
            rows: Some(1337),
            repeated: 2
        }
    );
    assert_eq!(record.rows, 3000);
    // A list's table is what its uids are, with their dates: a split of it by itself is the same.
    let table = DateTable::open(&out.join("train/2015.parquet"), true).expect("a table");
    let mut rows = Vec::new();
    for group in 0..table.groups() {
        table
            .read(group, |row| {
                rows.push(row);
                true
            })
            .expect("read");
    }
    let uids: Vec<Uid> = rows.iter().map(|row| row.uid).collect();
    assert_eq!(
        uids,
        read_uids(&out.join("train/2015.npy")).expect("a list")
    );
    let june = 1_433_160_000_000_000;
    assert!(rows.iter().all(|row| row.at_micros == Some(june)));
}

#[test]
fn neither_memory_nor_threads_change_a_byte() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = |memory: u64, threads: usize| {
        let out = dir.path().join(format!("out-{memory}-{threads}"));
        let job = joined(dir.path(), memory);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads")
            .install(|| job.run(&out))
            .expect("split");
        let list = |path: &str| std::fs::read(out.join(path)).expect("there");
        assert!(!out.join("rows").exists() && !out.join(".lists.partial").exists());
        [
            list("train/2015.npy"),
            list("train/2015.parquet"),
            list("eval/retrieval/2017.npy"),
            list("rejected.parquet"),
            list("split.json"),
        ]
    };
    let one = files(1 << 30, 1);
    assert!(one == files(5_000, 3));
    assert!(one == files(1, 2));
}
