//! The transfer matrices of all strategies beside each other, in the same colours.

use super::super::axes::{BELOW_HEADING, LINE, MARGIN, heading};
use super::super::canvas::{Anchor, Canvas, Drawing, LABEL, SPREAD, Type, label};
use super::super::font::{self, Weight};
use super::heat_grid::{GAP, HeatGrid, YEAR, colour_bar, is_scored, left_of_cells, shared_domain};
use crate::number::percent;
use crate::transfer::PARTS;
use crate::{Content, StrategyScores, TaskScores};

/// Cells smaller than this are no cells to the eye.
const LEAST_CELL: f64 = 2.0;

/// The figure of one task; none if fewer than two strategies were tested, or if there are too many steps for it.
pub(super) fn draw(content: &Content, task: &TaskScores) -> Option<Drawing> {
    let steps = content.steps.len();
    let measured: Vec<(&StrategyScores, &TaskScores)> = content
        .strategies
        .iter()
        .filter_map(|strategy| Some((strategy, strategy.task(&task.name)?)))
        .filter(|(_, scores)| is_scored(scores, steps))
        .collect();
    let across = columns(measured.len())?;
    let left = left_of_cells(content);
    let room = SPREAD - MARGIN - left;
    let cell_with = |gap: f64| (room - gap * (across - 1) as f64) / (across * steps) as f64;
    // Where cells are narrow, labels at the ends reach far beyond them.
    let gap = GAP.max(YEAR - cell_with(GAP));
    let cell = cell_with(gap);
    if cell < LEAST_CELL {
        return None;
    }
    let grid = HeatGrid::new(content, cell);
    let (wide, high) = grid.size();
    let domain = shared_domain(content, task);

    let mut canvas = Canvas::new(SPREAD);
    let aside = format!(
        "{}, %; one row a step trained through, one column a step tested on",
        task.metric_in_words()
    );
    heading(&mut canvas, &task.title, &aside, (MARGIN, SPREAD - MARGIN));
    let pitch = LINE + grid.head() + high + GAP;
    let mut end = BELOW_HEADING;
    for (place, (strategy, scores)) in measured.iter().enumerate() {
        let (row, column) = (place / across, place % across);
        let corner = (
            left + (wide + gap) * column as f64,
            BELOW_HEADING + pitch * row as f64 + LINE + grid.head(),
        );
        name(
            &mut canvas,
            &strategy.name,
            (corner.0, corner.1 - grid.head() - 3.0),
            wide,
        );
        grid.cells(&mut canvas, corner, scores, domain);
        grid.columns(&mut canvas, corner);
        if column == 0 {
            grid.rows(&mut canvas, corner);
        }
        end = corner.1 + high;
    }
    let end = colour_bar(&mut canvas, (left, end + 9.0), room, domain, task, steps);
    let title = format!("{}, {}", task.title, aside);
    Some(canvas.finish(end + 2.0 + MARGIN, &title, &description(&measured, steps)))
}

/// How many stand beside each other.
fn columns(strategies: usize) -> Option<usize> {
    match strategies {
        0 | 1 => None,
        2..=4 => Some(strategies),
        5 | 6 | 9 => Some(3),
        _ => Some(4),
    }
}

fn name(canvas: &mut Canvas, name: &str, at: (f64, f64), room: f64) {
    let set = Type {
        weight: Weight::Bold,
        ..label(Anchor::Start)
    };
    canvas.words(at, &font::fit(name, room, LABEL, Weight::Bold), set);
}

fn description(measured: &[(&StrategyScores, &TaskScores)], steps: usize) -> String {
    let mut words = vec!["Heat maps, one a strategy.".to_owned()];
    words.extend(measured.iter().map(|(strategy, scores)| {
        let means: Vec<String> = PARTS
            .into_iter()
            .filter_map(|part| {
                let mean = scores.estimate(part, steps)?;
                Some(format!("{} {}", part.name(), percent(mean.value)))
            })
            .collect();
        format!("{}: {}.", strategy.name, means.join(", "))
    }));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_about_equally_full() {
        assert_eq!(columns(1), None);
        let of = |strategies: usize| columns(strategies).expect("there are several");
        for (strategies, rows) in [
            (2_usize, 1),
            (4, 1),
            (5, 2),
            (6, 2),
            (8, 2),
            (9, 3),
            (11, 3),
        ] {
            assert_eq!(strategies.div_ceil(of(strategies)), rows, "{strategies}");
        }
    }
}
