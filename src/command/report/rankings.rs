//! Rankings of a report: where static and dynamic scores order the final models differently.

use ticclip_report::{RankedModel, Ranking, Score, StaticColumn, StaticTask, StrategyScores};

/// The task that stands for dynamic scores.
const DYNAMIC: &str = "retrieval";

/// The strategies' models after the last step, by the widest static column and by dynamic retrieval.
pub(super) fn rankings(
    strategies: &[StrategyScores],
    columns: &[StaticColumn],
    tasks: &[StaticTask],
    last: usize,
) -> Vec<Ranking> {
    let Some(column) = columns.iter().max_by_key(|column| column.tasks.len()) else {
        return Vec::new();
    };
    let models: Vec<RankedModel> = strategies
        .iter()
        .filter_map(|strategy| {
            Some(RankedModel {
                name: strategy.name.clone(),
                left: fixed(column, tasks, &strategy.name, last)?,
                right: dynamic(strategy, last)?,
            })
        })
        .collect();
    if models.len() < 2 {
        return Vec::new();
    }
    vec![Ranking {
        title: "Static against dynamic scores".to_owned(),
        left: column.title.clone(),
        right: "dynamic retrieval, mean over all steps".to_owned(),
        models,
        command: None,
    }]
}

/// Mean of a column; its tasks are drawn apart, so their half widths add in quadrature.
fn fixed(
    column: &StaticColumn,
    tasks: &[StaticTask],
    strategy: &str,
    step: usize,
) -> Option<Score> {
    let scores: Option<Vec<Score>> = column
        .tasks
        .iter()
        .map(|name| {
            let task = tasks.iter().find(|task| task.name == *name)?;
            let own = task.scores.iter();
            let mut own = own.filter(|score| score.strategy == strategy && score.step == step);
            own.next().map(|score| score.score)
        })
        .collect();
    mean(&scores?)
}

/// Mean over all tested steps of the model after the last one.
fn dynamic(strategy: &StrategyScores, last: usize) -> Option<Score> {
    let task = strategy.tasks.iter().find(|task| task.name == DYNAMIC)?;
    let row: Option<Vec<Score>> = task.cells.get(last)?.iter().copied().collect();
    mean(&row?)
}

fn mean(scores: &[Score]) -> Option<Score> {
    if scores.is_empty() {
        return None;
    }
    let n = scores.len() as f64;
    let value = scores.iter().map(|score| score.value).sum::<f64>() / n;
    let half = |end: usize| {
        let squares = scores.iter().map(|score| {
            let interval = score.interval?;
            Some((interval[end] - score.value).powi(2))
        });
        squares.sum::<Option<f64>>().map(|sum| sum.sqrt() / n)
    };
    Some(Score {
        value,
        interval: half(0)
            .zip(half(1))
            .map(|(low, high)| [value - low, value + high]),
    })
}
