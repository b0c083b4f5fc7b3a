//! Scores by age: how far the tested step lies behind or ahead of the training.

use super::content::{Content, TaskScores};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel, per_task};
use super::line_chart::{Line, LineChart, Point, shared_domain};
use super::number::{counted, percent};
use super::provenance::commands_of;
use super::transfer::mean;

/// One panel a task with the data behind them.
pub(super) fn age_curves(content: &Content) -> String {
    let steps = content.steps.len();
    let offsets: Vec<i64> = (1 - steps as i64..steps as i64).collect();
    let names: Vec<String> = offsets.iter().map(|offset| signed(*offset)).collect();
    let mut csv = Csv::new("task,strategy,tested_minus_trained_steps,mean_score,cells");
    let panels = per_task(content, |place, task| {
        let chance: Vec<Option<f64>> = offsets
            .iter()
            .map(|offset| mean(&diagonal(steps, *offset, |_, j| task.chance_at(j))))
            .collect();
        let lines: Vec<Line> = (0..content.strategies.len())
            .filter_map(|strategy| line(content, strategy, task, &offsets, &mut csv))
            .collect();
        let chart = LineChart {
            id: format!("age-{place}"),
            title: format!("{} by distance between training and test", task.title),
            horizontal_title: "← past     steps from training to test     future →",
            names: &names,
            marked: Some(steps.saturating_sub(1)),
            lines: &lines,
            chance: &chance,
            domain: shared_domain(lines.iter(), chance.iter().copied()),
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

fn line(
    content: &Content,
    place: usize,
    task: &TaskScores,
    offsets: &[i64],
    csv: &mut Csv,
) -> Option<Line> {
    let strategy = &content.strategies[place];
    let scores = strategy.task(&task.name)?;
    let mut points = Vec::new();
    for offset in offsets {
        let values = diagonal(content.steps.len(), *offset, |i, j| {
            Some(scores.cell(i, j)?.value)
        });
        let cells = values.len();
        let value = mean(&values);
        csv.row([
            Field::Text(&task.name),
            Field::Text(&strategy.name),
            Field::Number(Some(*offset as f64)),
            Field::Number(value),
            Field::Whole(Some(cells as u64)),
        ]);
        points.push(value.map(|value| Point {
            value,
            interval: None,
            tip: format!(
                "{}, tested {}: {}\nmean of {}",
                strategy.name,
                in_words(*offset),
                percent(value),
                counted(cells, "cell", "cells")
            ),
        }));
    }
    Some(Line {
        strategy: place,
        name: strategy.name.clone(),
        points,
    })
}

/// The values there are on the diagonal with `tested - trained = offset`.
fn diagonal(steps: usize, offset: i64, value: impl Fn(usize, usize) -> Option<f64>) -> Vec<f64> {
    (0..steps)
        .filter_map(|i| {
            let j = usize::try_from(i as i64 + offset)
                .ok()
                .filter(|j| *j < steps)?;
            value(i, j)
        })
        .collect()
}

fn signed(offset: i64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagonals_take_the_cells_of_one_age() {
        let label = |i: usize, j: usize| Some((10 * i + j) as f64);
        assert_eq!(diagonal(3, 0, label), [0.0, 11.0, 22.0]);
        assert_eq!(diagonal(3, -1, label), [10.0, 21.0]);
        assert_eq!(diagonal(3, 2, label), [2.0]);
    }
}
