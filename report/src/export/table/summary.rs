//! The summary: strategies, what they cost and what they reach, in the layout of TiC-CLIP's main table.

use super::super::stem::Stems;
use super::budget::Budget;
use super::{BEST, Cell, Field, Group, HALF, Records, Row, Section, Table, mark_best};
use crate::transfer::PARTS;
use crate::{Content, StrategyScores, TaskScores};

const COLUMNS: &[&str] = &[
    "strategy",
    "macs",
    "budget_ratio",
    "budget_mark",
    "samples",
    "task",
    "metric",
    "part",
    "value",
    "half_width_95",
    "chance",
];

/// The table; none if there is no strategy.
pub(super) fn summary(content: &Content, stems: &mut Stems) -> Option<Table> {
    if content.strategies.is_empty() {
        return None;
    }
    let tasks = content.tasks();
    let budget = Budget::of(content);
    let mut groups = vec![Group {
        title: String::new(),
        columns: vec!["MACs".to_owned()],
    }];
    groups.extend(tasks.iter().map(|task| Group {
        title: format!("{}, {}, %", task.title, task.metric_in_words()),
        columns: PARTS.map(|part| part.name().to_owned()).to_vec(),
    }));
    let mut rows: Vec<Row> = content
        .strategies
        .iter()
        .map(|strategy| row(content, &tasks, strategy, budget.mark(strategy)))
        .collect();
    mark_best(&mut rows);
    let mut notes = vec![BEST.to_owned(), HALF.to_owned()];
    notes.extend(budget.note());
    Some(Table {
        stem: stems.stem("summary", &[]),
        caption: format!(
            "Strategies on {}: training compute in forward multiply-accumulates (MACs), and scores in percent, tested on the \
             step just trained (in-domain), on earlier steps (backward) and on later ones (forward).",
            content.dataset
        ),
        corner: "Strategy",
        groups,
        sections: vec![
            Section {
                title: String::new(),
                rows,
            },
            Section {
                title: String::new(),
                rows: vec![guessing(content, &tasks)],
            },
        ],
        notes,
        records: Records {
            columns: COLUMNS,
            rows: records(content, &tasks, &budget),
        },
    })
}

fn row(
    content: &Content,
    tasks: &[&TaskScores],
    strategy: &StrategyScores,
    mark: &'static str,
) -> Row {
    let mut cells = vec![strategy.macs().map_or(Cell::Missing, Cell::Macs)];
    for task in tasks {
        let scores = strategy.task(&task.name);
        cells.extend(PARTS.map(|part| {
            Cell::score(scores.and_then(|scores| scores.estimate(part, content.steps.len())))
        }));
    }
    Row {
        label: strategy.name.clone(),
        mark,
        cells,
    }
}

fn guessing(content: &Content, tasks: &[&TaskScores]) -> Row {
    let mut cells = vec![Cell::Missing];
    for task in tasks {
        cells.extend(PARTS.map(|part| Cell::exact(task.chance(part, content.steps.len()))));
    }
    Row {
        label: "guessing".to_owned(),
        mark: "",
        cells,
    }
}

fn records(content: &Content, tasks: &[&TaskScores], budget: &Budget<'_>) -> Vec<Vec<Field>> {
    let steps = content.steps.len();
    let mut rows = Vec::new();
    for strategy in &content.strategies {
        for task in tasks.iter().filter_map(|task| strategy.task(&task.name)) {
            for part in PARTS {
                let estimate = task.estimate(part, steps);
                rows.push(vec![
                    Field::Text(strategy.name.clone()),
                    Field::Number(strategy.macs()),
                    Field::Number(budget.ratio(strategy)),
                    Field::Text(budget.mark(strategy).to_owned()),
                    Field::Whole(Some(strategy.samples())),
                    Field::Text(task.name.clone()),
                    Field::Text(task.metric.clone()),
                    Field::Text(part.name().to_owned()),
                    Field::Number(estimate.map(|estimate| estimate.value)),
                    Field::Number(estimate.and_then(|estimate| estimate.half_width)),
                    Field::Number(task.chance(part, steps)),
                ]);
            }
        }
    }
    rows
}
