//! Families: which strategy and step a model stands for, where scores do not say so or something else.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use ticclip_eval::score::Score;

use crate::command::failure::Failure;

/// A row of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Its name in scores.jsonl.
    model: String,
    /// What it is listed under.
    strategy: String,
    /// The time step after which it was taken.
    step: String,
}

/// Gives the models of a CSV table with the columns model, strategy and step their strategy and step.
pub(super) fn assign(path: &Path, scores: &mut [Score]) -> Result<(), Failure> {
    let rows = read(path).map_err(Failure::wrong_input)?;
    for (model, row) in &rows {
        if !scores.iter().any(|score| score.model == *model) {
            let path = path.display();
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "{path}: there are no scores of a model `{model}`, whose strategy is to be {}",
                row.strategy
            )));
        }
    }
    for score in scores {
        if let Some(row) = rows.get(&score.model) {
            score.strategy = Some(row.strategy.clone());
            score.trained_step = Some(row.step.clone());
        }
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, Row>> {
    let context = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(context)?;
    let mut rows = BTreeMap::new();
    for row in reader.deserialize::<Row>() {
        let row = row.with_context(context)?;
        if let Some(twice) = rows.insert(row.model.clone(), row) {
            anyhow::bail!("{}: model `{}` is there twice", context(), twice.model);
        }
    }
    Ok(rows)
}
