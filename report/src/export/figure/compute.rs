//! Score against compute: what the training cost, and how far apart fresh and past scores lie.

use super::super::axes::{BELOW_HEADING, MARGIN, Plot, heading, percent_tick, room_for};
use super::super::canvas::{COLUMN, Canvas, Drawing};
use super::super::key::{GUESSING, Sign, key, strategies};
use super::super::look::Look;
use crate::cost_mark::{CostMark, cost_marks, description, places};
use crate::number::scientific_tick;
use crate::scale::{Scale, score_domain};
use crate::{Content, TaskScores};

/// The height of the plot, in points.
const HEIGHT: f64 = 108.0;
/// Marks of about the same cost stand this far apart, in points.
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
        right: COLUMN - MARGIN,
        top: BELOW_HEADING,
        bottom,
    };
    let x = scale(&marks, plot);
    let at = places(&marks, x, APART);
    let moved = marks
        .iter()
        .zip(&at)
        .any(|(mark, at)| *at != x.at(mark.macs));
    let aside = if moved {
        "score against compute; equal costs stand side by side"
    } else {
        "score against compute"
    };
    let mut canvas = Canvas::new(COLUMN);
    heading(&mut canvas, &task.title, aside, (MARGIN, plot.right));
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
    for (mark, at) in marks.iter().zip(at) {
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

/// Equal ratios where budgets differ much, else even steps from zero.
fn scale(marks: &[CostMark], plot: Plot) -> Scale {
    let highest = marks.iter().map(|mark| mark.macs).fold(0.0, f64::max);
    let lowest = marks.iter().map(|mark| mark.macs).fold(highest, f64::min);
    let ends = (plot.left, plot.right);
    if highest > 6.0 * lowest {
        Scale::logarithmic((lowest * 0.6, highest * 1.6), ends)
    } else {
        Scale::linear((0.0, highest * 1.2), ends)
    }
}

fn draw_mark(canvas: &mut Canvas, mark: &CostMark, x: f64, y: Scale) {
    let look = Look(mark.strategy);
    let mut aside = 0.0;
    if let (Some(fresh), Some(past)) = (mark.in_domain, mark.backward) {
        let (fresh, past) = (y.at(fresh), y.at(past));
        // Equal scores stand side by side instead of upon each other.
        aside = if (fresh - past).abs() < 4.5 { 2.4 } else { 0.0 };
        canvas.straight((x - aside, fresh), (x + aside, past), look.pale());
    }
    for (score, x, hollow) in [
        (mark.backward, x + aside, true),
        (mark.in_domain, x - aside, false),
    ] {
        if let Some(score) = score {
            look.marker(canvas, x, y.at(score), hollow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_same_cost_stand_side_by_side() {
        let mark = |macs: f64| CostMark {
            strategy: 0,
            macs,
            in_domain: Some(0.5),
            backward: None,
        };
        let x = Scale::linear((0.0, 100.0), (0.0, 200.0));
        let at = places(&[mark(50.0), mark(50.0), mark(90.0)], x, APART);
        assert_eq!(at, [100.0 - APART / 2.0, 100.0 + APART / 2.0, 180.0]);
    }
}
