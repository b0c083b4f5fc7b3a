//! Any small tables: the engine gives what a few loops over the rows give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use ticclip_engine::{Bucket, Engine, Query, Row};

use crate::tables::{Cells, engine, hex, spread, table, write};

/// A date as it is written, and as it is.
#[derive(Debug, Clone)]
enum Date {
    Of(i64),
    Bad,
}

/// A row as it is, where a uid may be none.
#[derive(Debug, Clone)]
struct Known {
    uid: Option<u64>,
    date: Option<Date>,
    width: Option<i64>,
}

impl Known {
    fn uid(&self) -> Option<u128> {
        self.uid.map(spread)
    }

    fn micros(&self) -> Option<i64> {
        match self.date {
            Some(Date::Of(seconds)) => Some(seconds * 1_000_000),
            _ => None,
        }
    }

    fn is_bad(&self) -> bool {
        matches!(self.date, Some(Date::Bad))
    }

    fn cells(&self) -> Cells {
        Cells {
            uid: Some(self.uid().map_or("none".to_owned(), hex)),
            timestamp: self.date.as_ref().map(|date| match date {
                Date::Of(seconds) => seconds.to_string(),
                Date::Bad => "none".to_owned(),
            }),
            width: self.width,
            caption: None,
        }
    }
}

fn known() -> impl Strategy<Value = Known> {
    let date = prop_oneof![4 => (10_000_i64..400_000).prop_map(Date::Of), 1 => Just(Date::Bad)];
    let uid = prop_oneof![8 => (0_u64..12).prop_map(Some), 1 => Just(None)];
    (uid, option::of(date), option::of(0_i64..10)).prop_map(|(uid, date, width)| Known {
        uid,
        date,
        width,
    })
}

fn in_bucket(uid: Option<u128>, number: u32, of: u32) -> bool {
    let bucket = uid.map_or(0, |uid| ((uid >> 96) * u128::from(of)) >> 32);
    bucket == u128::from(number)
}

/// What a bucket should be.
fn naive(
    manifest: &[Known],
    dates: Option<&[Known]>,
    filtered: bool,
    number: u32,
    of: u32,
) -> Bucket {
    let mut bucket = Bucket::default();
    let mut earliest = BTreeMap::new();
    for row in dates.unwrap_or_default() {
        if !in_bucket(row.uid(), number, of) {
            continue;
        }
        match (row.uid(), row.micros()) {
            (None, _) => bucket.bad_dates += 1,
            (Some(uid), Some(at)) => {
                let known =
                    earliest.insert(uid, earliest.get(&uid).map_or(at, |&known| at.min(known)));
                bucket.repeated_dates += u64::from(known.is_some());
            }
            (Some(_), None) => bucket.bad_dates += u64::from(row.is_bad()),
        }
    }
    for row in manifest {
        let Some(uid) = row.uid() else {
            bucket.bad_uids += u64::from(number == 0);
            continue;
        };
        if !in_bucket(Some(uid), number, of) {
        } else if filtered && row.width.is_none_or(|width| width < 4) {
            bucket.filtered += 1;
        } else if dates.is_some() {
            match earliest.get(&uid) {
                Some(&at) => bucket.rows.push(Row {
                    uid,
                    at_micros: Some(at),
                }),
                None => bucket.not_in_dates += 1,
            }
        } else {
            bucket.bad_dates += u64::from(row.is_bad());
            bucket.rows.push(Row {
                uid,
                at_micros: row.micros(),
            });
        }
    }
    bucket
        .rows
        .sort_by_key(|row| (row.uid, row.at_micros.is_none(), row.at_micros));
    bucket
}

fn naive_days(manifest: &[Known], dates: Option<&[Known]>, filtered: bool) -> BTreeSet<i64> {
    let kept = manifest
        .iter()
        .filter(|row| !filtered || row.width.is_some_and(|width| width >= 4));
    let kept: Vec<&Known> = kept.filter(|row| row.uid.is_some()).collect();
    let uids: BTreeSet<_> = kept.iter().map(|row| row.uid).collect();
    let dated: Vec<&Known> = match dates {
        Some(dates) => dates
            .iter()
            .filter(|row| row.uid.is_some() && (!filtered || uids.contains(&row.uid)))
            .collect(),
        None => kept,
    };
    dated
        .iter()
        .filter_map(|row| row.micros())
        .map(|at| at.div_euclid(86_400_000_000))
        .collect()
}

fn shared() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| engine(&std::env::temp_dir().join("ticclip-engine-property")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn buckets_are_what_loops_over_the_rows_make(
        manifest in vec(known(), 0..40),
        dates in option::of(vec(known(), 0..40)),
        filtered: bool,
        of in 1_u32..4,
        format in prop_oneof![Just("parquet"), Just("csv")],
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, rows: &[Known]| {
            let cells: Vec<Cells> = rows.iter().map(Known::cells).collect();
            write(folder.path(), &format!("{name}.{format}"), &cells)
        };
        let query = Query {
            manifest: table(&[file("manifest", &manifest)]),
            dates: dates.as_ref().map(|dates| table(&[file("dates", dates)])),
            filter: filtered.then(|| "CAST(width AS BIGINT) >= 4".to_owned()),
        };
        let plan = shared().open(&query).expect("a plan");
        prop_assert_eq!(plan.rows().expect("counted"), manifest.len() as u64);
        prop_assert_eq!(plan.days().expect("days"), naive_days(&manifest, dates.as_deref(), filtered));
        for number in 0..of {
            let expected = naive(&manifest, dates.as_deref(), filtered, number, of);
            prop_assert_eq!(plan.bucket(number, of).expect("a bucket"), expected);
        }
    }
}
