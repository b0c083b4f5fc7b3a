//! What a page says of the files that its commands have written.

use std::collections::BTreeSet;
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::page::{Page, Table};

/// Compares the tables of a page with the files in its folder.
pub(super) fn check(page: &Page, folder: &Path) {
    let each = |directive: &'static str, names: fn(&Path, &str) -> BTreeSet<String>| {
        for table in page.tables(directive) {
            let (file, pointer) = table
                .about
                .split_once(' ')
                .unwrap_or((table.about.as_str(), ""));
            let written = names(&folder.join(file), pointer);
            compare(page, table, &written, directive == "columns+");
        }
    };
    each("columns", columns);
    each("columns+", columns);
    each("header", header);
    each("fields", fields);
}

/// All names of the file are in the table, and those of the table in the file, but for those with a dagger.
fn compare(page: &Page, table: &Table, written: &BTreeSet<String>, may_have_more: bool) {
    let place = format!("{}:{}: {}", page.name, table.line, table.about);
    let documented = table.names();
    assert!(!documented.is_empty(), "{place}: no names");
    for (name, may_be_absent) in &documented {
        assert!(
            *may_be_absent || written.contains(name),
            "{place}: {name} is not in the file, which has {written:?}"
        );
    }
    let known = |name: &&String| documented.iter().any(|(known, _)| known == *name);
    let unknown: Vec<&String> = written.iter().filter(|name| !known(name)).collect();
    assert!(
        may_have_more || unknown.is_empty(),
        "{place}: {unknown:?} is not in the table"
    );
}

fn columns(file: &Path, _pointer: &str) -> BTreeSet<String> {
    let opened =
        std::fs::File::open(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(opened).expect("Parquet");
    reader
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn header(file: &Path, _pointer: &str) -> BTreeSet<String> {
    let mut reader =
        csv::Reader::from_path(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let header = reader.headers().expect("a header");
    header.iter().map(str::to_owned).collect()
}

/// Keys of a JSON object, of the objects of all lines, or of a TOML file.
fn fields(file: &Path, pointer: &str) -> BTreeSet<String> {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let extension = file.extension().and_then(|extension| extension.to_str());
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let values: Vec<Value> = match extension {
        Some("jsonl") => text.lines().map(json).collect(),
        Some("toml") => {
            let table: toml::Table = text.parse().expect("TOML");
            return table.keys().cloned().collect();
        }
        _ => vec![json(&text)],
    };
    let objects = values
        .iter()
        .filter_map(|value| value.pointer(pointer)?.as_object());
    objects.flat_map(|object| object.keys().cloned()).collect()
}
