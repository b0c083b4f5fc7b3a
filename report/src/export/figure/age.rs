//! Scores by age: how far the tested step lies behind or ahead of the training.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::Curves;
use crate::age_curve::{chance, lines, offsets, signed};
use crate::line::domain;
use crate::{Content, TaskScores};

/// The figure of one task.
pub(super) fn draw(content: &Content, task: &TaskScores) -> Option<Drawing> {
    let steps = content.steps.len();
    let offsets = offsets(steps);
    let names: Vec<String> = offsets.iter().map(|offset| signed(*offset)).collect();
    let lines = lines(content, task, &offsets);
    let chance = chance(task, &offsets, steps);
    let curves = Curves {
        title: &task.title,
        aside: "mean over steps equally far apart",
        horizontal: "← past · steps from training to test · future →",
        vertical: &format!("{}, %", task.metric_in_words()),
        names: &names,
        marked: Some(steps.saturating_sub(1)),
        lines: &lines,
        chance: &chance,
        domain: domain(lines.iter(), chance.iter().copied()),
        tick: percent_tick,
    };
    curves.draw()
}
