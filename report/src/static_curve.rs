//! Static scores after every training step: one panel a column.

use super::content::{Content, StaticColumn};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel};
use super::line::{Line, Point, domain};
use super::line_chart::LineChart;
use super::palette::Look;
use super::provenance::commands_of;

/// The panels of all columns with their data; nothing if no column has a score.
pub(super) fn static_curves(content: &Content) -> Option<String> {
    let mut csv = Csv::new("column,strategy,trained_step,value,half_width_95");
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let tip = |line: &Line, place: usize, point: Point| {
        format!("{} after {}: {}", line.name, names[place], point.in_words())
    };
    let mut panels = String::new();
    for (place, column) in content.static_columns.iter().enumerate() {
        let lines = lines(content, column);
        rows(content, column, &mut csv);
        if lines.is_empty() {
            continue;
        }
        let chance = vec![column.chance(content); names.len()];
        let chart = LineChart {
            id: format!("static-{place}"),
            title: format!("{} after every training step", column.title),
            horizontal_title: "trained through",
            names: &names,
            marked: None,
            lines: &lines,
            chance: &chance,
            domain: domain(lines.iter(), chance.iter().copied()),
            tip: &tip,
        };
        let aside = match column.tasks.len() {
            1 => "static, %".to_owned(),
            tasks => format!("static, mean of {tasks} tasks, %"),
        };
        panels += &panel(&column.title, &aside, &chart.draw());
    }
    (!panels.is_empty()).then(|| {
        format!("<h3>Static tasks</h3>\n<div class=\"panels two\">\n{panels}</div>\n")
            + &data_behind(
                "static scores by training step",
                &csv.into_text(),
                &commands_of(content, &["eval"]),
            )
    })
}

/// The lines of all strategies that have a score in the column, over the training steps.
pub(super) fn lines(content: &Content, column: &StaticColumn) -> Vec<Line> {
    let strategies = content.strategies.iter().enumerate();
    strategies
        .map(|(place, strategy)| Line {
            look: Look(place),
            name: strategy.name.clone(),
            points: (0..content.steps.len())
                .map(|step| column.estimate(content, &strategy.name, step))
                .map(|estimate| estimate.map(Point::from))
                .collect(),
        })
        .filter(|line| line.points.iter().any(Option::is_some))
        .collect()
}

fn rows(content: &Content, column: &StaticColumn, csv: &mut Csv) {
    for strategy in &content.strategies {
        for (step, named) in content.steps.iter().enumerate() {
            let Some(estimate) = column.estimate(content, &strategy.name, step) else {
                continue;
            };
            csv.row([
                Field::Text(&column.title),
                Field::Text(&strategy.name),
                Field::Text(&named.name),
                Field::Number(Some(estimate.value)),
                Field::Number(estimate.half_width),
            ]);
        }
    }
}
