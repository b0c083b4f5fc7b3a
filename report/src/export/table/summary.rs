//! The summary: strategies, what they cost and what they reach, in the layout of TiC-CLIP's main table.

use super::super::stem::Stems;
use super::budget::{baseline, note, stars};
use super::{BEST, Cell, Field, Group, HALF, Records, Row, Section, Table, mark_best};
use crate::static_score::last_step;
use crate::transfer::{Estimate, PARTS, Part};
use crate::{Content, StaticColumn, StrategyScores, TaskScores};

pub(crate) const COLUMNS: &[&str] = &[
    "strategy",
    "macs",
    "budget_ratio",
    "stars",
    "samples",
    "task",
    "metric",
    "part",
    "value",
    "half_width_95",
    "chance",
];

/// One column of scores.
#[derive(Clone, Copy)]
enum Column<'a> {
    /// Of the model after the last training step.
    Static(&'a StaticColumn),
    Dynamic(&'a TaskScores, Part),
}

/// The table; none if there is no strategy.
pub(super) fn summary(content: &Content, stems: &mut Stems) -> Option<Table> {
    if content.strategies.is_empty() {
        return None;
    }
    let columns = columns(content);
    let mut rows: Vec<Row> = content
        .strategies
        .iter()
        .map(|strategy| row(content, &columns, strategy))
        .collect();
    mark_best(&mut rows);
    let guessing = columns.iter().map(|column| column.chance(content));
    let guessing = Row {
        label: "guessing".to_owned(),
        stars: String::new(),
        cells: std::iter::once(Cell::Missing)
            .chain(guessing.map(Cell::exact))
            .collect(),
    };
    let mut notes = vec![BEST.to_owned(), HALF.to_owned(), content.runs_in_words()];
    notes.extend(note(content));
    let section = |rows| Section {
        title: String::new(),
        rows,
    };
    Some(Table {
        stem: stems.stem("summary", &[]),
        caption: caption(content, &columns),
        corner: "Strategy",
        groups: groups(content, &columns),
        sections: vec![section(rows), section(vec![guessing])],
        notes,
        records: Records {
            columns: COLUMNS,
            rows: records(content),
        },
    })
}

/// Static columns in which some strategy has a score, then the parts of every dynamic task.
fn columns(content: &Content) -> Vec<Column<'_>> {
    let scored = |column: &Column<'_>| {
        let mut strategies = content.strategies.iter();
        strategies.any(|strategy| column.score(content, strategy).is_some())
    };
    let statics = content.static_columns.iter().map(Column::Static);
    let tasks = content.tasks().into_iter();
    let dynamics = tasks.flat_map(|task| PARTS.map(|part| Column::Dynamic(task, part)));
    statics.filter(scored).chain(dynamics).collect()
}

impl Column<'_> {
    fn heading(&self) -> String {
        match self {
            Self::Static(column) => column.title.clone(),
            Self::Dynamic(_, part) => part.name().to_owned(),
        }
    }

    fn score(self, content: &Content, strategy: &StrategyScores) -> Option<Estimate> {
        match self {
            Self::Static(column) => {
                let step = last_step(content, &strategy.name)?;
                column.estimate(content, &strategy.name, step)
            }
            Self::Dynamic(task, part) => {
                let scores = strategy.task(&task.name)?;
                scores.estimate(part, content.steps.len())
            }
        }
    }

    fn chance(self, content: &Content) -> Option<f64> {
        match self {
            Self::Static(column) => column.chance(content),
            Self::Dynamic(task, part) => task.chance(part, content.steps.len()),
        }
    }

    /// What the CSV file calls it: task, metric and part.
    fn names(&self) -> [&str; 3] {
        match self {
            Self::Static(column) => [&column.title, "", "static"],
            Self::Dynamic(task, part) => [&task.name, &task.metric, part.name()],
        }
    }
}

fn caption(content: &Content, columns: &[Column<'_>]) -> String {
    let statics = columns
        .iter()
        .any(|column| matches!(column, Column::Static(_)));
    let statics = if statics {
        " Static tasks: the model after the last step."
    } else {
        ""
    };
    format!(
        "Strategies on {}: training compute in forward multiply-accumulates (MACs), and scores in percent.{statics} \
         In-domain: tested on the step just trained; backward: on earlier steps; forward: on later ones.",
        content.dataset
    )
}

fn groups(content: &Content, columns: &[Column<'_>]) -> Vec<Group> {
    let mut groups = vec![Group {
        title: String::new(),
        columns: vec!["MACs".to_owned()],
    }];
    let statics: Vec<String> = columns
        .iter()
        .filter(|column| matches!(column, Column::Static(_)))
        .map(Column::heading)
        .collect();
    if !statics.is_empty() {
        groups.push(Group {
            title: "Static tasks, %".to_owned(),
            columns: statics,
        });
    }
    groups.extend(content.tasks().into_iter().map(|task| Group {
        title: format!("{}, {}, %", task.title, task.metric_in_words()),
        columns: PARTS.map(|part| part.name().to_owned()).to_vec(),
    }));
    groups
}

fn row(content: &Content, columns: &[Column<'_>], strategy: &StrategyScores) -> Row {
    let macs = strategy.macs().map_or(Cell::Missing, Cell::Macs);
    let scores = columns
        .iter()
        .map(|column| Cell::score(column.score(content, strategy)));
    Row {
        label: strategy.name.clone(),
        stars: stars(strategy),
        cells: std::iter::once(macs).chain(scores).collect(),
    }
}

/// One row a strategy and column, also of tasks that the page's table has no room for.
pub(crate) fn records(content: &Content) -> Vec<Vec<Field>> {
    let columns = columns(content);
    let budget = baseline(content);
    let mut rows = Vec::new();
    for strategy in &content.strategies {
        let macs = strategy.macs();
        for column in &columns {
            let score = column.score(content, strategy);
            let [task, metric, part] = column.names();
            rows.push(vec![
                Field::Text(strategy.name.clone()),
                Field::Number(macs),
                Field::Number(macs.zip(budget).map(|(macs, budget)| macs / budget)),
                Field::Text(stars(strategy)),
                Field::Whole(Some(strategy.samples())),
                Field::Text(task.to_owned()),
                Field::Text(metric.to_owned()),
                Field::Text(part.to_owned()),
                Field::Number(score.map(|score| score.value)),
                Field::Number(score.and_then(|score| score.half_width)),
                Field::Number(column.chance(content)),
            ]);
        }
    }
    rows
}
