//! Scores after each training step: on that step, and on the steps before it.

use super::super::stem::Stems;
use super::{BEST, Cell, Field, Group, HALF, Records, Row, Section, Table, mark_best};
use crate::transfer::Estimate;
use crate::{Content, TaskScores};

pub(crate) const COLUMNS: &[&str] = &[
    "task",
    "strategy",
    "trained_step",
    "in_domain",
    "in_domain_low",
    "in_domain_high",
    "in_domain_chance",
    "mean_backward",
    "mean_backward_low",
    "mean_backward_high",
    "mean_backward_chance",
];

/// A number of one trained step.
type OfStep<T> = fn(&TaskScores, usize) -> Option<T>;

/// The table of one task; none if nothing was tested.
pub(super) fn steps(content: &Content, task: &TaskScores, stems: &mut Stems) -> Option<Table> {
    let own: (OfStep<Estimate>, OfStep<f64>) = (TaskScores::on_own_step, TaskScores::chance_at);
    let earlier: (OfStep<Estimate>, OfStep<f64>) = (
        TaskScores::on_earlier_steps,
        TaskScores::chance_on_earlier_steps,
    );
    let sections: Vec<Section> = [
        ("On the step just trained", own),
        ("Mean over all earlier steps", earlier),
    ]
    .into_iter()
    .filter_map(|(title, numbers)| section(content, task, title, numbers))
    .collect();
    if sections.is_empty() {
        return None;
    }
    Some(Table {
        stem: stems.stem("steps", &[&task.name]),
        caption: format!(
            "{} after each training step: {} in percent.",
            task.title,
            task.metric_in_words()
        ),
        corner: "Strategy",
        groups: vec![Group {
            title: "Trained through".to_owned(),
            columns: content.steps.iter().map(|step| step.name.clone()).collect(),
        }],
        sections,
        notes: vec![BEST.to_owned(), HALF.to_owned()],
        records: Records {
            columns: COLUMNS,
            rows: records(content, task),
        },
    })
}

fn section(
    content: &Content,
    task: &TaskScores,
    title: &str,
    (score, chance): (OfStep<Estimate>, OfStep<f64>),
) -> Option<Section> {
    let steps = 0..content.steps.len();
    let mut rows: Vec<Row> = content
        .strategies
        .iter()
        .filter_map(|strategy| {
            let scores = strategy.task(&task.name)?;
            let cells = steps.clone().map(|i| score(scores, i));
            Some(Row {
                label: strategy.name.clone(),
                stars: String::new(),
                cells: cells.map(Cell::score).collect(),
            })
        })
        .collect();
    let missing = |cell: &Cell| matches!(cell, Cell::Missing);
    if rows.iter().all(|row| row.cells.iter().all(missing)) {
        return None;
    }
    mark_best(&mut rows);
    rows.push(Row {
        label: "guessing".to_owned(),
        stars: String::new(),
        cells: steps.map(|i| Cell::exact(chance(task, i))).collect(),
    });
    Some(Section {
        title: title.to_owned(),
        rows,
    })
}

/// One row a strategy and trained step.
pub(crate) fn records(content: &Content, task: &TaskScores) -> Vec<Vec<Field>> {
    let mut rows = Vec::new();
    for strategy in &content.strategies {
        let Some(scores) = strategy.task(&task.name) else {
            continue;
        };
        for (i, step) in content.steps.iter().enumerate() {
            let own = scores.cell(i, i);
            let earlier = scores.on_earlier_steps(i);
            let mut row: Vec<Field> = [&task.name, &strategy.name, &step.name]
                .map(|name| Field::Text(name.clone()))
                .to_vec();
            row.extend(measured(
                own.map(|own| own.value),
                scores.interval_on_own_step(i),
                scores.chance_at(i),
            ));
            row.extend(measured(
                earlier.map(|earlier| earlier.value),
                earlier.and_then(Estimate::interval),
                scores.chance_on_earlier_steps(i),
            ));
            rows.push(row);
        }
    }
    rows
}

/// A score, the ends of its interval, and what guessing scores.
fn measured(value: Option<f64>, interval: Option<[f64; 2]>, chance: Option<f64>) -> [Field; 4] {
    let [low, high] = interval.map_or([None; 2], |ends| ends.map(Some));
    [value, low, high, chance].map(Field::Number)
}
