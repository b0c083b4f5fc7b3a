//! Lines of scores over named places, drawn for print: what the figures by step and by age have in common.

use super::super::axes::{BELOW_HEADING, MARGIN, Plot, heading, room_for};
use super::super::canvas::{COLUMN, Canvas, Drawing, SOFT, solid};
use super::super::key::{GUESSING, Sign, key};
use crate::line::{Line, Point};
use crate::scale::Scale;
use crate::svg::path;

/// The height of a plot, in points.
const HEIGHT: f64 = 108.0;

/// What to draw.
pub(super) struct Curves<'a> {
    /// Beginning of the heading, in bold.
    pub(super) title: &'a str,
    /// The rest of it.
    pub(super) aside: &'a str,
    /// What the places are.
    pub(super) horizontal: &'a str,
    /// What the scores are.
    pub(super) vertical: &'a str,
    pub(super) names: &'a [String],
    /// A place to mark with an upright line.
    pub(super) marked: Option<usize>,
    pub(super) lines: &'a [Line],
    /// The score of guessing at each place.
    pub(super) chance: &'a [Option<f64>],
    pub(super) domain: (f64, f64),
    /// How a value is written.
    pub(super) tick: fn(f64) -> String,
}

impl Curves<'_> {
    /// The drawing; none if there is no score at all.
    pub(super) fn draw(&self) -> Option<Drawing> {
        self.lines
            .iter()
            .flat_map(|line| &line.points)
            .find(|point| point.is_some())?;
        let mut canvas = Canvas::new(COLUMN);
        let bottom = BELOW_HEADING + HEIGHT;
        let y = Scale::linear(self.domain, (bottom, BELOW_HEADING));
        let plot = Plot {
            left: room_for(y, self.tick),
            right: COLUMN - MARGIN,
            top: BELOW_HEADING,
            bottom,
        };
        heading(&mut canvas, self.title, self.aside, (MARGIN, plot.right));
        plot.vertical(&mut canvas, y, self.tick);
        let labels = plot.names(&mut canvas, self.names, self.marked.unwrap_or(0));
        let end = plot.titles(&mut canvas, self.horizontal, self.vertical, labels);
        if let Some(place) = self.marked {
            let x = plot.centre(place, self.names.len());
            canvas.straight((x, plot.top), (x, plot.bottom), solid(SOFT, 0.5));
        }
        self.guessing(&mut canvas, plot, y);
        for (order, line) in self.lines.iter().enumerate() {
            let aside = dodge(order, self.lines.len(), plot.slot(self.names.len()));
            let x = |place: usize| plot.centre(place, self.names.len()) + aside;
            draw_line(&mut canvas, line, (y, self.domain), x);
        }
        let mut entries: Vec<(Sign, &str)> = self
            .lines
            .iter()
            .map(|line| (Sign::Line(line.look), line.name.as_str()))
            .collect();
        if self.chance.iter().any(Option::is_some) {
            entries.push((Sign::Guessing, "guessing"));
        }
        let end = key(&mut canvas, &entries, (plot.left, plot.right), end + 1.0);
        let title = format!("{}, {}", self.title, self.aside);
        Some(canvas.finish(end + MARGIN, &title, &self.description()))
    }

    /// A place alone is a short stroke, as a line needs two.
    fn guessing(&self, canvas: &mut Canvas, plot: Plot, y: Scale) {
        let slot = plot.slot(self.names.len());
        let places: Vec<_> = self
            .chance
            .iter()
            .enumerate()
            .flat_map(|(place, chance)| {
                let x = plot.centre(place, self.names.len());
                let at = |x: f64| Some((x, y.at((*chance)?)));
                match self.chance.len() {
                    1 => vec![at(x - 0.3 * slot), at(x + 0.3 * slot)],
                    _ => vec![at(x)],
                }
            })
            .collect();
        canvas.line(&path(&places), GUESSING);
    }

    fn description(&self) -> String {
        let mut words = vec![format!(
            "Line chart, {} along the bottom, {} upwards.",
            self.horizontal, self.vertical
        )];
        for line in self.lines {
            let name = &line.name;
            let scored = line.points.iter().zip(self.names);
            let scores: Vec<String> = scored
                .filter_map(|(point, at)| {
                    Some(format!(
                        "{at} {}",
                        (self.tick)(rounded(point.as_ref()?.value))
                    ))
                })
                .collect();
            words.push(match scores.is_empty() {
                true => format!("{name}: no scores."),
                false => format!("{name}: {}.", scores.join(", ")),
            });
        }
        words.join(" ")
    }
}

fn draw_line(
    canvas: &mut Canvas,
    line: &Line,
    (y, domain): (Scale, (f64, f64)),
    x: impl Fn(usize) -> f64,
) {
    let look = line.look;
    let points = || {
        let there = |(place, point): (usize, &Option<Point>)| Some((x(place), (*point)?));
        line.points.iter().enumerate().filter_map(there)
    };
    for (at, point) in points() {
        if let Some([low, high]) = point.interval {
            let (low, high) = (y.at(low.max(domain.0)), y.at(high.min(domain.1)));
            canvas.straight((at, low), (at, high), look.pale());
            for end in [low, high] {
                canvas.straight((at - 1.0, end), (at + 1.0, end), look.pale());
            }
        }
    }
    let places = line.places(&x, y);
    canvas.line(&path(&places), look.line());
    for (at, point) in points() {
        look.draw(canvas, (at, y.at(point.value)), false);
    }
}

/// A tenth of a percent, where values are shares.
fn rounded(value: f64) -> f64 {
    (1000.0 * value).round() / 1000.0
}

/// Lines stand a little apart, so that whiskers and equal scores do not hide each other.
fn dodge(order: usize, lines: usize, slot: f64) -> f64 {
    let apart = (0.45 * slot / lines.max(1) as f64).min(3.5);
    (order as f64 - lines.saturating_sub(1) as f64 / 2.0) * apart
}
