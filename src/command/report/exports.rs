//! Exports of a report: its figures and tables as files for papers.

use std::path::{Path, PathBuf};

use ticclip_report::Content;
use ticclip_report::export::{Format, characters_without_glyph, files};

use super::Failure;
use crate::artefact::{NewFile, remove_all};

/// What was written by the last report, a name a line; nothing else is ever removed.
const WRITTEN: &str = ".written";

/// Writes the figures or tables in these formats; those of an earlier report go.
pub(super) fn export(
    content: &Content,
    formats: &[Format],
    folder: &Path,
) -> Result<Vec<PathBuf>, Failure> {
    let boxes = characters_without_glyph(content);
    let drawn = formats
        .iter()
        .any(|format| matches!(format, Format::Png | Format::Pdf));
    if drawn && !boxes.is_empty() {
        let boxes: String = boxes.into_iter().collect();
        tracing::warn!(
            "png and pdf figures show boxes for the characters {boxes}; svg has them as text"
        );
    }
    let list = folder.join(WRITTEN);
    let before = std::fs::read_to_string(&list).unwrap_or_default();
    for name in before.lines() {
        // A name alone: what somebody has written into the list leads nowhere else.
        if Path::new(name).file_name().is_some_and(|own| own == name) {
            remove_all(&folder.join(name))?;
        }
    }
    let exported = files(content, formats).map_err(Failure::failed)?;
    let names: Vec<&str> = exported.iter().map(|file| file.name.as_str()).collect();
    let names: String = names.iter().map(|name| format!("{name}\n")).collect();
    NewFile::write_whole(&list, names.as_bytes())?;
    let mut written = Vec::new();
    for file in exported {
        let path = folder.join(file.name);
        NewFile::write_whole(&path, &file.bytes)?;
        written.push(path);
    }
    Ok(written)
}
