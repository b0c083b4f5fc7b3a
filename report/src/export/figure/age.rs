//! Scores by age: how far the tested step lies behind or ahead of the training.

use super::super::axes::percent_tick;
use super::super::canvas::Drawing;
use super::curves::{Curves, Line, Point, domain};
use crate::palette::Look;
use crate::{Content, TaskScores};

/// The figure of one task.
pub(super) fn draw(content: &Content, task: &TaskScores) -> Option<Drawing> {
    let steps = content.steps.len();
    let offsets: Vec<i64> = (1 - steps as i64..steps as i64).collect();
    let names: Vec<String> = offsets.iter().map(|offset| signed(*offset)).collect();
    let of_strategy = |(place, strategy): (usize, &crate::StrategyScores)| {
        let scores = strategy.task(&task.name)?;
        let point = |offset: &i64| {
            scores.at_age(*offset, steps).map(|value| Point {
                value,
                interval: None,
            })
        };
        Some(Line {
            look: Look(place),
            name: strategy.name.clone(),
            points: offsets.iter().map(point).collect(),
        })
    };
    let strategies = content.strategies.iter().enumerate();
    let lines: Vec<Line> = strategies.filter_map(of_strategy).collect();
    let chance: Vec<Option<f64>> = offsets
        .iter()
        .map(|offset| task.chance_at_age(*offset, steps))
        .collect();
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

fn signed(offset: i64) -> String {
    match offset {
        0 => "0".to_owned(),
        ahead if ahead > 0 => format!("+{ahead}"),
        behind => format!("−{}", -behind),
    }
}
