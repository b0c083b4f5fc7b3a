//! Tests of tables.

use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    }
    dir
}

fn rows(dir: &tempfile::TempDir, table: &str) -> Vec<(usize, u64, Result<Vec<String>, BadRow>)> {
    let tables = Tables::open(dir.path(), table).expect("tables");
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
    assert!(open("t.xls").contains("ends in .csv or .tsv"));
    assert!(open("***").contains("not a path or glob"));
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
    bytes.resize(MAX_ROW_BYTES as usize + 3 * BUFFER_BYTES, b'x');
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
