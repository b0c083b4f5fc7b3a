//! The key of a figure: which sign is which strategy, in as many rows as it takes.

use super::canvas::{Anchor, Canvas, INK, LABEL, SOFT, Stroke, label};
use super::font::{self, Weight};
use super::look::dot;
use crate::Content;
use crate::palette::Look;

/// A row of the key, in points.
const ROW: f64 = 9.5;
/// From words to sign, and from words to the next sign.
const GAPS: (f64, f64) = (3.0, 9.0);

/// The line of guessing.
pub(super) const GUESSING: Stroke<'static> = Stroke {
    colour: SOFT,
    width: 0.8,
    dash: "0.8 1.6",
};

/// A sign that a key explains.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sign {
    /// Line and marker of a strategy.
    Line(Look),
    /// The marker alone.
    Marker(Look),
    /// The dotted line of guessing.
    Guessing,
    /// Another line of no strategy.
    Dashed(Stroke<'static>),
    /// A filled marker of any strategy.
    Filled,
    /// A hollow marker of any strategy.
    Hollow,
}

/// The signs of the strategies at `places`, each made by `sign`.
pub(super) fn strategies(
    content: &Content,
    places: impl Iterator<Item = usize>,
    sign: fn(Look) -> Sign,
) -> Vec<(Sign, &str)> {
    places
        .map(|place| (sign(Look(place)), content.strategies[place].name.as_str()))
        .collect()
}

impl Sign {
    /// The room it takes, in points.
    fn room(self) -> f64 {
        match self {
            Self::Line(_) | Self::Guessing | Self::Dashed(_) => 18.0,
            Self::Marker(_) | Self::Filled | Self::Hollow => 6.0,
        }
    }
}

/// Draws the key from `top` between `left` and `right`; returns where it ends.
pub(super) fn key(
    canvas: &mut Canvas,
    entries: &[(Sign, &str)],
    (left, right): (f64, f64),
    top: f64,
) -> f64 {
    let (mut x, mut y) = (left, top + 0.5 * ROW);
    let mut row_is_empty = true;
    for (sign, name) in entries {
        let words = sign.room() + GAPS.0;
        let name = font::fit(name, right - left - words, LABEL, Weight::Regular);
        let room = words + font::width(&name, LABEL, Weight::Regular);
        if !row_is_empty && x + room > right {
            (x, y) = (left, y + ROW);
        }
        draw(canvas, *sign, x, y);
        canvas.words((x + words, y + 0.36 * LABEL), &name, label(Anchor::Start));
        x += room + GAPS.1;
        row_is_empty = false;
    }
    y + 0.5 * ROW
}

fn draw(canvas: &mut Canvas, sign: Sign, x: f64, y: f64) {
    let end = (x + sign.room(), y);
    let centre = (x + 0.5 * sign.room(), y);
    match sign {
        Sign::Line(look) => {
            canvas.straight((x, y), end, look.line());
            look.draw(canvas, centre, false);
        }
        Sign::Marker(look) => look.draw(canvas, centre, false),
        Sign::Guessing => canvas.straight((x, y), end, GUESSING),
        Sign::Dashed(stroke) => canvas.straight((x, y), end, stroke),
        Sign::Filled => dot(canvas, INK, centre, false),
        Sign::Hollow => dot(canvas, INK, centre, true),
    }
}
