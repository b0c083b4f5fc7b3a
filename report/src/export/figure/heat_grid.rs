//! The cells of a transfer matrix with their labels, and the scale of their colours.

use super::super::axes::{LINE, MARGIN, percent_tick};
use super::super::canvas::{Anchor, Canvas, INK, LABEL, SOFT, Type, label, solid};
use super::super::font::{self, Weight};
use crate::number::{hundredths, percent};
use crate::scale::score_domain;
use crate::transfer::mean;
use crate::viridis::viridis;
use crate::{Content, TaskScores};

/// Cells narrower than this have no room for their number.
pub(super) const LEAST_CELL: f64 = 16.8;
/// Cells narrower than this have no room for a bold number.
const LEAST_BOLD: f64 = 19.0;
/// Between two grids, in points.
pub(super) const GAP: f64 = 8.0;
/// What a year takes as a label, with a point to spare.
pub(super) const YEAR: f64 = 18.0;
/// The height of a cell with its number.
const CELL: f64 = 15.0;
/// The longest name beside a row, in points.
const LONGEST_NAME: f64 = 60.0;
/// A cell that was not tested.
const MISSING: &str = "#ececec";

/// Cells of one size, to be drawn at one or several places.
pub(super) struct HeatGrid<'a> {
    names: Vec<&'a str>,
    /// Width and height of a cell.
    cell: (f64, f64),
    /// Every how many columns there is a label.
    across: usize,
    /// The lines of every column's label.
    heads: Vec<Vec<String>>,
}

impl<'a> HeatGrid<'a> {
    /// A grid of the steps of `content` with cells of `width` points.
    pub(super) fn new(content: &'a Content, width: f64) -> Self {
        let names: Vec<&str> = content
            .steps
            .iter()
            .map(|step| step.name.as_str())
            .collect();
        let across = every(width, LEAST_CELL + 3.0);
        // Labels at the ends stay within half the gap to the next grid.
        let room = (width * across as f64).min((width + GAP).max(YEAR)) - 1.0;
        let heads = names
            .iter()
            .map(|name| font::lines(name, room, LABEL))
            .collect();
        let height = if width >= LEAST_CELL {
            CELL
        } else {
            width.min(CELL)
        };
        Self {
            names,
            cell: (width, height),
            across,
            heads,
        }
    }

    fn has_numbers(&self) -> bool {
        self.cell.0 >= LEAST_CELL
    }

    /// Width and height of all cells.
    pub(super) fn size(&self) -> (f64, f64) {
        let steps = self.names.len() as f64;
        (self.cell.0 * steps, self.cell.1 * steps)
    }

    /// Room above the cells for the labels of columns.
    pub(super) fn head(&self) -> f64 {
        let lines = self.heads.iter().map(Vec::len).max().unwrap_or(1);
        LINE * lines as f64 + 1.0
    }

    /// Draws the cells of `scores`; the diagonal has an edge.
    pub(super) fn cells(
        &self,
        canvas: &mut Canvas,
        (left, top): (f64, f64),
        scores: &TaskScores,
        domain: (f64, f64),
    ) {
        let corner =
            |i: usize, j: usize| (left + self.cell.0 * j as f64, top + self.cell.1 * i as f64);
        // A hair of paper between cells, where they are large enough to spare it.
        let hair = if self.cell.0 >= 8.0 { 0.6 } else { 0.0 };
        let size = (self.cell.0 - hair, self.cell.1 - hair);
        for (i, j) in cells(self.names.len()) {
            let score = scores.cell(i, j).map(|score| score.value);
            let colour = score.map(|value| viridis((value - domain.0) / (domain.1 - domain.0)));
            let fill = colour.map_or(MISSING.to_owned(), |colour| colour.hex());
            let (x, y) = corner(i, j);
            canvas.rectangle((x, y), size, &fill);
            if self.has_numbers() {
                let ink = colour.map_or(SOFT.to_owned(), |colour| colour.ink().hex());
                let weight = if i == j && self.cell.0 >= LEAST_BOLD {
                    Weight::Bold
                } else {
                    Weight::Regular
                };
                let set = Type {
                    colour: &ink,
                    weight,
                    ..label(Anchor::Middle)
                };
                let centre = (x + size.0 / 2.0, y + size.1 / 2.0 + 0.36 * LABEL);
                canvas.words(centre, &score.map_or("–".to_owned(), hundredths), set);
            }
        }
        for i in 0..self.names.len() {
            let width = if hair > 0.0 { 1.1 } else { 0.6 };
            canvas.frame(corner(i, i), size, solid(INK, width));
        }
    }

