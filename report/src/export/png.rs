//! A drawing in pixels.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::canvas::Drawing;
use super::font;

/// What printers ask for.
const PIXELS_PER_INCH: f64 = 300.0;
const POINTS_PER_INCH: f64 = 72.0;

/// `drawing` as a PNG file that says how large its pixels are in print.
pub(super) fn png(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let scale = PIXELS_PER_INCH / POINTS_PER_INCH;
    let pixels = |points: f64| (points * scale).round() as u32;
    let (width, height) = (pixels(drawing.width), pixels(drawing.height));
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| format!("{width} × {height} pixels are too many"))?;
    let scale = scale as f32;
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree(drawing)?, transform, &mut pixmap.as_mut());
    // The drawing begins with its white paper, so nothing is transparent.
    let rgb: Vec<u8> = pixmap
        .pixels()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    encode(width, height, &rgb).map_err(|error| error.to_string())
}

/// The drawing as the converters read it, one unit a point.
pub(super) fn tree(drawing: &Drawing) -> Result<Tree, String> {
    let options = Options {
        dpi: POINTS_PER_INCH as f32,
        font_family: "DejaVu Sans".to_owned(),
        fontdb: font::database(),
        ..Options::default()
    };
    Tree::from_str(&drawing.svg, &options).map_err(|error| error.to_string())
}

fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::RelativeColorimetric);
    let per_metre = (PIXELS_PER_INCH / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(bytes)
}
