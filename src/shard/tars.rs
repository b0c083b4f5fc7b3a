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
    /// A tar is not there.
    #[error("{}: no such tar", path.display())]
    Missing {
        /// The tar.
        path: PathBuf,
    },
    /// There is no tar.
    #[error("{}: no tars in it", path.display())]
    None {
        /// The folder.
        path: PathBuf,
    },
}

/// The tars of a set: those in `test/` where there is such a folder; `0.tar` and on where `nshards.txt` says how many,
/// otherwise all `*.tar` in the order of their names.
///
/// # Errors
/// When there are none, or fewer than promised.
pub fn tars_of(set: &Path) -> Result<Vec<PathBuf>, TarsError> {
    let test = set.join("test");
    let folder = if test.is_dir() { test } else { set.to_owned() };
    let list = folder.join("nshards.txt");
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
            Err(TarsError::Missing { path })
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
    Ok(tars)
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
}
