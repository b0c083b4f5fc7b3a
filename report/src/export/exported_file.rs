//! The files of an export: which there are, what they are called, what is in them.

use std::collections::BTreeSet;

use super::format::Format;
use super::{figure, font, pdf, png, table};
use crate::Content;

/// One file, whole, for the caller to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name without a folder, such as `matrix-retrieval-sequential.svg`: lower-case ASCII letters, digits and hyphens.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A figure that could not be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ExportError {
    /// Name of the file.
    pub name: String,
    /// What the conversion said.
    pub reason: String,
}

/// All figures and tables of `content` in each of `formats`, in a fixed order; a format that is named twice counts once.
///
/// The same content gives the same bytes on every machine of one kind: no clock, no fonts but the ones inside.
/// Figures without data are left out, as they are on the page.
///
/// # Errors
///
/// If a figure cannot be converted, such as one too large for an image.
pub fn files(content: &Content, formats: &[Format]) -> Result<Vec<ExportedFile>, ExportError> {
    let wanted: BTreeSet<Format> = formats.iter().copied().collect();
    let mut files = Vec::new();
    if Format::FIGURES.iter().any(|format| wanted.contains(format)) {
        for figure in figure::all(content) {
            for format in Format::FIGURES.into_iter().filter(|f| wanted.contains(f)) {
                let name = format!("{}.{format}", figure.stem);
                let bytes = match format {
                    Format::Png => png::png(&figure.drawing),
                    Format::Pdf => pdf::pdf(&figure.drawing),
                    _ => Ok(figure.drawing.svg.clone().into_bytes()),
                };
                match bytes {
                    Ok(bytes) => files.push(ExportedFile { name, bytes }),
                    Err(reason) => return Err(ExportError { name, reason }),
                }
            }
        }
    }
    if Format::TABLES.iter().any(|format| wanted.contains(format)) {
        for table in table::all(content) {
            let written = |format: &Format| {
                wanted.contains(format) && (*format == Format::Csv || !table.sections.is_empty())
            };
            for format in Format::TABLES.into_iter().filter(written) {
                let text = match format {
                    Format::Csv => table.records.text(),
                    Format::Markdown => table::markdown(&table),
                    _ => table::latex(&table),
                };
                files.push(ExportedFile {
                    name: format!("{}.{format}", table.stem),
                    bytes: text.into_bytes(),
                });
            }
        }
    }
    Ok(files)
}

/// Characters of the figures' words that PNG and PDF files can only show as boxes, because the font has no letter for them.
///
/// SVG files keep them as text, for which viewers find other fonts.
#[must_use]
pub fn characters_without_glyph(content: &Content) -> BTreeSet<char> {
    figure::all(content)
        .into_iter()
        .flat_map(|figure| figure.drawing.characters)
        .filter(|c| !c.is_control() && !font::has(*c))
        .collect()
}
