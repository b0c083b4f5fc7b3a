//! Filters: what is kept, what is rejected, and what is refused before a row is read.

use ticclip_engine::EngineError;

use crate::tables::{Cells, engine, hex, query, row, uids, whole, write};

fn rows() -> Vec<Cells> {
    let without_width = Cells {
        uid: Some(hex(4)),
        caption: Some("four".to_owned()),
        ..Cells::default()
    };
    vec![
        row(1, "2019-05-17", 100, "a dog on the beach"),
        row(
            2,
            "2020-01-01",
            300,
            "A photograph of two children who are playing with their dog",
        ),
        row(
            3,
            "",
            500,
            "Ein Foto von zwei Kindern, die mit ihrem Hund am Strand spielen",
        ),
        without_width,
    ]
}

fn kept(filter: &str) -> Vec<u128> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "rows.parquet", &rows());
    let plan = engine(folder.path())
        .open(&query(&file, Some(filter)))
        .expect("a plan");
    let bucket = whole(&plan);
    assert_eq!(bucket.rows.len() as u64 + bucket.filtered, 4, "{filter}");
    assert_eq!(plan.rows().expect("counted"), 4);
    uids(&bucket)
}

fn refused(filter: &str) -> EngineError {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), "rows.parquet", &rows());
    let opened = engine(folder.path()).open(&query(&file, Some(filter)));
    opened.expect_err(filter)
}

#[test]
fn a_row_counts_if_the_filter_is_true_of_it_and_not_if_it_is_null() {
    assert_eq!(kept("width > 200"), [2, 3]);
    assert_eq!(kept("NOT width > 200"), [1]);
    assert_eq!(kept("width IS NULL OR width BETWEEN 50 AND 150"), [1, 4]);
    assert_eq!(kept("width > 200 AND timestamp IS NULL"), [3]);
    assert_eq!(kept("true"), [1, 2, 3, 4]);
}

#[test]
fn functions_of_sql_and_of_our_own_may_be_used() {
    assert_eq!(kept("words(caption) >= 5"), [1, 2, 3]);
    assert_eq!(kept("words(caption) = 1"), [4]);
    assert_eq!(kept("language(caption) = 'deu'"), [3]);
    assert_eq!(
        kept("language(caption) IS NULL OR language(caption) = 'eng'"),
        [1, 2, 4]
    );
    assert_eq!(
        kept("LOWER(caption) LIKE 'a %' AND regexp_like(caption, 'dog$')"),
        [2]
    );
    assert_eq!(
        kept("abs(width - 400) <= 100 AND \"width\" % 200 = 100"),
        [2, 3]
    );
    assert_eq!(kept("timestamp < '2019-12-31'"), [1]);
}

#[test]
fn an_unknown_column_is_refused_with_those_that_there_are() {
    let error = refused("height > 3 AND width > 3").to_string();
    let expected = "filter `height > 3 AND width > 3`: no column `height`; there are `uid`, `timestamp`, `width`, `caption`";
    assert_eq!(error, expected);
    // Columns have their case.
    assert!(
        matches!(refused("Width > 3"), EngineError::FilterColumn { column, .. } if column == "Width")
    );
}

#[test]
fn what_is_not_true_or_false_is_refused() {
    assert_eq!(
        refused("width + 1").to_string(),
        "filter `width + 1` is Int64, not true or false"
    );
    assert!(matches!(refused("caption"), EngineError::FilterType { .. }));
}

#[test]
fn what_is_no_expression_over_a_row_is_refused() {
    let filters = [
        "width >",
        "",
        "nonsense(width) > 1",
        "count(*) > 1",
        "row_number() OVER () = 1",
        "EXISTS (SELECT 1)",
        "width = (SELECT 1)",
        "random() < 0.5",
        "now() > '2020-01-01'",
        "words(width) = 1 AND width + caption > date '2020-01-01'",
        "width > 1; DROP TABLE x",
    ];
    for filter in filters {
        let error = refused(filter);
        assert!(
            matches!(error, EngineError::Filter { .. }),
            "{filter}: {error:?}"
        );
        assert!(
            error
                .to_string()
                .starts_with(&format!("filter `{filter}`: ")),
            "{error}"
        );
    }
}
