//! Figures in pixels and on PDF pages.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::ZlibDecoder;
use resvg::usvg::roxmltree::Document;

use super::super::canvas::Drawing;
use super::super::{figure, pdf, png};
use super::contents;
use crate::tests::made_up::plausible;

struct Pixels {
    size: (u32, u32),
    per_metre: u32,
    rgb: Vec<u8>,
}

fn decoded(bytes: &[u8]) -> Pixels {
    let decoder = ::png::Decoder::new(std::io::Cursor::new(bytes));
    let mut reader = decoder.read_info().expect("it is a PNG file");
    let mut rgb = vec![0; reader.output_buffer_size().expect("it fits into memory")];
    let frame = reader.next_frame(&mut rgb).expect("it can be decoded");
    assert_eq!(frame.color_type, ::png::ColorType::Rgb);
    let dimensions = reader.info().pixel_dims.expect("it says how large it is");
    assert_eq!(dimensions.unit, ::png::Unit::Meter);
    Pixels {
        size: (frame.width, frame.height),
        per_metre: dimensions.xppu,
        rgb,
    }
}

fn figures() -> Vec<(String, Drawing)> {
    let figures = |content| figure::all(&content).into_iter();
    contents()
        .into_iter()
        .flat_map(|(_, content)| figures(content))
        .map(|figure| (figure.stem, figure.drawing))
        .collect()
}

#[test]
fn pixels_are_as_many_as_three_hundred_an_inch() {
    for (name, drawing) in figures() {
        let pixels = decoded(&png::png(&drawing).expect("it can be drawn"));
        let expected = (drawing.width * 300.0 / 72.0, drawing.height * 300.0 / 72.0);
        assert_eq!(
            (f64::from(pixels.size.0), f64::from(pixels.size.1)),
            expected,
            "{name}"
        );
        assert_eq!(pixels.per_metre, 11_811, "{name}");
        let pixel = |x: usize, y: usize| {
            let at = 3 * (y * pixels.size.0 as usize + x);
            [pixels.rgb[at], pixels.rgb[at + 1], pixels.rgb[at + 2]]
        };
        assert_eq!(pixel(0, 0), [255; 3], "{name} has a white edge");
        let mut colours = BTreeSet::new();
        let mut pixels = pixels.rgb.chunks_exact(3);
        assert!(
            pixels
                .by_ref()
                .any(|pixel| colours.insert(pixel) && colours.len() > 50),
            "{name} has {} colours",
            colours.len()
        );
        let dark = pixels.filter(|pixel| pixel.iter().all(|c| *c < 60));
        assert!(dark.take(1000).count() == 1000, "{name} has little ink");
    }
}

/// The file as text, with its compressed streams unpacked.
fn unpacked(pdf: &[u8]) -> String {
    let find = |needle: &[u8], from: usize| {
        pdf[from..]
            .windows(needle.len())
            .position(|window| window == needle)
            .map(|at| from + at)
    };
    let mut text = String::from_utf8_lossy(pdf).into_owned();
    let mut at = 0;
    while let Some(begin) = find(b"stream", at) {
        let begin = begin + b"stream".len();
        let begin = begin + usize::from(pdf[begin] == b'\r') + 1;
        let Some(end) = find(b"endstream", begin) else {
            break;
        };
        let mut stream = Vec::new();
        // Fonts and profiles are unpacked, too, and searched in vain.
        if ZlibDecoder::new(&pdf[begin..end])
            .read_to_end(&mut stream)
            .is_ok()
        {
            text += &String::from_utf8_lossy(&stream);
        }
        at = end + b"endstream".len();
    }
    text
}

/// The characters that a reader can copy, by the tables of the fonts inside.
fn copied(text: &str) -> BTreeSet<char> {
    let sections = text.split("beginbfchar").skip(1);
    sections
        .filter_map(|section| section.split("endbfchar").next())
        .flat_map(str::lines)
        .filter_map(|line| line.rsplit_once('<')?.1.strip_suffix('>'))
        .flat_map(|hex| {
            let units: Vec<u16> = (0..hex.len() / 4)
                .filter_map(|at| u16::from_str_radix(&hex[4 * at..4 * at + 4], 16).ok())
                .collect();
            String::from_utf16_lossy(&units).chars().collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn page_has_the_size_and_the_words_of_the_figure() {
    for figure in figure::all(&plausible()) {
        let name = &figure.stem;
        let pdf = pdf::pdf(&figure.drawing).expect("it can be drawn");
        assert!(pdf.starts_with(b"%PDF-1.5"), "{name}");
        let text = unpacked(&pdf);
        let size = format!(
            "/MediaBox[0 0 {} {}]",
            figure.drawing.width, figure.drawing.height
        );
        assert!(text.contains(&size), "{name}");
        assert_eq!(text.matches("/Type/Page/").count(), 1, "{name}");
        let document = Document::parse(&figure.drawing.svg).expect("the figure is XML");
        let words: BTreeSet<char> = document
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter_map(|node| node.text())
            .flat_map(str::chars)
            .filter(|c| *c != ' ')
            .collect();
        assert!(words.len() > 10);
        let copied = copied(&text);
        let missing: Vec<&char> = words.difference(&copied).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
    }
}

#[test]
fn every_content_becomes_a_page() {
    for (name, drawing) in figures() {
        let pdf = pdf::pdf(&drawing).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(pdf.len() > 1000, "{name}");
    }
}
