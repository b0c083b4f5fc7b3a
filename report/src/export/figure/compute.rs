//! Score against compute: what the training cost, and how far apart fresh and past scores lie.

use super::super::axes::{BELOW_HEADING, MARGIN, Plot, heading, percent_tick, room_for};
use super::super::canvas::{COLUMN, Canvas, Drawing};
use super::super::key::{GUESSING, Sign, key, strategies};
use crate::cost_mark::{CostMark, cost_marks, cost_scale, description, moved, places};
use crate::number::scientific_tick;
use crate::palette::Look;
use crate::scale::{Scale, score_domain};
use crate::{Content, TaskScores};

/// The height of the plot, in points.
const HEIGHT: f64 = 108.0;
/// Marks of equal cost stand at most this far apart, in points.
const APART: f64 = 10.0;

/// The figure of one task; none if no cost is known.
pub(super) fn draw(content: &Content, task: &TaskScores) -> Option<Drawing> {
    let marks = cost_marks(content, task);
    if marks.is_empty() {
        return None;
    }
    let chance = task.common_chance(content.steps.len());
    let scores = marks
        .iter()
        .flat_map(|mark| [mark.in_domain, mark.backward]);
    let bottom = BELOW_HEADING + HEIGHT;
    let y = Scale::linear(
        score_domain(scores.flatten().chain(chance)),
        (bottom, BELOW_HEADING),
    );
    let plot = Plot {
        left: room_for(y, percent_tick),
        // A label may stand at the end of the axis.
        right: COLUMN - MARGIN - 8.0,
        top: BELOW_HEADING,
        bottom,
    };
    let x = cost_scale(&marks, (plot.left, plot.right));
    let aside = moved(&marks, x).unwrap_or("score against compute");
    let mut canvas = Canvas::new(COLUMN);
    heading(&mut canvas, &task.title, aside, (MARGIN, COLUMN - MARGIN));
    plot.vertical(&mut canvas, y, percent_tick);
    let labels = plot.quantities(&mut canvas, x, 4, scientific_tick);
    let vertical = format!("{}, %", task.metric_in_words());
    let end = plot.titles(
        &mut canvas,
        "training compute, forward MACs",
        &vertical,
        labels,
    );
    if let Some(chance) = chance {
        let at = y.at(chance);
        canvas.straight((plot.left, at), (plot.right, at), GUESSING);
    }
    for (mark, at) in marks.iter().zip(places(&marks, x, APART)) {
        draw_mark(&mut canvas, mark, at, y);
    }
    let mut entries = strategies(
        content,
        marks.iter().map(|mark| mark.strategy),
        Sign::Marker,
    );
    entries.extend([(Sign::Filled, "in-domain"), (Sign::Hollow, "backward")]);
    if chance.is_some() {
        entries.push((Sign::Guessing, "guessing"));
    }
    let end = key(&mut canvas, &entries, (plot.left, plot.right), end + 1.0);
    let title = format!("{}, score against compute", task.title);
    Some(canvas.finish(end + MARGIN, &title, &description(content, &marks)))
}

fn draw_mark(canvas: &mut Canvas, mark: &CostMark, x: f64, y: Scale) {
    let look = Look(mark.strategy);
    if let (Some(fresh), Some(past)) = (mark.in_domain, mark.backward) {
        canvas.straight((x, y.at(fresh)), (x, y.at(past)), look.pale());
    }
    for (score, hollow) in [(mark.backward, true), (mark.in_domain, false)] {
        if let Some(score) = score {
            look.draw(canvas, (x, y.at(score)), hollow);
        }
    }
}
