//! A table of dates beside the manifest, and the days that dates are on.

use ticclip_engine::{Bucket, EngineError, Plan, Query, Row};

use crate::tables::{Cells, engine, hex, row, table, whole, write};

fn undated(uid: Option<&str>) -> Cells {
    Cells {
        uid: uid.map(str::to_owned),
        ..Cells::default()
    }
}

fn plan(manifest: &[Cells], dates: &[Cells], filter: Option<&str>) -> Plan {
    let folder = tempfile::tempdir().expect("a folder");
    let query = Query {
        manifest: table(&[write(folder.path(), "manifest.parquet", manifest)]),
        dates: Some(table(&[write(folder.path(), "dates.csv", dates)])),
        filter: filter.map(str::to_owned),
    };
    let plan = engine(folder.path()).open(&query).expect("a plan");
    // Files are read when a plan runs.
    std::mem::forget(folder);
    plan
}

fn manifest() -> Vec<Cells> {
    let mut manifest: Vec<Cells> = [1, 2, 2, 3, 4, 5]
        .map(|uid| row(uid, "1999", uid as i64, ""))
        .to_vec();
    manifest.push(undated(Some("none")));
    manifest.push(undated(None));
    manifest
}

fn dates() -> Vec<Cells> {
    let mut dates: Vec<Cells> = [
        (1, "2020-01-01"),
        (2, "2019-01-01"),
        (2, "2018-01-01"),
        (2, "2018-01-01"),
        (2, "soon"),
        (4, ""),
        (5, "later"),
        (9, "2011-01-01"),
        (9, "2012-01-01"),
        (8, "never"),
    ]
    .map(|(uid, date)| row(uid, date, 0, ""))
    .to_vec();
    dates.push(Cells {
        timestamp: Some("2013-01-01".to_owned()),
        ..undated(Some("none"))
    });
    dates.push(undated(None));
    dates
}

const DAY: i64 = 86_400_000_000;

fn on(uid: u128, day: i64) -> Row {
    Row {
        uid,
        at_micros: Some(day * DAY),
    }
}

#[test]
fn the_earliest_date_of_a_uid_counts_and_the_rest_is_counted() {
    let expected = Bucket {
        rows: vec![on(1, 18_262), on(2, 17_532), on(2, 17_532)],
        filtered: 0,
        not_in_dates: 3,
        repeated_dates: 3,
        bad_uids: 2,
        bad_dates: 5,
    };
    assert_eq!(whole(&plan(&manifest(), &dates(), None)), expected);
}

#[test]
fn a_filter_rejects_before_dates_are_asked_for() {
    let bucket = whole(&plan(&manifest(), &dates(), Some("width > 2")));
    assert_eq!(bucket.rows, []);
    let counts = (
        bucket.filtered,
        bucket.not_in_dates,
        bucket.repeated_dates,
        bucket.bad_uids,
        bucket.bad_dates,
    );
    assert_eq!(counts, (3, 3, 3, 2, 5));
}

#[test]
fn buckets_have_what_the_whole_has() {
    let spread = |cells: Vec<Cells>| -> Vec<Cells> {
        let spread = |uid: String| {
            let number = u128::from_str_radix(&uid, 16);
            number.map_or(uid, |number| hex(number << 124 | number))
        };
        let cells = cells.into_iter();
        cells
            .map(|row| Cells {
                uid: row.uid.map(spread),
                ..row
            })
            .collect()
    };
    let plan = plan(
        &spread(manifest()),
        &spread(dates()),
        Some("width <> 3 OR width IS NULL"),
    );
    let whole = whole(&plan);
    let mut sum = Bucket::default();
    for number in 0..7 {
        let bucket = plan.bucket(number, 7).expect("a bucket");
        assert!(
            bucket
                .rows
                .iter()
                .all(|row| ((row.uid >> 96) * 7) >> 32 == number.into())
        );
        assert!(number == 0 || bucket.bad_uids == 0);
        sum.rows.extend(bucket.rows);
        sum.filtered += bucket.filtered;
        sum.not_in_dates += bucket.not_in_dates;
        sum.repeated_dates += bucket.repeated_dates;
        sum.bad_uids += bucket.bad_uids;
        sum.bad_dates += bucket.bad_dates;
    }
    assert_eq!(sum, whole);
    assert!(matches!(plan.bucket(7, 7), Err(EngineError::Bucket { .. })));
}

#[test]
fn days_are_those_of_dates_that_may_count() {
    let days = |plan: Plan| -> Vec<i64> { plan.days().expect("days").into_iter().collect() };
    let all = [14_975, 15_340, 17_532, 17_897, 18_262];
    assert_eq!(days(plan(&manifest(), &dates(), None)), all);
    assert_eq!(
        days(plan(&manifest(), &dates(), Some("width = 2"))),
        [17_532, 17_897]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [
        row(1, "1969-12-31T23:59:59", 1, ""),
        row(2, "1970-01-01", 2, ""),
        row(3, "soon", 3, ""),
        row(4, "2020", 4, ""),
    ];
    let file = write(folder.path(), "rows.parquet", &rows);
    let own = crate::tables::query(&file, Some("width < 4"));
    assert_eq!(
        days(engine(folder.path()).open(&own).expect("a plan")),
        [-1, 0]
    );
}
