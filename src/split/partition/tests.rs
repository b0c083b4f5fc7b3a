//! Tests of splitting a manifest.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray, TimestampSecondArray};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::timeline::Step;
use crate::uid::read_uids;

/// A user's own table: uids as text, dates in seconds without a time zone.
fn manifest(folder: &Path, rows: &[(u128, Option<&str>)]) -> PathBuf {
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
    let path = folder.join("table.parquet");
    let file = std::fs::File::create(&path).expect("created");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("begun");
    writer.write(&batch).expect("written");
    writer.close().expect("finished");
    path
}

fn job(manifest: PathBuf, steps: &[(&str, i32)], share: f64) -> SplitJob {
    let steps = steps
        .iter()
        .map(|(name, year)| Step::of_years(name, [*year, *year]).expect("a year"))
        .collect();
    let timeline = TimelineRule::Steps(Timeline::new(steps).expect("steps"));
    SplitJob {
        manifest,
        timeline,
        held_out: Some(HeldOut::new(share, 3).expect("a share")),
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
        let job = SplitJob {
            manifest: path.clone(),
            timeline: rule,
            held_out: None,
        };
        let record = job.run(&dir.path().join(names[0])).expect("split");
        assert_eq!(record.counts.keys().collect::<Vec<_>>(), names);
        assert_eq!(record.rejected["outside-timeline"], 2);
    }
    let rule = TimelineRule::Yearly("1995-01-01T00:00:00Z".parse().expect("a day"));
    let job = SplitJob {
        manifest: path,
        timeline: rule,
        held_out: None,
    };
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
