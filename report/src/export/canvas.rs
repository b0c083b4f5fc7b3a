//! A drawing under construction: SVG that stands alone, with every colour and size in its elements.
//!
//! One unit is one point, 1/72 of an inch. There are no style sheets, scripts or references to other files, so that browsers,
//! drawing programs and our own converters all see the same.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::font::Weight;
use crate::escape;
use crate::number::trimmed;

/// Width of one column of a two-column paper.
pub(super) const COLUMN: f64 = 234.0;
/// Width of both columns with the space between them.
pub(super) const SPREAD: f64 = 486.0;

/// Words and strong lines.
pub(super) const INK: &str = "#1a1a1a";
/// Words that can be read second.
pub(super) const SOFT: &str = "#595959";
/// Lines behind the data.
pub(super) const GRID: &str = "#d9d9d9";
/// The paper.
pub(super) const PAPER: &str = "#ffffff";

/// Letters of titles, in points.
pub(super) const TITLE: f64 = 7.5;
/// Letters of labels, in points; still readable in print.
pub(super) const LABEL: f64 = 6.5;

/// A finished drawing.
#[derive(Debug)]
pub(super) struct Drawing {
    /// In points.
    pub(super) width: f64,
    /// In points; a multiple of six, so that 300 pixels an inch are whole pixels.
    pub(super) height: f64,
    /// What it shows, in one line.
    pub(super) title: String,
    /// The characters of its words.
    pub(super) characters: BTreeSet<char>,
    pub(super) svg: String,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke<'a> {
    pub(super) colour: &'a str,
    pub(super) width: f64,
    /// Lengths of dashes and gaps; empty for a solid line.
    pub(super) dash: &'a str,
}

/// A solid line.
pub(super) fn solid(colour: &str, width: f64) -> Stroke<'_> {
    Stroke {
        colour,
        width,
        dash: "",
    }
}

/// Where words stand about their point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How words are set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type<'a> {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) colour: &'a str,
    pub(super) anchor: Anchor,
}

/// Labels of axes and cells.
pub(super) fn label(anchor: Anchor) -> Type<'static> {
    Type {
        size: LABEL,
        weight: Weight::Regular,
        colour: INK,
        anchor,
    }
}

/// A drawing as it grows.
pub(super) struct Canvas {
    width: f64,
    body: String,
    characters: BTreeSet<char>,
}

impl Canvas {
    /// An empty one of `width` points.
    pub(super) fn new(width: f64) -> Self {
        Self {
            width,
            body: String::new(),
            characters: BTreeSet::new(),
        }
    }

