//! A transfer matrix as a heat map: every cell carries its number, colour only helps.

use super::super::axes::{BELOW_HEADING, LINE, MARGIN, heading, percent_tick};
use super::super::canvas::{
    Anchor, COLUMN, Canvas, Drawing, INK, LABEL, SOFT, SPREAD, Type, label, solid,
};
use super::super::font::{self, Weight};
use crate::number::{hundredths, percent};
use crate::scale::score_domain;
use crate::transfer::{PARTS, mean};
use crate::viridis::viridis;
use crate::{Content, StrategyScores, TaskScores};

/// Cells narrower than this have no room for their number.
const LEAST_CELL: f64 = 17.5;
/// The height of a cell with its number.
const CELL: f64 = 15.0;
/// A cell that was not tested.
const MISSING: &str = "#ececec";

/// Where the cells lie.
struct Grid {
    left: f64,
    top: f64,
    /// Width and height of a cell.
    cell: (f64, f64),
    steps: usize,
    numbers: bool,
}

/// The figure of one strategy and task; none if nothing was tested.
///
/// All strategies of a task have the same colours for the same scores.
pub(super) fn draw(
    content: &Content,
    task: &TaskScores,
    strategy: &StrategyScores,
) -> Option<Drawing> {
    let steps = content.steps.len();
    let scores = strategy.task(&task.name)?;
    cells(steps).find_map(|(i, j)| scores.cell(i, j))?;
    let domain = shared_domain(content, task);
    let names: Vec<&str> = content
        .steps
        .iter()
        .map(|step| step.name.as_str())
        .collect();
    let widest = names
        .iter()
        .map(|name| font::width(name, LABEL, Weight::Regular))
        .fold(0.0, f64::max);
    let left = MARGIN + LABEL + 4.0 + widest.min(60.0) + 3.0;
    let room = |width: f64| (width - MARGIN - left) / steps as f64;
    let width = if room(COLUMN) >= LEAST_CELL {
        COLUMN
    } else {
        SPREAD
    };
    let numbers = room(width) >= LEAST_CELL;
    let across = every(room(width), LEAST_CELL + 3.0);
    let heads: Vec<Vec<String>> = names
        .iter()
        .map(|name| font::lines(name, room(width) * across as f64 - 1.0, LABEL))
        .collect();
    let lines = heads.iter().map(Vec::len).max().unwrap_or(1);
    let top = BELOW_HEADING + (lines + 1) as f64 * LINE + 1.0;
    let height = if numbers { CELL } else { room(width).min(CELL) };
    let grid = Grid {
        left,
        top,
        cell: (room(width), height),
        steps,
        numbers,
    };
    let mut canvas = Canvas::new(width);
    let aside = format!("{}, {}, %", task.title, task.metric_in_words());
    heading(
        &mut canvas,
        &strategy.name,
        &aside,
        (MARGIN, width - MARGIN),
    );
    grid.draw_cells(&mut canvas, scores, domain);
    grid.draw_labels(&mut canvas, &names, &heads);
    let bar = (grid.left, grid.bottom() + 9.0);
    let end = colour_bar(
        &mut canvas,
        bar,
        width - MARGIN - left,
        domain,
        chance(task, steps),
    );
    let means = means(scores, steps);
    let end = end + LINE + 2.0;
    let set = label(Anchor::Start);
    let shown = font::fit(&means, width - 2.0 * MARGIN, LABEL, Weight::Regular);
    let begin = (width - MARGIN - font::width(&shown, LABEL, Weight::Regular)).min(grid.left);
    canvas.words((begin, end), &shown, set);
    let title = format!("{}, {aside}", strategy.name);
    let words = description(content, scores, &means);
    Some(canvas.finish(end + 2.0 + MARGIN, &title, &words))
}

/// Every second, third, … label is written where `room` is less than the `least` that one takes.
fn every(room: f64, least: f64) -> usize {
    (least / room).ceil().max(1.0) as usize
}

fn cells(steps: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
    (0..steps).flat_map(move |i| (0..steps).map(move |j| (i, j)))
}

