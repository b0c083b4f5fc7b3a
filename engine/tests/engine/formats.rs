//! Formats: the same rows, whatever they are written in.

use ticclip_engine::EngineError;

use crate::tables::{Cells, engine, hex, query, row, spread, table, uids, whole, write};

/// Rows after so many that others would be learned from the first of them.
fn rows() -> Vec<Cells> {
    let mut rows: Vec<Cells> = (0..300)
        .map(|number| row(spread(number), "1558087872", number as i64, "a, b"))
        .collect();
    // A uid of digits alone, a date of another kind, and one that is none.
    rows.insert(0, row(12, "1558087872", 1, ""));
    rows.push(row(spread(300), "2019-05-17T10:11:12.5+02:00", 300, "c"));
    rows.push(row(spread(301), "soon", 301, "d"));
    rows.push(Cells {
        uid: Some("soon".to_owned()),
        ..Cells::default()
    });
    rows
}

#[test]
fn every_format_gives_the_same_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = engine(folder.path());
    let read = |name: &str| {
        let file = write(folder.path(), name, &rows());
        let plan = engine.open(&query(&file, Some("width IS NULL OR width <> 7")));
        whole(&plan.expect("a plan"))
    };
    let expected = read("rows.parquet");
    assert_eq!(expected.rows.len(), 302);
    assert_eq!(
        (expected.filtered, expected.bad_uids, expected.bad_dates),
        (1, 1, 1)
    );
    assert_eq!(expected.rows[0].uid, 12);
    for name in [
        "rows.csv",
        "rows.csv.gz",
        "rows.csv.zst",
        "rows.tsv",
        "rows.tsv.gz",
        "rows.jsonl",
        "rows.ndjson",
        "rows.jsonl.gz",
        "rows.jsonl.zst",
    ] {
        assert!(read(name) == expected, "{name}");
    }
}

#[test]
fn files_are_one_table_whatever_their_names_have_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["a [1].parquet", "b*?.parquet", "ü %20 #.parquet"];
    let files: Vec<String> = (1..)
        .zip(names)
        .map(|(uid, name)| write(folder.path(), name, &[row(uid, "2019", 1, "")]))
        .collect();
    let mut all = query(&files[0], None);
    all.manifest = table(&files);
    let plan = engine(folder.path()).open(&all).expect("a plan");
    assert_eq!(uids(&whole(&plan)), [1, 2, 3]);
}

#[test]
fn files_of_two_formats_and_of_none_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "rows.csv", &rows());
    let open = |files: &[&str]| {
        let mut query = query(&file, None);
        query.manifest.files = files.iter().map(|&file| file.to_owned()).collect();
        let opened = engine(folder.path()).open(&query);
        opened.expect_err("refused")
    };
    for files in [
        &[file.as_str(), "more.parquet"][..],
        &["rows.xlsx"],
        &["rows.parquet.gz"],
        &["rows"],
    ] {
        assert!(
            matches!(open(files), EngineError::Format { .. }),
            "{files:?}"
        );
    }
    assert!(matches!(open(&[]), EngineError::NoFiles));
    let missing = open(&["/nowhere/rows.parquet"]);
    assert!(
        missing.to_string().starts_with("/nowhere/rows.parquet: "),
        "{missing}"
    );
}

#[test]
fn separated_files_with_another_header_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = write(folder.path(), "1.csv", &[row(1, "2019", 1, "")]);
    let other = folder.path().join("2.csv");
    let text = format!("timestamp,uid,width,caption\n2019,{},1,\n", hex(2));
    std::fs::write(&other, text).expect("written");
    let mut both = query(&first, None);
    both.manifest
        .files
        .push(other.to_str().expect("text").to_owned());
    let error = engine(folder.path())
        .open(&both)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("2.csv: ") && error.contains("header"),
        "{error}"
    );
}
