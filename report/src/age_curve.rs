//! Scores by age: how far the tested step lies behind or ahead of the training.

use super::content::{Content, TaskScores};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel, per_task};
use super::line::{Line, Point, domain, of_strategies};
use super::line_chart::LineChart;
use super::number::counted;
use super::provenance::commands_of;

/// One panel a task with the data behind them.
pub(super) fn age_curves(content: &Content) -> String {
    let steps = content.steps.len();
    let offsets = offsets(steps);
    let names: Vec<String> = offsets.iter().map(|offset| signed(*offset)).collect();
    let mut csv = Csv::new("task,strategy,tested_minus_trained_steps,mean_score,cells");
    let panels = per_task(content, |place, task| {
        let lines = lines(content, task, &offsets);
        let chance = chance(task, &offsets, steps);
        rows(content, task, &offsets, &mut csv);
        let tip = |line: &Line, place: usize, point: Point| {
            let scores = content.strategies[line.look.0].task(&task.name);
            let cells = scores.map_or(0, |scores| scores.cells_at_age(offsets[place], steps));
            format!(
                "{}, tested {}: {}\nmean of {}",
                line.name,
                in_words(offsets[place]),
                point.in_words(),
                counted(cells, "cell", "cells")
            )
        };
        let chart = LineChart {
            id: format!("age-{place}"),
            title: format!("{} by distance between training and test", task.title),
            horizontal_title: "← past     steps from training to test     future →",
            names: &names,
            marked: Some(steps.saturating_sub(1)),
            lines: &lines,
            chance: &chance,
            domain: domain(lines.iter(), chance.iter().copied()),
            tip: &tip,
        };
        panel(
            &task.title,
            &format!(
                "{} %, averaged over steps equally far apart",
                task.metric_in_words()
            ),
            &chart.draw(),
        )
    });
    format!("<div class=\"panels two\">\n{panels}</div>\n")
        + &data_behind(
            "scores by age",
            &csv.into_text(),
            &commands_of(content, &["eval"]),
        )
}

/// How far a test can lie from the training, in steps: from the oldest past to the farthest future.
pub(super) fn offsets(steps: usize) -> Vec<i64> {
    (1 - steps as i64..steps as i64).collect()
}

/// The lines of all strategies over `offsets`.
pub(super) fn lines(content: &Content, task: &TaskScores, offsets: &[i64]) -> Vec<Line> {
    of_strategies(content, task, offsets.len(), |scores, place| {
        let value = scores.at_age(offsets[place], content.steps.len())?;
        Some(Point {
            value,
            interval: None,
        })
    })
}

/// The score of guessing at each of `offsets`.
pub(super) fn chance(task: &TaskScores, offsets: &[i64], steps: usize) -> Vec<Option<f64>> {
    offsets
        .iter()
        .map(|offset| task.chance_at_age(*offset, steps))
        .collect()
}

fn rows(content: &Content, task: &TaskScores, offsets: &[i64], csv: &mut Csv) {
    let steps = content.steps.len();
    for strategy in &content.strategies {
        let Some(scores) = strategy.task(&task.name) else {
            continue;
        };
        for offset in offsets {
            csv.row([
                Field::Text(&task.name),
                Field::Text(&strategy.name),
                Field::Number(Some(*offset as f64)),
                Field::Number(scores.at_age(*offset, steps)),
                Field::Whole(Some(scores.cells_at_age(*offset, steps) as u64)),
            ]);
        }
    }
}

/// An offset as axes write it.
pub(super) fn signed(offset: i64) -> String {
    match offset {
        0 => "0".to_owned(),
        ahead if ahead > 0 => format!("+{ahead}"),
        behind => format!("−{}", -behind),
    }
}

fn in_words(offset: i64) -> String {
    let far = counted(offset.unsigned_abs() as usize, "step", "steps");
    match offset {
        0 => "on the step just trained".to_owned(),
        ahead if ahead > 0 => format!("{far} into the future"),
        _ => format!("{far} back"),
    }
}
