//! Scores after each training step: on that step, or on the steps before it.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::Curves;
use crate::line::domain;
use crate::step_curve::{SIDES, Side};
use crate::{Content, TaskScores};

/// The figure of one task; both sides share their scale.
pub(super) fn draw(content: &Content, task: &TaskScores, side: Side) -> Option<Drawing> {
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let both = SIDES.map(|side| side.lines(content, task));
    let chances = SIDES.map(|side| side.chance(task, names.len()));
    let curves = Curves {
        title: &task.title,
        aside: side.words(),
        horizontal: "trained through",
        vertical: &format!("{}, %", task.metric_in_words()),
        names: &names,
        marked: None,
        lines: &both[side as usize],
        chance: &chances[side as usize],
        domain: domain(both.iter().flatten(), chances.iter().flatten().copied()),
        tick: percent_tick,
    };
    curves.draw()
}
