//! What `train` prints when it is done.

use serde_json::{Map, Value, json};

use super::Training;
use crate::cli::TrainArgs;
use crate::command::eval::Evaluation;
use crate::command::failure::Failure;
use crate::command::matrix;
use crate::command::{Summary, shown};
use crate::score::{Calendar, Matrix, matrices};
use crate::train::{Cost, Outcome};

/// What one strategy has come to.
struct Total<'a> {
    outcomes: Vec<&'a Outcome>,
}

impl<'a> Total<'a> {
    fn of(strategy: &str, outcomes: &'a [Outcome]) -> Self {
        let own = outcomes
            .iter()
            .filter(|outcome| outcome.record.strategy == strategy);
        Self {
            outcomes: own.collect(),
        }
    }

    fn sum(&self, figure: impl Fn(&Outcome) -> u64) -> u64 {
        self.outcomes.iter().map(|outcome| figure(outcome)).sum()
    }

    /// What all steps cost, also those that an earlier call has trained.
    fn cost(&self) -> Cost {
        let known = || self.outcomes.iter().filter_map(|outcome| outcome.cost);
        Cost {
            seconds: known().map(|cost| cost.seconds).sum(),
            waiting_seconds: known().map(|cost| cost.waiting_seconds).sum(),
            joules: known().map(|cost| cost.joules).sum(),
        }
    }

    fn text(&self, name: &str) -> String {
        let (samples, macs) = (
            self.sum(|step| step.record.samples),
            self.sum(|step| step.record.macs),
        );
        let cost = self.cost();
        let mut text = format!(
            "{name}: {} steps, {samples} samples, {:.3e} MACs forward, {:.0} s ({:.1}% of them waiting for data)",
            self.outcomes.len(),
            macs as f64,
            cost.seconds,
            100.0 * cost.waiting_share(),
        );
        if let Some(joules) = cost.joules {
            text += &format!(", {:.2} kJ", joules / 1000.0);
        }
        text.push('\n');
        let broken = self.sum(|step| step.record.broken);
        if broken > 0 {
            text += &format!("  {broken} samples could not be read and were left out\n");
        }
        text
    }

    /// What the seed fixes.
    fn json(&self) -> Map<String, Value> {
        let figures = [
            ("macs", self.sum(|step| step.record.macs)),
            ("side_macs", self.sum(|step| step.record.side_macs)),
            ("samples", self.sum(|step| step.record.samples)),
            ("updates", self.sum(|step| step.record.updates)),
            ("broken", self.sum(|step| step.record.broken)),
        ];
        figures
            .map(|(name, figure)| (name.to_owned(), json!(figure)))
            .into_iter()
            .collect()
    }
}

pub(super) fn summary(
    args: &TrainArgs,
    training: &Training,
    outcomes: &[Outcome],
    evaluation: Option<&Evaluation>,
) -> Result<Summary, Failure> {
    let names: Vec<&str> = training
        .strategies
        .iter()
        .map(|strategy| strategy.name())
        .collect();
    let scores = evaluation.map(|evaluation| evaluation.book().scores().to_vec());
    let scores = scores.unwrap_or_default();
    let mut matrices = matrices(&training.steps, &Calendar::default(), &scores)?;
    // An earlier run may have left the scores of other strategies.
    matrices.retain(|matrix| names.contains(&matrix.strategy));
    let mut text = format!("computed on {}\n", training.device_name);
    let (mut strategies, mut costs) = (Map::new(), Map::new());
    for name in names {
        let total = Total::of(name, outcomes);
        text += &total.text(name);
        strategies.insert(name.to_owned(), total.json().into());
        costs.insert(name.to_owned(), json!(total.cost()));
    }
    text += &scored(&matrices);
    text += &format!("{}\n", args.out.display());
    let (of_matrices, chance) = matrix::json(&matrices, |_| None);
    for (name, tasks) in of_matrices.as_object().into_iter().flatten() {
        let tasks = tasks.as_object().into_iter().flatten();
        if let Some(entry) = strategies.get_mut(name).and_then(Value::as_object_mut) {
            entry.extend(
                tasks
                    .filter(|(key, _)| *key != "macs")
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
    }
    let models: Vec<String> = outcomes
        .iter()
        .map(|outcome| shown(&outcome.folder))
        .collect();
    Ok(Summary::new(
        text,
        json!({
            "strategies": strategies,
            "chance": chance,
            "costs": costs,
            "device": training.device_name,
            "models": models,
        }),
    ))
}

/// Every matrix, and the means of all of them.
fn scored(matrices: &[Matrix<'_>]) -> String {
    if matrices.is_empty() {
        return String::new();
    }
    let whole = matrices
        .iter()
        .map(|matrix| format!("\n{}", matrix::text(matrix)));
    whole.collect::<String>() + &format!("\n{}\n", matrix::means(matrices))
}
