//! A transfer matrix: one row a trained step, one column a tested step.

use super::super::stem::Stems;
use super::{Cell, Emphasis, Field, Group, HALF, Records, Row, Section, Table, worded};
use crate::transfer::{PARTS, Part};
use crate::{Content, StrategyScores, TaskScores};

pub(crate) const COLUMNS: &[&str] = &[
    "task",
    "strategy",
    "trained_step",
    "tested_step",
    "part",
    "value",
    "low",
    "high",
    "n",
    "chance",
];

/// The table of one strategy and task; none if nothing was tested.
pub(super) fn matrix(
    content: &Content,
    task: &TaskScores,
    strategy: &StrategyScores,
    stems: &mut Stems,
) -> Option<Table> {
    let scores = strategy.task(&task.name)?;
    let steps = content.steps.len();
    let places = || (0..steps).flat_map(|i| (0..steps).map(move |j| (i, j)));
    places().find_map(|(i, j)| scores.cell(i, j))?;
    let rows = content.steps.iter().enumerate().map(|(i, step)| Row {
        label: step.name.clone(),
        stars: String::new(),
        cells: (0..steps).map(|j| cell(scores, i, j)).collect(),
    });
    let guessing = Row {
        label: "guessing".to_owned(),
        stars: String::new(),
        cells: (0..steps)
            .map(|j| Cell::exact(scores.chance_at(j)))
            .collect(),
    };
    let mut notes = vec!["Italic: tested on the step just trained (in-domain).".to_owned()];
    notes.extend(means(scores, steps));
    notes.push(HALF.to_owned());
    Some(Table {
        stem: stems.stem("matrix", &[&task.name, &strategy.name]),
        caption: format!(
            "{} of {}: {} in percent, one row for each model along its training, one column for each tested step.",
            task.title,
            strategy.name,
            task.metric_in_words()
        ),
        corner: "Trained through",
        groups: vec![Group {
            title: "Tested on".to_owned(),
            columns: content.steps.iter().map(|step| step.name.clone()).collect(),
        }],
        sections: vec![
            Section {
                title: String::new(),
                rows: rows.collect(),
            },
            Section {
                title: String::new(),
                rows: vec![guessing],
            },
        ],
        notes,
        records: Records {
            columns: COLUMNS,
            rows: records(content, strategy, scores),
        },
    })
}

fn cell(scores: &TaskScores, i: usize, j: usize) -> Cell {
    let Some(score) = scores.cell(i, j) else {
        return Cell::Missing;
    };
    Cell::Score {
        estimate: crate::transfer::Estimate {
            value: score.value,
            half_width: scores.half_width(i, j),
        },
        emphasis: if i == j {
            Emphasis::Diagonal
        } else {
            Emphasis::None
        },
    }
}

fn means(scores: &TaskScores, steps: usize) -> Option<String> {
    let shown: Vec<String> = PARTS
        .into_iter()
        .filter_map(|part| {
            let (value, half) = worded(scores.estimate(part, steps)?);
            let sure = half.map(|half| format!(" ± {half}")).unwrap_or_default();
            Some(format!("{} {value}{sure}", part.name()))
        })
        .collect();
    (!shown.is_empty()).then(|| format!("Means: {}.", shown.join(", ")))
}

/// One row a cell.
pub(crate) fn records(
    content: &Content,
    strategy: &StrategyScores,
    scores: &TaskScores,
) -> Vec<Vec<Field>> {
    let steps = content.steps.len();
    (0..steps)
        .flat_map(|i| (0..steps).map(move |j| (i, j)))
        .map(|(i, j)| record(content, strategy, scores, i, j))
        .collect()
}

fn record(
    content: &Content,
    strategy: &StrategyScores,
    scores: &TaskScores,
    i: usize,
    j: usize,
) -> Vec<Field> {
    let score = scores.cell(i, j);
    let interval = score.and_then(|score| score.interval);
    vec![
        Field::Text(scores.name.clone()),
        Field::Text(strategy.name.clone()),
        Field::Text(content.steps[i].name.clone()),
        Field::Text(content.steps[j].name.clone()),
        Field::Text(Part::of(i, j).name().to_owned()),
        Field::Number(score.map(|score| score.value)),
        Field::Number(interval.map(|ends| ends[0])),
        Field::Number(interval.map(|ends| ends[1])),
        Field::Whole(scores.items_at(j)),
        Field::Number(scores.chance_at(j)),
    ]
}
