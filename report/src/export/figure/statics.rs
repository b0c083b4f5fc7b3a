//! Static scores after every training step: one figure a column of the summary.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::Curves;
use crate::line::domain;
use crate::static_curve::lines;
use crate::{Content, StaticColumn};

/// The figure of one column.
pub(super) fn draw(content: &Content, column: &StaticColumn) -> Option<Drawing> {
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let lines = lines(content, column);
    let chance = vec![column.chance(content); names.len()];
    let aside = match column.tasks.len() {
        1 => "static task".to_owned(),
        tasks => format!("mean of {tasks} static tasks"),
    };
    let curves = Curves {
        title: &column.title,
        aside: &aside,
        horizontal: "trained through",
        vertical: "score, %",
        names: &names,
        marked: None,
        lines: &lines,
        chance: &chance,
        domain: domain(lines.iter(), chance.iter().copied()),
        tick: percent_tick,
    };
    curves.draw()
}
