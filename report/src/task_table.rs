//! Every task in tables: dynamic tasks by their three parts, static tasks by their last scores.

use super::cell::number_cell;
use super::content::{Content, StaticTask, StrategyScores, metric_in_words};
use super::csv::Records;
use super::escape::{isolated, text};
use super::export::table::statics::{COLUMNS, records};
use super::figure::data_behind;
use super::long_table::{Choice, LongTable, numbers, words};
use super::number::{count, hundredths};
use super::provenance::commands_of;
use super::static_score::last_step;
use super::summary_table::{self, TASKS};
use super::transfer::{Estimate, PARTS};

/// The tables with their data; nothing if the summary already has everything.
pub(super) fn task_tables(content: &Content) -> Option<String> {
    let mut html = String::new();
    if content.tasks().len() > TASKS {
        html += &dynamic(content);
    }
    if !content.statics.is_empty() {
        html += &statics(content);
    }
    (!html.is_empty()).then_some(html)
}

fn dynamic(content: &Content) -> String {
    let steps = content.steps.len();
    let mut headings: Vec<String> = Vec::new();
    for strategy in &content.strategies {
        headings.extend(PARTS.map(|part| format!("{}, {}", strategy.name, part.name())));
    }
    let rows = content
        .tasks()
        .into_iter()
        .map(|task| {
            let cells: String = content
                .strategies
                .iter()
                .flat_map(|strategy| PARTS.map(|part| (strategy, part)))
                .map(|(strategy, part)| {
                    let own = strategy.task(&task.name);
                    cell(own.and_then(|own| own.estimate(part, steps)))
                })
                .collect();
            format!(
                "<tr>{}{cells}</tr>\n",
                heading(&task.title, &task.metric_in_words())
            )
        })
        .collect();
    let mut columns = vec![words("task")];
    columns.extend(headings.iter().map(|heading| numbers(heading)));
    let table = LongTable {
        id: "dynamic-tasks".to_owned(),
        caption: "Tasks with time steps: mean scores in percent, ± half a 95% interval.".to_owned(),
        columns,
        filtered: Some("dynamic tasks"),
        choices: Vec::new(),
        rows,
        tree: false,
    };
    format!("<h3>Dynamic tasks</h3>\n{}", table.html())
        + &data_behind(
            "dynamic tasks",
            &summary_table::csv(content),
            &commands_of(content, &["eval"]),
        )
}

fn statics(content: &Content) -> String {
    let rows = content
        .statics
        .iter()
        .map(|task| {
            let cells: String = content
                .strategies
                .iter()
                .map(|strategy| cell(last(content, task, strategy)))
                .collect();
            let groups = task.groups.join(" ");
            format!(
                "<tr data-group=\"{}\">{}{}{}{cells}</tr>\n",
                text(&groups),
                heading(&task.title, &metric_in_words(&task.metric)),
                number_cell(task.n.map(|n| n as f64), |n| count(n as u64)),
                number_cell(task.chance, hundredths)
            )
        })
        .collect();
    let mut groups: Vec<String> = content
        .statics
        .iter()
        .flat_map(|task| task.groups.iter().cloned())
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let mut columns = vec![words("task"), numbers("n"), numbers("guessing")];
    columns.extend(content.strategies.iter().map(|one| numbers(&one.name)));
    let table = LongTable {
        id: "static-tasks".to_owned(),
        caption: "Tasks without time steps, after the last training step: percent, ± half a 95% interval.".to_owned(),
        columns,
        filtered: Some("static tasks"),
        choices: vec![Choice {
            key: "group",
            label: "group",
            options: groups
                .into_iter()
                .map(|group| (group.clone(), group))
                .collect(),
        }],
        rows,
        tree: false,
    };
    let data = Records {
        columns: COLUMNS,
        rows: records(content),
    };
    format!("<h3>Static tasks</h3>\n{}", table.html())
        + &data_behind(
            "static tasks",
            &data.text(),
            &commands_of(content, &["eval"]),
        )
}

fn last(content: &Content, task: &StaticTask, strategy: &StrategyScores) -> Option<Estimate> {
    task.estimate(&strategy.name, last_step(content, &strategy.name)?)
}

fn heading(title: &str, metric: &str) -> String {
    format!(
        "<th scope=\"row\" data-value=\"{}\">{} <small>{}</small></th>",
        text(title),
        isolated(title),
        text(metric)
    )
}

fn cell(estimate: Option<Estimate>) -> String {
    let Some(Estimate { value, half_width }) = estimate else {
        return "<td class=\"num\" data-value=\"\">–</td>".to_owned();
    };
    let sure = half_width.map_or(String::new(), |half| {
        format!("<small>± {}</small>", hundredths(half))
    });
    format!(
        "<td class=\"num\" data-value=\"{value}\">{}{sure}</td>",
        hundredths(value)
    )
}
