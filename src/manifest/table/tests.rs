//! Tests of tables.

use std::io::Write;

use super::stream::{MAX_ROW_BYTES, READ_BYTES};
use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    }
    dir
}

type Found = (usize, u64, Result<Vec<String>, BadRow>);

fn rows(dir: &tempfile::TempDir, table: &str) -> Vec<Found> {
    all(&Tables::open(dir.path(), table).expect("tables"))
}

fn all(tables: &Tables) -> Vec<Found> {
    let row = |row: Result<Row, TableError>| {
        let row = row.expect("a row");
        (
            row.file,
            row.number,
            row.values
                .map(|values| values.iter().map(str::to_owned).collect()),
        )
    };
    tables.rows().map(row).collect()
}

fn ok(values: &[&str]) -> Result<Vec<String>, BadRow> {
    Ok(values.iter().map(|&value| value.to_owned()).collect())
}

#[test]
fn a_bad_row_is_told_and_the_rest_goes_on() {
    let dir = folder(&[(
        "t.csv",
        b"\xef\xbb\xbfa,b\n1,\"x,\ny\"\n2\n3,\xff\n\n4,z\r\n",
    )]);
    assert_eq!(
        rows(&dir, "t.csv"),
        [
            (0, 1, ok(&["1", "x,\ny"])),
            (
                0,
                2,
                Err(BadRow::FieldCount {
                    found: 1,
                    expected: 2
                })
            ),
            (0, 3, Err(BadRow::NotUtf8 { field: 2 })),
            (0, 4, ok(&["4", "z"])),
        ]
    );
}

#[test]
fn tsv_has_no_quotes() {
    let dir = folder(&[("t.tsv", b"a\tb\n\"open\tx\n2\ty\n")]);
    assert_eq!(
        rows(&dir, "t.tsv"),
        [(0, 1, ok(&["\"open", "x"])), (0, 2, ok(&["2", "y"]))]
    );
}

#[test]
fn globbed_tables_are_read_in_order_and_by_column_name() {
    let dir = folder(&[
        ("p-1.csv", b"b,a\n2,1\n"),
        ("p-0.csv", b"a,b\n1,2\n"),
        ("other.csv", b"x\n"),
    ]);
    assert_eq!(
        rows(&dir, "p-*.csv"),
        [(0, 1, ok(&["1", "2"])), (1, 1, ok(&["1", "2"]))]
    );
}

#[test]
fn brackets_in_a_folder_or_file_name_are_not_a_glob() {
    let dir = tempfile::Builder::new()
        .prefix("[x]")
        .tempdir()
        .expect("a folder");
    std::fs::write(dir.path().join("t[1].csv"), "a\n1\n").expect("written");
    assert_eq!(rows(&dir, "t[1].csv").len(), 1);
    assert_eq!(rows(&dir, "t*.csv").len(), 1);
}

#[test]
fn an_unusable_table_is_refused_by_name() {
    let dir = folder(&[
        ("a.csv", b"x,y\n1,2\n"),
        ("b.csv", b"x,z\n"),
        ("two.csv", b"x,x\n"),
        ("none.csv", b""),
        ("t.xls", b""),
    ]);
    let open = |table: &str| {
        Tables::open(dir.path(), table)
            .expect_err("refused")
            .to_string()
    };
    assert!(open("missing.csv").contains("missing.csv"));
    assert!(open("two.csv").contains("two.csv: two columns are named `x`"));
    assert!(open("none.csv").contains("none.csv: the table is empty"));
    assert!(open("t.xls").contains("ends in .csv, .tsv, .jsonl"));
    assert!(open("***").contains("not a path or glob"));
    std::fs::create_dir(dir.path().join("dir.csv")).expect("made");
    assert!(open("dir.csv").contains("dir.csv: this is a folder; name its files"));
    let tables = Tables::open(dir.path(), "[ab].csv").expect("the first is fine");
    let error = tables
        .index_of("w")
        .expect_err("no such column")
        .to_string();
    assert!(
        error.contains("a.csv: no column `w`; there are `x`, `y`"),
        "{error}"
    );
    let error = tables
        .rows()
        .find_map(Result::err)
        .expect("other columns")
        .to_string();
    assert!(error.contains("b.csv: column `z` is not in"), "{error}");
}

