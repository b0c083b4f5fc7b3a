//! Columns: which column of a table is the image, the label, the captions; told by names, and never guessed between two.

use std::path::Path;

use super::SourceError;

/// Names of the images' column.
pub(super) const IMAGES: &[&str] = &["image", "img", "jpg", "jpeg", "png", "webp", "picture"];
/// Names of the column of images' files.
pub(super) const FILES: &[&str] = &[
    "image",
    "img",
    "file_name",
    "filename",
    "filepath",
    "file",
    "path",
    "image_path",
    "image_file",
];
/// Names of the classes' column.
pub(super) const LABELS: &[&str] = &["label", "labels", "cls", "class", "class_id", "target"];
/// Names of the captions' column.
pub(super) const CAPTIONS: &[&str] = &[
    "caption",
    "captions",
    "text",
    "texts",
    "txt",
    "sentence",
    "sentences",
    "raw",
    "title",
];
/// Beginnings of the names of columns with one caption each.
const NUMBERED_CAPTIONS: [&str; 2] = ["caption", "sentence"];
/// The column that says on which side a row is.
pub(super) const SPLIT: &str = "split";

/// The places of the columns that are called like one of `names`, capital letters or not.
pub(super) fn named(columns: &[String], names: &[&str]) -> Vec<usize> {
    let is_named = |column: &String| names.iter().any(|name| column.eq_ignore_ascii_case(name));
    (0..columns.len())
        .filter(|&column| is_named(&columns[column]))
        .collect()
}

/// The place of the one column of `found`, which are all that may be the `what`.
///
/// # Errors
/// [`SourceError::Column`] when there are several; it names them.
pub(super) fn the_one(
    path: &Path,
    what: &str,
    columns: &[String],
    found: &[usize],
) -> Result<Option<usize>, SourceError> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        several => {
            let names = several
                .iter()
                .map(|&column| format!("`{}`", columns[column]));
            let names = names.collect::<Vec<_>>().join(", ");
            Err(SourceError::Column {
                path: path.to_owned(),
                message: format!("{names} may each be the {what}; say which"),
            })
        }
    }
}

/// The place of the column that was asked for by name.
///
/// # Errors
/// [`SourceError::Column`] when there is none; it names those there are.
pub(super) fn asked(path: &Path, columns: &[String], name: &str) -> Result<usize, SourceError> {
    let place = columns.iter().position(|column| column == name);
    place.ok_or_else(|| {
        let there = columns.iter().map(|column| format!("`{column}`"));
        SourceError::Column {
            path: path.to_owned(),
            message: format!(
                "no column `{name}`; there are {}",
                there.collect::<Vec<_>>().join(", ")
            ),
        }
    })
}

/// The column of captions, or columns of one caption each (`caption_0`, `caption_1` …).
///
/// # Errors
/// As [`the_one`].
pub(super) fn captions(path: &Path, columns: &[String]) -> Result<Vec<usize>, SourceError> {
    let found = named(columns, CAPTIONS);
    if let Some(one) = the_one(path, "caption", columns, &found)? {
        return Ok(vec![one]);
    }
    let number = |column: &String| {
        let column = column.to_ascii_lowercase();
        let rest = NUMBERED_CAPTIONS
            .iter()
            .find_map(|name| column.strip_prefix(name))?;
        rest.trim_start_matches(['_', '-']).parse::<u32>().ok()
    };
    let mut numbered: Vec<(u32, usize)> = columns
        .iter()
        .enumerate()
        .filter_map(|(place, column)| Some((number(column)?, place)))
        .collect();
    numbered.sort_unstable();
    Ok(numbered.into_iter().map(|(_, place)| place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn two_columns_of_one_meaning_are_refused_by_name() {
        let path = Path::new("t.parquet");
        let there = columns(&["Image", "label", "Class", "caption_10", "caption_9"]);
        assert_eq!(named(&there, IMAGES), [0]);
        let message = the_one(path, "label", &there, &named(&there, LABELS))
            .expect_err("two")
            .to_string();
        assert_eq!(
            message,
            "t.parquet: `label`, `Class` may each be the label; say which"
        );
        assert_eq!(captions(path, &there).expect("numbered"), [4, 3]);
        assert_eq!(asked(path, &there, "Class").expect("there"), 2);
        let message = asked(path, &columns(&["a", "b"]), "c").expect_err("none");
        assert!(
            message
                .to_string()
                .contains("no column `c`; there are `a`, `b`")
        );
    }
}
