//! Tars of a set: the tar files of a training or evaluation folder, in order.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the tars of a folder cannot be listed.
#[derive(Debug, Error)]
pub enum TarsError {
    /// The folder or its list cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `nshards.txt` is not a number.
    #[error("{}: `{found}` is not a number; it says how many tars there are, from 0.tar on", path.display())]
    Number {
        /// The file.
        path: PathBuf,
        /// What it says in its first line, cut to 64 characters.
        found: String,
    },
    /// `sizes.json` is no such list.
    #[error("{}: not the sizes of tars by their names: {source}", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        source: serde_json::Error,
    },
    /// A tar is not there.
    #[error("{}: no such tar, and {list} beside it names it", path.display())]
    Missing {
        /// The tar.
        path: PathBuf,
        /// What says that it should be.
        list: &'static str,
    },
    /// There is no tar.
    #[error("{}: no tars in it", path.display())]
    None {
        /// The folder.
        path: PathBuf,
    },
}

/// Says how many tars there are.
const NUMBER: &str = "nshards.txt";
/// Says how many samples each tar has, as DataComp's tools do.
const SIZES: &str = "sizes.json";

/// The tars of a set: those in `test/` where there is such a folder; `0.tar` and on where `nshards.txt` says how many,
/// otherwise all `*.tar` in the order of their names, among them all that `sizes.json` names where there is one.
///
/// # Errors
/// When there are none, or fewer than promised.
pub fn tars_of(set: &Path) -> Result<Vec<PathBuf>, TarsError> {
    let test = set.join("test");
    let folder = if test.is_dir() { test } else { set.to_owned() };
    let list = folder.join(NUMBER);
    let tars = if list.is_file() {
        numbered(&folder, &list)?
    } else {
        named(&folder)?
    };
    if tars.is_empty() {
        Err(TarsError::None { path: folder })
    } else {
        Ok(tars)
    }
}

fn numbered(folder: &Path, list: &Path) -> Result<Vec<PathBuf>, TarsError> {
    let text = std::fs::read_to_string(list).map_err(|source| TarsError::Io {
        path: list.to_owned(),
        source,
    })?;
    let count: u32 = text.trim().parse().map_err(|_| {
        let line = text.trim().lines().next().unwrap_or_default();
        TarsError::Number {
            path: list.to_owned(),
            found: line.chars().take(64).collect(),
        }
    })?;
    let tar = |number: u32| {
        let path = folder.join(format!("{number}.tar"));
        if path.is_file() {
            Ok(path)
        } else {
            Err(TarsError::Missing { path, list: NUMBER })
        }
    };
    (0..count).map(tar).collect()
}

fn named(folder: &Path) -> Result<Vec<PathBuf>, TarsError> {
    let io = |source| TarsError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut tars = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "tar") {
            tars.push(path);
        }
    }
    tars.sort();
    let list = folder.join(SIZES);
    if list.is_file() {
        for name in listed(&list)? {
            let path = folder.join(name);
            if tars.binary_search(&path).is_err() {
                return Err(TarsError::Missing { path, list: SIZES });
            }
        }
    }
    Ok(tars)
}

fn listed(list: &Path) -> Result<Vec<String>, TarsError> {
    let text = std::fs::read(list).map_err(|source| TarsError::Io {
        path: list.to_owned(),
        source,
    })?;
    let sizes: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&text).map_err(|source| TarsError::Sizes {
            path: list.to_owned(),
            source,
        })?;
    Ok(sizes.into_iter().map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_tars_its_list_promises_in_order() {
        let dir = tempfile::tempdir().expect("a folder");
        let test = dir.path().join("test");
        std::fs::create_dir(&test).expect("made");
        for number in 0..11 {
            std::fs::write(test.join(format!("{number}.tar")), "").expect("written");
        }
        assert_eq!(
            tars_of(dir.path()).expect("all")[2],
            test.join("10.tar"),
            "by name without a list"
        );
        std::fs::write(test.join("nshards.txt"), "11\n").expect("written");
        assert_eq!(tars_of(dir.path()).expect("all")[10], test.join("10.tar"));
        std::fs::write(test.join("nshards.txt"), "4000000000").expect("written");
        assert!(
            tars_of(dir.path())
                .expect_err("missing")
                .to_string()
                .contains("11.tar: no such tar")
        );
        std::fs::write(test.join("nshards.txt"), "eleven\nor so\n").expect("written");
        assert!(
            tars_of(dir.path())
                .expect_err("no number")
                .to_string()
                .contains("`eleven` is not a number")
        );
    }

    #[test]
    fn a_tar_that_sizes_name_is_missed() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["a.tar", "b.tar"] {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        let sizes = dir.path().join(SIZES);
        std::fs::write(&sizes, r#"{"a.tar": 3}"#).expect("written");
        assert_eq!(tars_of(dir.path()).expect("more than named").len(), 2);
        for (text, told) in [
            (r#"{"a.tar": 3, "c.tar": 1}"#, "c.tar: no such tar"),
            ("[1]", "sizes.json: not the sizes"),
        ] {
            std::fs::write(&sizes, text).expect("written");
            let error = tars_of(dir.path()).expect_err(text).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
