//! Exports of a report: its figures and tables as files for papers.

use std::path::{Path, PathBuf};

use ticclip_report::Content;
use ticclip_report::export::{Format, characters_without_glyph, files};

use super::Failure;
use crate::artefact::{NewFile, remove_all};

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
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        // Only what an export may have written.
        if ending.is_some_and(|ending| ending.parse::<Format>().is_ok()) {
            remove_all(&path)?;
        }
    }
    let mut written = Vec::new();
    for file in files(content, formats).map_err(Failure::failed)? {
        let path = folder.join(file.name);
        NewFile::write_whole(&path, &file.bytes)?;
        written.push(path);
    }
    Ok(written)
}