    /// Draws the names of tested steps above the cells.
    pub(super) fn columns(&self, canvas: &mut Canvas, (left, top): (f64, f64)) {
        for (j, lines) in self.heads.iter().enumerate().step_by(self.across) {
            let x = left + self.cell.0 * (j as f64 + 0.5);
            for (line, part) in lines.iter().rev().enumerate() {
                let y = top - 3.0 - LINE * line as f64;
                canvas.words((x, y), part, label(Anchor::Middle));
            }
        }
    }

    /// Draws the names of trained steps left of the cells.
    pub(super) fn rows(&self, canvas: &mut Canvas, (left, top): (f64, f64)) {
        let down = every(self.cell.1, LINE);
        for (i, name) in self.names.iter().enumerate().step_by(down) {
            let name = font::fit(name, LONGEST_NAME, LABEL, Weight::Regular);
            let y = top + self.cell.1 * (i as f64 + 0.5) + 0.36 * LABEL;
            canvas.words((left - 3.0, y), &name, label(Anchor::End));
        }
    }
}

/// Where the cells begin: right of the axis' title and of the names of rows.
pub(super) fn left_of_cells(content: &Content) -> f64 {
    let widths = content
        .steps
        .iter()
        .map(|step| font::width(&step.name, LABEL, Weight::Regular));
    MARGIN + LABEL + 4.0 + widths.fold(0.0, f64::max).min(LONGEST_NAME) + 3.0
}

/// Whether there is any score.
pub(super) fn is_scored(scores: &TaskScores, steps: usize) -> bool {
    cells(steps).any(|(i, j)| scores.cell(i, j).is_some())
}

/// Every second, third, … label is written where `room` is less than the `least` that one takes.
fn every(room: f64, least: f64) -> usize {
    (least / room).ceil().max(1.0) as usize
}

fn cells(steps: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    (0..steps).flat_map(move |i| (0..steps).map(move |j| (i, j)))
}

/// The scores from the darkest to the brightest colour, the same for all strategies.
pub(super) fn shared_domain(content: &Content, task: &TaskScores) -> (f64, f64) {
    let steps = content.steps.len();
    let measured = content
        .strategies
        .iter()
        .filter_map(|strategy| strategy.task(&task.name));
    score_domain(
        measured.flat_map(|scores| {
            cells(steps).filter_map(move |(i, j)| Some(scores.cell(i, j)?.value))
        }),
    )
}

/// The scale of the colours, with chance marked on it; returns the baseline of its labels.
pub(super) fn colour_bar(
    canvas: &mut Canvas,
    (left, top): (f64, f64),
    width: f64,
    (low, high): (f64, f64),
    task: &TaskScores,
    steps: usize,
) -> f64 {
    let chances: Vec<f64> = (0..steps).filter_map(|j| task.chance_at(j)).collect();
    let chance = mean(&chances);
    const STOPS: usize = 20;
    const HEIGHT: f64 = 5.0;
    let colours: Vec<String> = (0..=STOPS)
        .map(|stop| viridis(stop as f64 / STOPS as f64).hex())
        .collect();
    canvas.gradient("scale", (left, top), (width, HEIGHT), &colours);
    let baseline = top + HEIGHT + 2.5 + 0.76 * LABEL;
    let ends = [low, high].map(|end| format!("{}%", percent_tick(end)));
    canvas.words((left, baseline), &ends[0], label(Anchor::Start));
    canvas.words((left + width, baseline), &ends[1], label(Anchor::End));
    if let Some(chance) = chance.filter(|chance| (low..=high).contains(chance)) {
        let x = left + width * (chance - low) / (high - low);
        let words = format!("guessing {}", percent(chance));
        let half = font::width(&words, LABEL, Weight::Regular) / 2.0;
        let room = |end: &String| font::width(end, LABEL, Weight::Regular) + half + 5.0;
        let at = x
            .min(left + width - room(&ends[1]))
            .max(left + room(&ends[0]));
        let pointer = format!("M{x:.2} {top:.2}l1.8 -2.6h-3.6z");
        canvas.shape(&pointer, INK, solid("none", 0.0));
        canvas.words((at, baseline), &words, label(Anchor::Middle));
    }
    baseline
}
