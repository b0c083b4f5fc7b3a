//! Static scores after every training step: one panel a column.

use super::content::{Content, StaticColumn};
use super::csv::{Csv, Field};
use super::figure::{data_behind, panel};
use super::line_chart::{Line, LineChart, Point, shared_domain};
use super::number::percent;
use super::provenance::commands_of;
use super::transfer::Estimate;

/// The panels of all columns with their data; nothing if no column has a score.
pub(super) fn static_curves(content: &Content) -> Option<String> {
    let mut csv = Csv::new("column,strategy,trained_step,value,half_width_95");
    let names: Vec<String> = content.steps.iter().map(|step| step.name.clone()).collect();
    let mut panels = String::new();
    for (place, column) in content.static_columns.iter().enumerate() {
        let lines: Vec<Line> = (0..content.strategies.len())
            .filter_map(|strategy| line(content, column, strategy, &mut csv))
            .collect();
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
            domain: shared_domain(lines.iter(), chance.iter().copied()),
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

fn line(content: &Content, column: &StaticColumn, place: usize, csv: &mut Csv) -> Option<Line> {
    let strategy = &content.strategies[place];
    let points: Vec<Option<Point>> = content
        .steps
        .iter()
        .enumerate()
        .map(|(step, named)| {
            let estimate = column.estimate(content, &strategy.name, step)?;
            let Estimate { value, half_width } = estimate;
            csv.row([
                Field::Text(&column.title),
                Field::Text(&strategy.name),
                Field::Text(&named.name),
                Field::Number(Some(value)),
                Field::Number(half_width),
            ]);
            let interval = estimate.interval();
            let sure = interval.map_or(String::new(), |[low, high]| {
                format!("\n95% interval {} to {}", percent(low), percent(high))
            });
            Some(Point {
                value,
                interval,
                tip: format!(
                    "{} after {}: {}{sure}",
                    strategy.name,
                    named.name,
                    percent(value)
                ),
            })
        })
        .collect();
    points.iter().any(Option::is_some).then(|| Line {
        strategy: place,
        name: strategy.name.clone(),
        points,
    })
}
