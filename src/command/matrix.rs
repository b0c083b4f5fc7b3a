//! Matrices: the scores of every strategy and task, arranged by trained and tested step.

use serde_json::{Map, Value, json};
use ticclip_eval::score::Score;
use ticclip_eval::transfer::{Transfer, TransferError};

use crate::strategy;

/// Scores of one strategy on one task.
pub(super) struct Matrix<'a> {
    pub(super) strategy: &'static str,
    pub(super) task: &'a str,
    pub(super) metric: &'a str,
    pub(super) transfer: Transfer,
    /// `[trained][tested]`.
    pub(super) cells: Vec<Vec<Option<&'a Score>>>,
}

/// All matrices, by strategy in the order reports list them, then by task in the order of the scores.
pub(super) fn matrices<'a>(
    steps: &[String],
    scores: &'a [Score],
) -> Result<Vec<Matrix<'a>>, TransferError> {
    let mut tasks: Vec<&str> = Vec::new();
    for score in scores {
        if !tasks.contains(&score.task.as_str()) {
            tasks.push(&score.task);
        }
    }
    // Retrieval is what the benchmark is about.
    tasks.sort_by_key(|task| *task != "retrieval");
    let mut all = Vec::new();
    for strategy in strategy::names() {
        for task in &tasks {
            let of =
                |score: &&Score| score.strategy.as_deref() == Some(strategy) && score.task == *task;
            let own: Vec<&Score> = scores.iter().filter(of).collect();
            if let Some(first) = own.first() {
                let transfer = Transfer::new(steps, own.iter().copied())?;
                let cells = cells(steps, &own);
                all.push(Matrix {
                    strategy,
                    task,
                    metric: &first.metric,
                    transfer,
                    cells,
                });
            }
        }
    }
    Ok(all)
}

fn cells<'a>(steps: &[String], scores: &[&'a Score]) -> Vec<Vec<Option<&'a Score>>> {
    let cell = |trained: &String, tested: &String| {
        let same = |score: &&&Score| {
            score.trained_step.as_ref() == Some(trained)
                && score.tested_step.as_ref() == Some(tested)
        };
        scores.iter().find(same).copied()
    };
    steps
        .iter()
        .map(|trained| steps.iter().map(|tested| cell(trained, tested)).collect())
        .collect()
}

impl<'a> Matrix<'a> {
    /// Any model's score on a tested step: chance and number of samples are the same for all.
    pub(super) fn tested(&self, step: usize) -> Option<&'a Score> {
        self.cells.iter().find_map(|row| row[step])
    }

    /// Mean of chance over the tested steps.
    fn chance(&self) -> Option<f64> {
        let steps = self.transfer.steps.len();
        let known: Vec<f64> = (0..steps)
            .filter_map(|step| Some(self.tested(step)?.chance))
            .collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// The matrix in percent, chance below it.
    pub(super) fn text(&self) -> String {
        let steps = &self.transfer.steps;
        let first = steps
            .iter()
            .map(|step| step.len())
            .max()
            .unwrap_or(0)
            .max(13);
        let wide = |step: &str| step.len().max(6);
        let mut text = format!(
            "{} · {} · {} in %, after each step (rows) on the held-out pairs of each step (columns)\n{:first$}",
            self.task, self.strategy, self.metric, ""
        );
        let line = |name: &str, value: &dyn Fn(usize) -> Option<String>| {
            let mut line = format!("{name:first$}");
            for (at, step) in steps.iter().enumerate() {
                let value = value(at).unwrap_or_else(|| "·".to_owned());
                line.push_str(&format!("  {value:>width$}", width = wide(step)));
            }
            line + "\n"
        };
        let percent = |value: f64| format!("{:.1}", value * 100.0);
        let names: Vec<String> = steps
            .iter()
            .map(|step| format!("  {step:>width$}", width = wide(step)))
            .collect();
        text.push_str(&(names.concat() + "\n"));
        for (trained, name) in steps.iter().enumerate() {
            text.push_str(&line(name, &|tested| {
                Some(percent(self.cells[trained][tested]?.value))
            }));
        }
        text.push_str(&line("chance", &|step| {
            Some(percent(self.tested(step)?.chance))
        }));
        text.push_str(&line("held-out pairs", &|step| {
            Some(self.tested(step)?.n.to_string())
        }));
        text
    }

    /// "in-domain 20.1%, backward 8.0%, forward 3.2%, chance 1.4%".
    pub(super) fn means(&self) -> String {
        let means = [
            ("in-domain", self.transfer.in_domain()),
            ("backward", self.transfer.backward()),
            ("forward", self.transfer.forward()),
            ("chance", self.chance()),
        ];
        let parts = means.map(|(name, mean)| match mean {
            Some(mean) => format!("{name} {:5.1}%", mean * 100.0),
            None => format!("{name}     –"),
        });
        parts.join("  ")
    }

    fn json(&self) -> Value {
        json!({
            "in_domain": self.transfer.in_domain(),
            "backward": self.transfer.backward(),
            "forward": self.transfer.forward(),
            "matrix": self.transfer.values,
        })
    }
}

/// `strategies` and `chance` of a command's JSON; `macs` are those of a strategy.
pub(super) fn json(matrices: &[Matrix<'_>], macs: impl Fn(&str) -> Option<u64>) -> (Value, Value) {
    let (mut strategies, mut chance): (Map<String, Value>, Map<String, Value>) = Default::default();
    for matrix in matrices {
        let entry = strategies
            .entry(matrix.strategy)
            .or_insert_with(|| json!({"macs": macs(matrix.strategy)}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(matrix.task.to_owned(), matrix.json());
        }
        chance.insert(matrix.task.to_owned(), json!(matrix.chance()));
    }
    (strategies.into(), chance.into())
}
