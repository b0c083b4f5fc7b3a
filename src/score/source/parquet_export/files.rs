//! The Parquet files of one side of a dataset, told by their names and folders.

use std::path::{Path, PathBuf};

use crate::score::source::image_file::{by_number, entries};
use crate::score::source::{Side, SourceError};

/// Folders below the dataset's.
const DEPTH: usize = 3;

/// The files of the side, in order; none if there are none.
///
/// # Errors
/// When they are in several folders: a dataset's configurations, of which one has to be named.
pub(super) fn of_side(folder: &Path, side: Side) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = Vec::new();
    collect(folder, DEPTH, &mut files)?;
    let mut chosen: Vec<PathBuf> = Vec::new();
    for name in side.names() {
        let of_name = |path: &&PathBuf| side_of(folder, path) == Some(name);
        chosen = files.iter().filter(of_name).cloned().collect();
        if !chosen.is_empty() {
            break;
        }
    }
    if chosen.is_empty() && side.is_the_rest() {
        files.retain(|path| side_of(folder, path).is_none());
        chosen = files;
    }
    chosen.sort_by(|a, b| (a.parent()).cmp(&b.parent()).then_with(|| by_number(a, b)));
    if let (Some(first), Some(last)) = (chosen.first(), chosen.last())
        && first.parent() != last.parent()
    {
        let message = format!(
            "Parquet files here and in {}: which are meant?",
            last.parent().unwrap_or(folder).display()
        );
        return Err(SourceError::damaged(
            first.parent().unwrap_or(folder),
            message,
        ));
    }
    Ok(chosen)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    for path in entries(folder)? {
        if path.extension().is_some_and(|ending| ending == "parquet") {
            if path.is_file() {
                files.push(path);
            }
        } else if depth > 0 && may_have_files(&path) {
            collect(&path, depth - 1, files)?;
        }
    }
    Ok(())
}

/// Whether a folder is one that exports are kept in. Folders of classes, of which there may be thousands, are left alone
/// where their first entry is no folder and no Parquet file.
fn may_have_files(path: &Path) -> bool {
    if !path.is_dir() || path.is_symlink() {
        return false;
    }
    let Ok(mut entries) = std::fs::read_dir(path) else {
        return false;
    };
    entries.any(|entry| {
        entry.is_ok_and(|entry| {
            let path = entry.path();
            path.extension().is_some_and(|ending| ending == "parquet")
                || entry.file_type().is_ok_and(|kind| kind.is_dir())
        })
    })
}

/// The word for a side in the file's name, or else in the names of its folders.
fn side_of(folder: &Path, path: &Path) -> Option<&'static str> {
    let word = |name: &str| {
        name.to_ascii_lowercase()
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .find_map(|word| {
                let mut all = Side::ALL.iter().flat_map(|side| side.names());
                all.find(|name| **name == word).copied()
            })
    };
    let below = path.strip_prefix(folder).unwrap_or(path);
    let stem = below.file_stem()?.to_string_lossy();
    word(&stem).or_else(|| {
        let folders = below.parent()?.iter().rev();
        folders
            .map(|name| name.to_string_lossy())
            .find_map(|name| word(&name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], side: Side) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("below")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let files = of_side(dir.path(), side).map_err(|error| error.to_string())?;
        let below = |path: PathBuf| {
            path.strip_prefix(dir.path())
                .map(|path| path.display().to_string())
        };
        Ok(files
            .into_iter()
            .map(|path| below(path).expect("below"))
            .collect())
    }

    #[test]
    fn names_and_folders_say_the_side() {
        let exported = [
            "data/test-00001-of-00002.parquet",
            "data/test-00000-of-00002.parquet",
            "data/validation-00000-of-00001.parquet",
            "data/train-00000-of-00001.parquet",
        ];
        assert_eq!(
            found(&exported, Side::Test).expect("two"),
            [
                "data/test-00000-of-00002.parquet",
                "data/test-00001-of-00002.parquet"
            ]
        );
        assert_eq!(
            found(&exported[2..], Side::Test).expect("one"),
            [exported[2]]
        );
        assert_eq!(found(&exported, Side::Train).expect("one"), [exported[3]]);
        let converted = ["default/test/0.parquet", "default/train/0.parquet"];
        assert_eq!(found(&converted, Side::Test).expect("one"), [converted[0]]);
        assert_eq!(
            found(&["a/9.parquet", "a/10.parquet"], Side::Test).expect("two"),
            ["a/9.parquet", "a/10.parquet"]
        );
        assert_eq!(
            found(&["train-0.parquet"], Side::Test).expect("none"),
            [""; 0]
        );
    }

    #[test]
    fn several_configurations_are_refused() {
        let error = found(&["en/test.parquet", "fr/test.parquet"], Side::Test).expect_err("two");
        assert!(
            error.contains("/en: Parquet files here and in") && error.contains("/fr: which"),
            "{error}"
        );
    }
}
