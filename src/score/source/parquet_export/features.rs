//! Features: what `datasets` notes in a Parquet file about its columns, of which we need the names of classes.

use serde_json::Value;

use super::file::ParquetFile;

/// The note.
const NOTE: &str = "huggingface";

/// What the note says of a column with classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClassLabel {
    /// The names, by class id.
    pub(super) names: Vec<String>,
    /// Whether a row has a list of classes.
    pub(super) is_list: bool,
}

/// The class names of a column; none if the note is not there, not readable, or knows none.
pub(super) fn class_label(file: &ParquetFile, column: &str) -> Option<ClassLabel> {
    let note: Value = serde_json::from_str(file.note(NOTE)?).ok()?;
    of_feature(note.get("info")?.get("features")?.get(column)?)
}

fn of_feature(feature: &Value) -> Option<ClassLabel> {
    if let Some(names) = names(feature) {
        return Some(ClassLabel {
            names,
            is_list: false,
        });
    }
    // A list of classes: `{"feature": …, "_type": "Sequence"}`, or what is in the list alone.
    let inner = feature.get("feature").or_else(|| feature.get(0))?;
    Some(ClassLabel {
        names: names(inner)?,
        is_list: true,
    })
}

fn names(feature: &Value) -> Option<Vec<String>> {
    if feature.get("_type")?.as_str()? != "ClassLabel" {
        return None;
    }
    let names = feature.get("names")?.as_array()?;
    names
        .iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_alone_and_in_lists() {
        let label = r#"{"names": ["cat", "dog"], "_type": "ClassLabel"}"#;
        for (text, is_list) in [
            (label.to_owned(), false),
            (
                format!(r#"{{"feature": {label}, "length": -1, "_type": "Sequence"}}"#),
                true,
            ),
            (format!(r#"{{"feature": {label}, "_type": "List"}}"#), true),
            (format!("[{label}]"), true),
        ] {
            let found = of_feature(&serde_json::from_str(&text).expect("JSON"));
            let names = ["cat", "dog"].map(str::to_owned).to_vec();
            assert_eq!(found, Some(ClassLabel { names, is_list }), "{text}");
        }
        let value = serde_json::from_str(r#"{"dtype": "int64", "_type": "Value"}"#);
        assert_eq!(of_feature(&value.expect("JSON")), None);
    }
}
