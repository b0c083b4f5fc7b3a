//! Static tasks: one row a task, one column a strategy, the model after its last training step.

use super::super::stem::Stems;
use super::{
    BEST_OF_ROW, Cell, Field, Group, HALF, Records, Row, Section, Table, mark_best_of_rows,
};
use crate::static_score::last_step;
use crate::transfer::Estimate;
use crate::{Content, StaticTask, StrategyScores};

pub(crate) const COLUMNS: &[&str] = &[
    "task",
    "metric",
    "groups",
    "strategy",
    "trained_step",
    "value",
    "low",
    "high",
    "n",
    "chance",
];

/// The table; none if no strategy has a static score.
pub(super) fn statics(content: &Content, stems: &mut Stems) -> Option<Table> {
    let scored: Vec<(&StrategyScores, usize)> = content
        .strategies
        .iter()
        .filter_map(|strategy| Some((strategy, last_step(content, &strategy.name)?)))
        .collect();
    if scored.is_empty() {
        return None;
    }
    let row = |label: &str, chance, score: &dyn Fn(&str, usize) -> Option<Estimate>| {
        let scores = scored
            .iter()
            .map(|(strategy, step)| score(&strategy.name, *step));
        Row {
            label: label.to_owned(),
            stars: String::new(),
            cells: scores
                .map(Cell::score)
                .chain([Cell::exact(chance)])
                .collect(),
        }
    };
    let tasks = content.statics.iter().map(|task| {
        let chance = task.chance.filter(|chance| chance.is_finite());
        row(&task.title, chance, &|name, step| task.estimate(name, step))
    });
    let means = content.static_columns.iter();
    let means = means.filter(|column| column.tasks.len() > 1).map(|column| {
        row(&column.title, column.chance(content), &|name, step| {
            column.estimate(content, name, step)
        })
    });
    let sections = [tasks.collect(), means.collect()];
    let sections = sections
        .into_iter()
        .filter(|rows: &Vec<Row>| !rows.is_empty());
    let sections = sections.map(|mut rows| {
        mark_best_of_rows(&mut rows);
        Section {
            title: String::new(),
            rows,
        }
    });
    let mut columns: Vec<String> = scored
        .iter()
        .map(|(strategy, _)| strategy.name.clone())
        .collect();
    columns.push("guessing".to_owned());
    Some(Table {
        stem: stems.stem("static", &[]),
        caption: "Static tasks: score in percent of the model after the last training step, and means over groups of tasks."
            .to_owned(),
        corner: "Task",
        groups: vec![Group {
            title: String::new(),
            columns,
        }],
        sections: sections.collect(),
        notes: vec![BEST_OF_ROW.to_owned(), HALF.to_owned()],
        records: Records {
            columns: COLUMNS,
            rows: records(content),
        },
    })
}

/// One row a task, strategy and trained step.
pub(crate) fn records(content: &Content) -> Vec<Vec<Field>> {
    let of_task = |task: &StaticTask| {
        let mut rows = Vec::new();
        for one in &task.scores {
            let Some(score) = task.score(&one.strategy, one.step) else {
                continue;
            };
            let step = content.steps.get(one.step);
            rows.push(vec![
                Field::Text(task.name.clone()),
                Field::Text(task.metric.clone()),
                Field::Text(task.groups.join(" ")),
                Field::Text(one.strategy.clone()),
                Field::Text(step.map_or(String::new(), |step| step.name.clone())),
                Field::Number(Some(score.value)),
                Field::Number(score.interval.map(|ends| ends[0])),
                Field::Number(score.interval.map(|ends| ends[1])),
                Field::Whole(task.n),
                Field::Number(task.chance),
            ]);
        }
        rows
    };
    content.statics.iter().flat_map(of_task).collect()
}
