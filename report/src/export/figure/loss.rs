//! Loss curves: one small plot a strategy, the others in grey behind it.

use super::super::axes::{LINE, MARGIN, Plot, room_for};
use super::super::canvas::{Anchor, COLUMN, Canvas, Drawing, LABEL, SPREAD, Type, label, solid};
use super::super::font::{self, Weight};
use crate::loss_curve::thinned;
use crate::number::{compact, count, trimmed};
use crate::palette::Look;
use crate::scale::Scale;
use crate::svg::path;
use crate::{Content, LossPoint};

/// The height of one plot, in points.
const HEIGHT: f64 = 56.0;
/// Above this, plots fill the width of a page.
const MOST_IN_A_COLUMN: usize = 4;
/// Lines that stand back.
const BEHIND: &str = "#c4c4c4";

/// The figure; none if no loss was logged.
pub(super) fn draw(content: &Content) -> Option<Drawing> {
    let curves: Vec<Vec<LossPoint>> = content
        .strategies
        .iter()
        .map(|strategy| thinned(&strategy.loss))
        .collect();
    let shown: Vec<usize> = (0..curves.len())
        .filter(|place| !curves[*place].is_empty())
        .collect();
    let all = || curves.iter().flatten();
    let seen = all().map(|point| point.samples).max()?;
    let losses = || all().map(|point| point.loss);
    let (low, high) = (
        losses().fold(f64::INFINITY, f64::min),
        losses().fold(f64::NEG_INFINITY, f64::max),
    );
    let room = 0.04 * (high - low).max(1e-3);
    let domain = (low - room, high + room);

    let (width, columns) = match shown.len() {
        1 => (COLUMN, 1),
        few if few <= MOST_IN_A_COLUMN => (COLUMN, 2),
        _ => (SPREAD, 4),
    };
    let rows = shown.len().div_ceil(columns);
    let mut canvas = Canvas::new(width);
    let margin = room_for(Scale::linear(domain, (HEIGHT, 0.0)), trimmed) - 2.0;
    let gap = 8.0;
    let wide = (width - MARGIN - margin + gap) / columns as f64;
    let high = MARGIN + LINE + 3.0 + HEIGHT + 4.0 + LABEL;
    let mut end = 0.0;
    for (order, place) in shown.iter().enumerate() {
        let (row, column) = (order / columns, order % columns);
        let left = margin + wide * column as f64;
        let top = high * row as f64 + MARGIN + LINE + 3.0;
        let plot = Plot {
            left,
            right: left + wide - gap,
            top,
            bottom: top + HEIGHT,
        };
        let y = Scale::linear(domain, (plot.bottom, plot.top));
        let x = Scale::linear((0.0, seen.max(1) as f64), (plot.left, plot.right));
        frame(&mut canvas, plot, y, x, column == 0);
        let others = shown.iter().filter(|other| *other != place);
        for other in others {
            canvas.line(&data(&curves[*other], x, y), solid(BEHIND, 0.5));
        }
        let stroke = solid(Look(*place).colour(), 0.8);
        canvas.line(&data(&curves[*place], x, y), stroke);
        name(&mut canvas, plot, &content.strategies[*place].name);
        end = plot.bottom;
    }
    let middle = margin + (width - MARGIN - margin) / 2.0;
    let baseline = end + 3.5 + 2.0 * LINE;
    canvas.words((middle, baseline), "pairs seen", label(Anchor::Middle));
    let centre = MARGIN + LINE + 3.0 + (high * (rows - 1) as f64 + HEIGHT) / 2.0;
    canvas.upright_words(
        (MARGIN + 0.76 * LABEL, centre),
        "training loss",
        label(Anchor::Middle),
    );
    let words = description(content, &shown, &curves);
    Some(canvas.finish(baseline + 3.0 + MARGIN, "Training loss", &words))
}

/// Axes of one plot; only the first of a row says what its lines of the grid are.
fn frame(canvas: &mut Canvas, plot: Plot, y: Scale, x: Scale, first: bool) {
    plot.vertical(canvas, y, if first { trimmed } else { |_| String::new() });
    plot.quantities(canvas, x, 3, compact);
}

fn name(canvas: &mut Canvas, plot: Plot, name: &str) {
    let name = font::fit(name, plot.right - plot.left, LABEL, Weight::Bold);
    let set = Type {
        weight: Weight::Bold,
        ..label(Anchor::Start)
    };
    canvas.words((plot.left, plot.top - 3.0), &name, set);
}

fn data(curve: &[LossPoint], x: Scale, y: Scale) -> String {
    let places: Vec<_> = curve
        .iter()
        .map(|point| Some((x.at(point.samples as f64), y.at(point.loss))))
        .collect();
    path(&places)
}

fn description(content: &Content, shown: &[usize], curves: &[Vec<LossPoint>]) -> String {
    let mut words = vec!["Line charts, pairs seen along the bottom, loss upwards.".to_owned()];
    words.extend(shown.iter().filter_map(|place| {
        let (first, last) = (curves[*place].first()?, curves[*place].last()?);
        Some(format!(
            "{}: from {} at {} pairs to {} at {} pairs.",
            content.strategies[*place].name,
            trimmed(first.loss),
            count(first.samples),
            trimmed(last.loss),
            count(last.samples)
        ))
    }));
    words.join(" ")
}