    /// A filled rectangle.
    pub(super) fn rectangle(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        fill: &str,
    ) {
        self.element(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>",
            number(x),
            number(y),
            number(width),
            number(height)
        ));
    }

    /// The edge of a rectangle.
    pub(super) fn frame(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        stroke: Stroke<'_>,
    ) {
        self.element(format_args!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\"{}/>",
            number(x),
            number(y),
            number(width),
            number(height),
            written(stroke)
        ));
    }

    /// A line along path data.
    pub(super) fn line(&mut self, data: &str, stroke: Stroke<'_>) {
        if !data.is_empty() {
            self.element(format_args!(
                "<path d=\"{data}\" fill=\"none\" stroke-linejoin=\"round\"{}/>",
                written(stroke)
            ));
        }
    }

    /// A straight line.
    pub(super) fn straight(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke<'_>) {
        let [x, y, right, down] = [from.0, from.1, to.0, to.1].map(number);
        self.line(&format!("M{x} {y}L{right} {down}"), stroke);
    }

    /// A closed shape along path data.
    pub(super) fn shape(&mut self, data: &str, fill: &str, stroke: Stroke<'_>) {
        self.element(format_args!(
            "<path d=\"{data}\" fill=\"{fill}\"{}/>",
            written(stroke)
        ));
    }

    /// A bar whose colour runs from left to right through `colours`, at even distances. `id` must be unique in the drawing.
    pub(super) fn gradient(
        &mut self,
        id: &str,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        colours: &[String],
    ) {
        let last = colours.len().saturating_sub(1).max(1) as f64;
        let stops: String = colours
            .iter()
            .enumerate()
            .map(|(place, colour)| {
                let offset = number(place as f64 / last);
                format!("<stop offset=\"{offset}\" stop-color=\"{colour}\"/>")
            })
            .collect();
        self.element(format_args!(
            "<defs><linearGradient id=\"{id}\">{stops}</linearGradient></defs>"
        ));
        self.rectangle((x, y), (width, height), &format!("url(#{id})"));
    }

    /// Words whose baseline goes through a point.
    pub(super) fn words(&mut self, (x, y): (f64, f64), words: &str, set: Type<'_>) {
        let place = format!(" x=\"{}\" y=\"{}\"", number(x), number(y));
        self.text(&place, words, set);
    }

    /// Words that run upwards through a point.
    pub(super) fn upright_words(&mut self, (x, y): (f64, f64), words: &str, set: Type<'_>) {
        let place = format!(
            " transform=\"translate({} {}) rotate(-90)\"",
            number(x),
            number(y)
        );
        self.text(&place, words, set);
    }

    fn text(&mut self, place: &str, words: &str, set: Type<'_>) {
        self.characters.extend(words.chars());
        let anchor = match set.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = match set.weight {
            Weight::Regular => "",
            Weight::Bold => " font-weight=\"bold\"",
        };
        self.element(format_args!(
            "<text{place} font-size=\"{}\"{weight}{anchor} fill=\"{}\">{}</text>",
            number(set.size),
            set.colour,
            text(words)
        ));
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{element}").expect("writing to a string cannot fail");
    }

    /// Closes the drawing below `height`, with words for those who cannot see it.
    pub(super) fn finish(self, height: f64, title: &str, description: &str) -> Drawing {
        let (width, height) = (self.width, (height / 6.0).ceil() * 6.0);
        let svg = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}pt\" height=\"{1}pt\" viewBox=\"0 0 {0} {1}\" \
             font-family=\"sans-serif\" role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n\
             <rect width=\"{0}\" height=\"{1}\" fill=\"{PAPER}\"/>\n{4}</svg>\n",
            number(width),
            number(height),
            text(title),
            text(description),
            self.body
        );
        Drawing {
            width,
            height,
            title: title.to_owned(),
            characters: self.characters,
            svg,
        }
    }
}

fn written(stroke: Stroke<'_>) -> String {
    let mut written = format!(
        " stroke=\"{}\" stroke-width=\"{}\"",
        stroke.colour,
        number(stroke.width)
    );
    if !stroke.dash.is_empty() {
        write!(written, " stroke-dasharray=\"{}\"", stroke.dash)
            .expect("writing to a string cannot fail");
    }
    written
}

/// A hundredth of a point is finer than any printer.
fn number(value: f64) -> String {
    trimmed((100.0 * value).round() / 100.0)
}

/// Words as XML has them: in one line, escaped, without the few characters that no document may hold.
fn text(words: &str) -> String {
    let allowed = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c => c,
    };
    let words: String = words.chars().map(allowed).collect();
    escape::text(&words).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(12.345_678), "12.35");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(7.0), "7");
    }

    #[test]
    fn words_stay_words() {
        let mut canvas = Canvas::new(COLUMN);
        canvas.words(
            (0.0, 9.0),
            "</text><script>\n&\u{1}\u{ffff}",
            label(Anchor::End),
        );
        let drawing = canvas.finish(50.0, "a\"b", "");
        assert!(
            drawing
                .svg
                .contains(">&lt;/text&gt;&lt;script&gt; &amp;\u{fffd}\u{fffd}</text>")
        );
        assert!(drawing.svg.contains("<title>a&quot;b</title>"));
        assert_eq!(drawing.height, 54.0);
    }
}