#[test]
fn an_open_quote_does_not_swallow_the_rest_of_a_huge_file() {
    let mut bytes = b"a\n1\n\"".to_vec();
    bytes.resize(MAX_ROW_BYTES + 3 * READ_BYTES, b'x');
    let dir = folder(&[("t.csv", &bytes)]);
    let tables = Tables::open(dir.path(), "t.csv").expect("tables");
    let error = tables
        .rows()
        .find_map(Result::err)
        .expect("too long")
        .to_string();
    assert!(
        error.contains("after row 1: the next row is longer than"),
        "{error}"
    );
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

#[test]
fn packed_tables_of_several_members_are_read_and_cut_off_ones_refused() {
    let two = [packed(b"a,b\n1,"), packed(b"2\n3,4\n")].concat();
    let dir = folder(&[
        ("t.csv.gz", &two),
        ("t.JSONL.GZ", &packed(b"{\"a\":1}\n")),
        ("cut.tsv.gz", &packed(b"a\n1\n2\n")[..16]),
    ]);
    assert_eq!(
        rows(&dir, "t.csv.gz"),
        [(0, 1, ok(&["1", "2"])), (0, 2, ok(&["3", "4"]))]
    );
    assert_eq!(rows(&dir, "t.JSONL.GZ"), [(0, 1, ok(&["1"]))]);
    let error = Tables::open(dir.path(), "cut.tsv.gz").expect_err("cut off");
    assert!(
        error.to_string().contains("cut.tsv.gz: after row 0"),
        "{error}"
    );
}

#[test]
fn a_table_without_header_has_the_names_it_is_given() {
    let dir = folder(&[("t.tsv", b"1\tx\n2\n"), ("t.jsonl", b"{}")]);
    let names = || Some(vec!["id".to_owned(), "title".to_owned()]);
    let tables = Tables::open(dir.path(), TableRule::from("t.tsv").with_header(names()));
    let tables = tables.expect("tables");
    assert_eq!(tables.index_of("title").expect("a column"), 1);
    let short = BadRow::FieldCount {
        found: 1,
        expected: 2,
    };
    assert_eq!(all(&tables), [(0, 1, ok(&["1", "x"])), (0, 2, Err(short))]);
    let own = Tables::open(dir.path(), TableRule::from("t.jsonl").with_header(names()));
    let error = own.expect_err("refused").to_string();
    assert!(
        error.contains("t.jsonl: `columns` is for .csv and .tsv"),
        "{error}"
    );
}

#[test]
fn json_lines_have_the_columns_that_are_needed_and_those_of_the_first_row() {
    let lines =
        b"\n[]\n{\"b\": [1, 2], \"a\": \"x\"}\r\n  \n{\"a\": null, \"new\": 1}\nbad\n{\"b\":1.0}";
    let dir = folder(&[("t.ndjson", lines), ("empty.jsonl", b"\n")]);
    let mut rule = TableRule::from("t.ndjson");
    rule.need("a");
    rule.need("later");
    let tables = Tables::open(dir.path(), &rule).expect("tables");
    assert_eq!(tables.columns(), ["a", "later", "b"]);
    let not_json = || {
        Err(BadRow::NotJson {
            byte: 1,
            expected: "`{`: a row is an object",
        })
    };
    assert_eq!(
        all(&tables),
        [
            (0, 1, not_json()),
            (0, 2, ok(&["x", "", "[1,2]"])),
            (0, 3, ok(&["", "", ""])),
            (0, 4, not_json()),
            (0, 5, ok(&["", "", "1.0"])),
        ]
    );
    let error = Tables::open(dir.path(), "empty.jsonl").expect_err("refused");
    assert!(error.to_string().contains("no row has a key"), "{error}");
}

#[test]
fn annotations_are_rows_and_a_cut_off_file_is_refused_after_its_last() {
    let dir = folder(&[
        (
            "a_2017.json",
            b"{\"info\":{}, \"annotations\":[{\"id\":\"x\",\"n\":1},{\"n\":2},3]}",
        ),
        ("b_2018.json", b"{\"annotations\":[{\"id\":\"y\",\"n\":"),
    ]);
    assert_eq!(
        rows(&dir, "a_*.json")[..2],
        [(0, 1, ok(&["x", "1"])), (0, 2, ok(&["", "2"]))]
    );
    assert!(rows(&dir, "a_*.json")[2].2.is_err());
    let tables = Tables::open(dir.path(), "*.json").expect("tables");
    let error = tables.rows().find_map(Result::err).expect("cut off");
    assert!(
        error
            .to_string()
            .contains("b_2018.json: after row 0: expected the rest"),
        "{error}"
    );
}

#[test]
fn several_patterns_are_read_in_their_order_and_each_file_once() {
    let dir = folder(&[
        ("1.csv", b"a\n1\n"),
        ("02.csv", b"a\n2\n"),
        ("03.csv", b"a\n3\n"),
        ("{x}.csv", b"a\nx\n"),
    ]);
    let rule: toml::Table =
        toml::from_str("table = [\"{02..03}.csv\", \"{x}.csv\", \"*.csv\"]").expect("TOML");
    let rule: TableRule = rule["table"].clone().try_into().expect("a rule");
    let tables = Tables::open(dir.path(), &rule).expect("tables");
    let values: Vec<_> = all(&tables)
        .into_iter()
        .map(|row| row.2.expect("good")[0].clone())
        .collect();
    assert_eq!(values, ["2", "3", "x", "1"]);
    let error = Tables::open(dir.path(), "{02..04}.csv").expect_err("one is missing");
    assert!(error.to_string().contains("04.csv`"), "{error}");
    assert!(
        toml::Value::Array(Vec::new())
            .try_into::<TableRule>()
            .is_err()
    );
}

#[test]
fn a_long_row_of_any_format_is_refused() {
    let long = vec![b'x'; MAX_ROW_BYTES + 2 * READ_BYTES];
    for (name, start) in [
        ("t.jsonl", "{\"a\":1}\n{\"a\":\""),
        ("t.json", "{\"annotations\":[{\"a\":1},{\"a\":\""),
    ] {
        let dir = folder(&[(name, &[start.as_bytes(), &long, b"\"}"].concat())]);
        let tables = Tables::open(dir.path(), name).expect("tables");
        let error = tables.rows().find_map(Result::err).expect("too long");
        assert!(
            error
                .to_string()
                .contains("after row 1: the next row is longer"),
            "{error}"
        );
    }
}
