//! Text file: class names and prompts, one a line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::SourceError;
use super::limits::LIST_BYTES;

/// The class names beside a set.
pub(super) const CLASSES_FILE: &str = "classnames.txt";
/// The prompts beside a set.
pub(super) const TEMPLATES_FILE: &str = "zeroshot_classification_templates.txt";

/// The bytes of a file, whole.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    let file = File::open(path).map_err(SourceError::io(path))?;
    let length = file.metadata().map_err(SourceError::io(path))?.len();
    if length > LIST_BYTES {
        return Err(SourceError::TooLarge {
            path: path.to_owned(),
            bytes: length,
            most: LIST_BYTES,
        });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(LIST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(SourceError::io(path))?;
    Ok(bytes)
}

/// The text of a file, without the mark that some programs begin a UTF-8 file with.
pub(super) fn text(path: &Path) -> Result<String, SourceError> {
    let mut text = String::from_utf8(bytes(path)?).map_err(|_| SourceError::Line {
        path: path.to_owned(),
        line: 1,
        message: "the file is not UTF-8".to_owned(),
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

/// The lines of a file without the space around them; empty lines at its end are none. One before that is an error: the
/// place of a line is the number of a class.
pub(super) fn lines(path: &Path) -> Result<Vec<String>, SourceError> {
    let text = text(path)?;
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
    let Some(empty) = lines.iter().position(String::is_empty) else {
        return Ok(lines);
    };
    Err(SourceError::Line {
        path: path.to_owned(),
        line: empty as u64 + 1,
        message: "is empty, which would move all after it".to_owned(),
    })
}

/// The lines of a file if there is one and it is not empty.
pub(super) fn lines_if_there(path: &Path) -> Result<Option<Vec<String>>, SourceError> {
    if !path.is_file() {
        return Ok(None);
    }
    let lines = lines(path)?;
    Ok((!lines.is_empty()).then_some(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_line_counts_only_between_others() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(CLASSES_FILE);
        std::fs::write(&path, "\u{feff}cat \r\n dog\n\n \n").expect("written");
        assert_eq!(lines(&path).expect("two lines"), ["cat", "dog"]);
        std::fs::write(&path, "cat\n\ndog\n").expect("written");
        let message = lines(&path).expect_err("a hole").to_string();
        assert!(
            message.contains("classnames.txt, line 2: is empty"),
            "{message}"
        );
        std::fs::write(&path, "\n").expect("written");
        assert_eq!(lines_if_there(&path).expect("read"), None);
    }
}