fn shared_domain(content: &Content, task: &TaskScores) -> (f64, f64) {
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

fn chance(task: &TaskScores, steps: usize) -> Option<f64> {
    let chances: Vec<f64> = (0..steps).filter_map(|j| task.chance_at(j)).collect();
    mean(&chances)
}

/// The three means with half their 95% intervals.
fn means(scores: &TaskScores, steps: usize) -> String {
    let shown = PARTS.iter().filter_map(|part| {
        let mean = scores.estimate(*part, steps)?;
        let sure = mean
            .half_width
            .map(|half| format!(" ± {}", hundredths(half)));
        Some(format!(
            "{} {}{}",
            part.name(),
            hundredths(mean.value),
            sure.unwrap_or_default()
        ))
    });
    shown.collect::<Vec<_>>().join(" · ")
}

impl Grid {
    fn corner(&self, i: usize, j: usize) -> (f64, f64) {
        (
            self.left + self.cell.0 * j as f64,
            self.top + self.cell.1 * i as f64,
        )
    }

    fn bottom(&self) -> f64 {
        self.corner(self.steps, 0).1
    }

    fn draw_cells(&self, canvas: &mut Canvas, scores: &TaskScores, domain: (f64, f64)) {
        // A hair of paper between cells, where they are large enough to spare it.
        let hair = if self.numbers { 0.6 } else { 0.0 };
        let size = (self.cell.0 - hair, self.cell.1 - hair);
        for (i, j) in cells(self.steps) {
            let (x, y) = self.corner(i, j);
            let score = scores.cell(i, j).map(|score| score.value);
            let colour = score.map(|value| viridis((value - domain.0) / (domain.1 - domain.0)));
            let fill = colour.map_or(MISSING.to_owned(), |colour| colour.hex());
            canvas.rectangle((x, y), size, &fill);
            if self.numbers {
                let ink = colour.map_or(SOFT.to_owned(), |colour| colour.ink().hex());
                let weight = if i == j {
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
        for i in 0..self.steps {
            let width = if self.numbers { 1.1 } else { 0.6 };
            canvas.frame(self.corner(i, i), size, solid(INK, width));
        }
    }

    fn draw_labels(&self, canvas: &mut Canvas, names: &[&str], heads: &[Vec<String>]) {
        let across = every(self.cell.0, LEAST_CELL + 3.0);
        let most = heads.iter().map(Vec::len).max().unwrap_or(1);
        for (j, lines) in heads.iter().enumerate().step_by(across) {
            let x = self.corner(0, j).0 + self.cell.0 / 2.0;
            for (line, part) in lines.iter().rev().enumerate() {
                let y = self.top - 3.0 - LINE * line as f64;
                canvas.words((x, y), part, label(Anchor::Middle));
            }
        }
        for (i, name) in names.iter().enumerate().step_by(every(self.cell.1, LINE)) {
            let name = font::fit(name, 60.0, LABEL, Weight::Regular);
            let y = self.corner(i, 0).1 + self.cell.1 / 2.0 + 0.36 * LABEL;
            canvas.words((self.left - 3.0, y), &name, label(Anchor::End));
        }
        let middle = (
            self.left + self.cell.0 * self.steps as f64 / 2.0,
            (self.top + self.bottom()) / 2.0,
        );
        let above = self.top - 4.0 - most as f64 * LINE;
        canvas.words((middle.0, above), "tested on", label(Anchor::Middle));
        let place = (MARGIN + 0.76 * LABEL, middle.1);
        canvas.upright_words(place, "trained through", label(Anchor::Middle));
    }
}

/// The scale of the colours, with chance marked on it; returns the baseline of its labels.
fn colour_bar(
    canvas: &mut Canvas,
    (left, top): (f64, f64),
    width: f64,
    (low, high): (f64, f64),
    chance: Option<f64>,
) -> f64 {
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

fn description(content: &Content, scores: &TaskScores, means: &str) -> String {
    let mut words = vec![format!(
        "Heat map, one row a trained step, one column a tested step, in percent. Means: {means}."
    )];
    words.extend(content.steps.iter().enumerate().map(|(i, step)| {
        let shown = |j: usize| {
            let score = scores.cell(i, j);
            score.map_or("–".to_owned(), |score| hundredths(score.value))
        };
        let row: Vec<String> = (0..content.steps.len()).map(shown).collect();
        format!("{}: {}.", step.name, row.join(", "))
    }));
    words.join(" ")
}
