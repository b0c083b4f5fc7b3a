//! The files that a dataset's tables are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::TableError;
use super::braces::expanded;

/// The files of `patterns`, paths or globs relative to `folder`, in the order of the patterns and then of their names.
/// A file that several patterns match is there once.
///
/// # Errors
/// When a pattern is malformed, or one of the names that its braces stand for matches no file.
pub(crate) fn find(folder: &Path, patterns: &[String]) -> Result<Vec<PathBuf>, TableError> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    for pattern in patterns {
        for file in matching(folder, pattern)? {
            if seen.insert(file.clone()) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// The names that the braces of a pattern stand for, whether there are such files or not.
///
/// # Errors
/// When a brace has no partner, or there would be too many names.
pub(crate) fn expand_braces(pattern: &str) -> Result<Vec<String>, TableError> {
    expanded(pattern).map_err(|message| wrong(pattern, message))
}

fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, TableError> {
    // A file may have brackets and braces in its name.
    let literal = folder.join(pattern);
    if literal.is_file() {
        return Ok(vec![literal]);
    }
    let names = expanded(pattern).map_err(|message| wrong(pattern, message))?;
    let mut files = Vec::new();
    for name in &names {
        files.append(&mut globbed(folder, name)?);
    }
    Ok(files)
}

fn globbed(folder: &Path, name: &str) -> Result<Vec<PathBuf>, TableError> {
    let literal = folder.join(name);
    if literal.is_file() {
        return Ok(vec![literal]);
    }
    let glob = if Path::new(name).is_absolute() {
        name.to_owned()
    } else {
        let folder = glob::Pattern::escape(&folder.to_string_lossy());
        Path::new(&folder).join(name).to_string_lossy().into_owned()
    };
    let matches = glob::glob(&glob).map_err(|error| wrong(name, error.to_string()))?;
    let mut files = matches
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TableError::Folder {
            path: error.path().to_owned(),
            message: error.error().to_string(),
        })?;
    files.retain(|file| file.is_file());
    files.sort();
    if files.is_empty() && literal.is_dir() {
        return Err(TableError::Folder {
            message: format!("this is a folder; name its files, such as {name}/*.csv"),
            path: literal,
        });
    }
    if files.is_empty() {
        return Err(TableError::NoMatch { pattern: literal });
    }
    Ok(files)
}

fn wrong(pattern: &str, message: String) -> TableError {
    TableError::Pattern {
        pattern: pattern.to_owned(),
        message,
    }
}
