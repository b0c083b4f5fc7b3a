//! A drawing in vectors, on one page of its size.

use krilla::configure::{ConfigurationBuilder, PdfVersion};
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};
use krilla_svg::{SurfaceExt, SvgSettings};

use super::canvas::Drawing;
use super::png::tree;

/// What typesetting systems include without a warning.
const VERSION: PdfVersion = PdfVersion::Pdf15;

/// `drawing` as a PDF file. Words stay words: they can be searched and copied, and the letters they need are inside.
pub(super) fn pdf(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let (width, height) = (drawing.width as f32, drawing.height as f32);
    let (Some(page), Some(size)) = (
        PageSettings::from_wh(width, height),
        Size::from_wh(width, height),
    ) else {
        return Err(format!("{width} × {height} points are no page"));
    };
    let configuration = ConfigurationBuilder::new()
        .with_version(VERSION)
        .finish()
        .map_err(|error| format!("{error:?}"))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    // No date: the same drawing is the same file.
    document.set_metadata(
        Metadata::new()
            .title(drawing.title.clone())
            .creator("ticclip".to_owned()),
    );
    let mut page = document.start_page_with(page);
    let mut surface = page.surface();
    let drawn = surface.draw_svg(&tree(drawing)?, size, SvgSettings::default());
    surface.finish();
    page.finish();
    drawn.ok_or("it could not be drawn")?;
    document.finish().map_err(|error| format!("{error:?}"))
}
