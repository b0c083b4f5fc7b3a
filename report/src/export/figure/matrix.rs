//! A transfer matrix as a heat map: every cell carries its number, colour only helps.

use super::super::axes::{BELOW_HEADING, LINE, MARGIN, heading};
use super::super::canvas::{Anchor, COLUMN, Canvas, Drawing, LABEL, SPREAD, label};
use super::super::font::{self, Weight};
use super::heat_grid::{HeatGrid, LEAST_CELL, colour_bar, is_scored, left_of_cells, shared_domain};
use crate::number::hundredths;
use crate::transfer::PARTS;
use crate::{Content, StrategyScores, TaskScores};

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
    if !is_scored(scores, steps) {
        return None;
    }
    let left = left_of_cells(content);
    let room = |width: f64| (width - MARGIN - left) / steps as f64;
    let width = if room(COLUMN) >= LEAST_CELL {
        COLUMN
    } else {
        SPREAD
    };
    let grid = HeatGrid::new(content, room(width));
    let corner = (left, BELOW_HEADING + LINE + grid.head());
    let (wide, high) = grid.size();
    let domain = shared_domain(content, task);

    let mut canvas = Canvas::new(width);
    let aside = format!("{}, {}, %", task.title, task.metric_in_words());
    heading(
        &mut canvas,
        &strategy.name,
        &aside,
        (MARGIN, width - MARGIN),
    );
    grid.cells(&mut canvas, corner, scores, domain);
    grid.columns(&mut canvas, corner);
    grid.rows(&mut canvas, corner);
    let middle = (left + wide / 2.0, corner.1 + high / 2.0);
    let above = (middle.0, corner.1 - grid.head() - 3.0);
    canvas.words(above, "tested on", label(Anchor::Middle));
    let beside = (MARGIN + 0.76 * LABEL, middle.1);
    canvas.upright_words(beside, "trained through", label(Anchor::Middle));
    let bar = (left, corner.1 + high + 9.0);
    let end = colour_bar(&mut canvas, bar, wide, domain, task, steps);

    let means = means(scores, steps);
    let end = end + LINE + 2.0;
    let shown = font::fit(&means, width - 2.0 * MARGIN, LABEL, Weight::Regular);
    let begin = (width - MARGIN - font::width(&shown, LABEL, Weight::Regular)).min(left);
    canvas.words((begin, end), &shown, label(Anchor::Start));
    let title = format!("{}, {aside}", strategy.name);
    let words = description(content, scores, &means);
    Some(canvas.finish(end + 2.0 + MARGIN, &title, &words))
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
