//! The axes of a chart: grid, ticks, labels and what is measured.

use super::canvas::{Anchor, Canvas, GRID, INK, LABEL, SOFT, TITLE, Type, label, solid};
use super::font::{self, Weight};
use crate::number::trimmed;
use crate::scale::Scale;

/// From the edge of the drawing to the first letter, in points.
pub(super) const MARGIN: f64 = 4.0;
/// From one line of labels to the next.
pub(super) const LINE: f64 = 8.0;

/// Where the data lies, in points from the drawing's top left corner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Plot {
    /// The middle of the `place`th of `slots` equal parts of the width.
    pub(super) fn centre(&self, place: usize, slots: usize) -> f64 {
        self.left + self.slot(slots) * (place as f64 + 0.5)
    }

    /// The width of one of `slots` equal parts.
    pub(super) fn slot(&self, slots: usize) -> f64 {
        (self.right - self.left) / slots.max(1) as f64
    }

    /// Vertical axis: a line of the grid and a label at each tick.
    pub(super) fn vertical(&self, canvas: &mut Canvas, y: Scale, words: fn(f64) -> String) {
        for tick in y.ticks(5) {
            let at = y.at(tick);
            canvas.straight((self.left, at), (self.right, at), solid(GRID, 0.5));
            let place = (self.left - 3.0, at + 0.36 * LABEL);
            canvas.words(place, &words(tick), label(Anchor::End));
        }
    }

    /// Horizontal axis of names at even places, `written` among those that are written; returns the baseline of the last line of
    /// labels.
    pub(super) fn names(&self, canvas: &mut Canvas, names: &[String], written: usize) -> f64 {
        let slot = self.slot(names.len());
        // Names of many steps do not fit beside each other, so every second, third, … is written.
        let every = (LEAST_LABEL / slot).ceil().max(1.0) as usize;
        let mut lines = 1;
        self.baseline(canvas);
        let first = written % every;
        for (place, name) in names.iter().enumerate().skip(first).step_by(every) {
            let x = self.centre(place, names.len());
            canvas.straight((x, self.bottom), (x, self.bottom + 2.0), solid(SOFT, 0.5));
            let parts = font::lines(name, slot * every as f64 - 2.0, LABEL);
            lines = lines.max(parts.len());
            for (line, part) in parts.iter().enumerate() {
                let y = self.first_label() + LINE * line as f64;
                canvas.words((x, y), part, label(Anchor::Middle));
            }
        }
        self.first_label() + LINE * (lines - 1) as f64
    }

    /// Horizontal axis of quantities; returns the baseline of its labels.
    pub(super) fn quantities(
        &self,
        canvas: &mut Canvas,
        x: Scale,
        ticks: usize,
        words: fn(f64) -> String,
    ) -> f64 {
        self.baseline(canvas);
        for tick in x.ticks(ticks) {
            let at = x.at(tick);
            canvas.straight((at, self.bottom), (at, self.bottom + 2.0), solid(SOFT, 0.5));
            canvas.words(
                (at, self.first_label()),
                &words(tick),
                label(Anchor::Middle),
            );
        }
        self.first_label()
    }

    /// What the axes measure; `below` is the baseline of the horizontal axis' labels. Returns where the axis ends.
    pub(super) fn titles(
        &self,
        canvas: &mut Canvas,
        horizontal: &str,
        vertical: &str,
        below: f64,
    ) -> f64 {
        let set = label(Anchor::Middle);
        let centre = (
            (self.left + self.right) / 2.0,
            (self.top + self.bottom) / 2.0,
        );
        let baseline = below + LINE + 2.0;
        let room = (self.right - self.left, self.bottom - self.top);
        let horizontal = font::fit(horizontal, room.0, LABEL, Weight::Regular);
        canvas.words((centre.0, baseline), &horizontal, set);
        let vertical = font::fit(vertical, room.1, LABEL, Weight::Regular);
        canvas.upright_words((MARGIN + 0.76 * LABEL, centre.1), &vertical, set);
        baseline + 3.0
    }

    fn baseline(&self, canvas: &mut Canvas) {
        let y = self.bottom;
        canvas.straight((self.left, y), (self.right, y), solid(SOFT, 0.5));
    }

    fn first_label(&self) -> f64 {
        self.bottom + 5.0 + 0.76 * LABEL
    }
}

/// Below this, a year is cut.
const LEAST_LABEL: f64 = 19.0;

/// Room left of a plot for the labels of `y` and what it measures.
pub(super) fn room_for(y: Scale, words: fn(f64) -> String) -> f64 {
    let widest = y
        .ticks(5)
        .into_iter()
        .map(|tick| font::width(&words(tick), LABEL, Weight::Regular))
        .fold(0.0, f64::max);
    MARGIN + LABEL + 3.0 + widest + 3.0
}

/// A score of an axis, in percent.
pub(super) fn percent_tick(tick: f64) -> String {
    trimmed(100.0 * tick)
}

/// The title line of a figure: what it shows in bold, how in grey behind it.
pub(super) fn heading(canvas: &mut Canvas, bold: &str, grey: &str, (left, right): (f64, f64)) {
    let baseline = MARGIN + 0.76 * TITLE;
    let set = Type {
        size: TITLE,
        weight: Weight::Bold,
        colour: INK,
        anchor: Anchor::Start,
    };
    let bold = font::fit(bold, right - left, TITLE, Weight::Bold);
    canvas.words((left, baseline), &bold, set);
    let begin = left + font::width(&bold, TITLE, Weight::Bold) + 4.0;
    if right - begin > 3.0 * LABEL {
        let grey = font::fit(grey, right - begin, LABEL, Weight::Regular);
        let set = Type {
            colour: SOFT,
            ..label(Anchor::Start)
        };
        canvas.words((begin, baseline), &grey, set);
    }
}

/// Where a plot may begin below the heading.
pub(super) const BELOW_HEADING: f64 = MARGIN + TITLE + 7.0;
