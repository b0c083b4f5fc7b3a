//! How a strategy is drawn in print: with the page's colours, line patterns and markers.

use super::canvas::{Canvas, PAPER, Stroke, solid};
use crate::palette::{Look, round};

/// From the centre of a marker to a corner, in points.
const SIZE: f64 = 2.7;

impl Look {
    /// Its line.
    pub(super) fn line(self) -> Stroke<'static> {
        Stroke {
            colour: self.colour(),
            width: 1.1,
            dash: self.print_dash(),
        }
    }

    /// The line of an interval, or of anything that stands back.
    pub(super) fn pale(self) -> Stroke<'static> {
        solid(self.pale_colour(), 0.7)
    }

    /// Draws its marker about a point.
    pub(super) fn draw(self, canvas: &mut Canvas, at: (f64, f64), hollow: bool) {
        let outline = self.outline(at, SIZE, hollow);
        fill(canvas, &outline, self.colour(), hollow);
    }
}

/// Draws a round marker of no strategy.
pub(super) fn dot(canvas: &mut Canvas, colour: &str, at: (f64, f64), hollow: bool) {
    fill(canvas, &round(at, SIZE, hollow), colour, hollow);
}

fn fill(canvas: &mut Canvas, outline: &str, colour: &str, hollow: bool) {
    if hollow {
        canvas.shape(outline, PAPER, solid(colour, 0.9));
    } else {
        canvas.shape(outline, colour, solid(PAPER, 0.4));
    }
}
