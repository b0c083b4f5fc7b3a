//! What a finished step leaves in its folder.

use std::path::{Path, PathBuf};

use super::{GOING_ON, Outcome, Through};
use crate::artefact::write_json;
use crate::model::checkpoint::write_tensors;
use crate::model::{self, ModelFile, parameters};
use crate::strategy::{Merged, Penalty, Strategy};
use crate::train::error::TrainError;
use crate::train::metrics;
use crate::train::past::left_file;
use crate::train::plan::StepPlan;
use crate::train::record::{StepRecord, read_cost, write_cost, write_step_record};
use crate::train::step::Trained;

impl Through {
    /// Puts what a step has become into its folder, in place of its state.
    pub(super) fn write(
        &self,
        strategy: &dyn Strategy,
        plan: &StepPlan<'_>,
        trained: Trained,
        merged: Option<Merged>,
        penalty: Option<&dyn Penalty>,
    ) -> Result<StepRecord, TrainError> {
        let pair = self.recipe.model.pair_macs();
        let batch = self.recipe.batch_pairs as u64;
        let samples = plan.rates.updates * batch;
        let taught = penalty.is_some_and(|penalty| penalty.teacher().is_some());
        let before = penalty.map_or(0, Penalty::batches_before) * batch;
        let side_macs = (before + if taught { samples } else { 0 }) * pair;
        let record = StepRecord {
            strategy: strategy.name().to_owned(),
            step: plan.name.to_owned(),
            index: plan.index,
            updates: plan.rates.updates,
            samples,
            broken: trained.broken,
            macs: samples * pair + side_macs,
            side_macs,
            plan: plan.fingerprint.as_str().to_owned(),
        };
        clear(plan.scratch)?;
        let state = plan.scratch.join("state");
        std::fs::create_dir_all(&state).map_err(TrainError::io(&state))?;
        let (model, going_on) = match &merged {
            Some(merged) if merged.go_on_unmerged => (
                &merged.model,
                Some(trained.going_on.as_ref().unwrap_or(&trained.model)),
            ),
            Some(merged) => (&merged.model, None),
            None => (&trained.model, trained.going_on.as_ref()),
        };
        model::save(model, &self.model_file(), plan.scratch)?;
        if let Some(going_on) = going_on {
            write_tensors(&parameters(going_on), &left_file(plan.scratch, GOING_ON))?;
        }
        if let Some((name, log)) = merged.as_ref().and_then(|merged| merged.log.as_ref()) {
            write_json(&state.join(format!("{name}.json")), log)?;
        }
        if let Some(left) = penalty.and_then(Penalty::leaves) {
            write_tensors(left.tensors, &left_file(plan.scratch, left.name))?;
        }
        if plan.candidates > 1 {
            trained.candidates.write(plan.scratch)?;
        }
        self.write_tokenizer(plan)?;
        write_cost(&trained.cost, plan.scratch)?;
        write_step_record(&record, plan.scratch)?;
        Ok(record)
    }

    /// What open_clip reads beside the weights. It takes the tokenizer beside them for any name.
    fn model_file(&self) -> ModelFile {
        let mut file = self.recipe.model_file();
        let named = self.tokenizer.checksum().is_some();
        file.model_cfg.text_cfg.hf_tokenizer_name = named.then(|| ".".to_owned());
        file
    }

    /// Puts the tokenizer beside the weights, where it is not CLIP's own.
    pub(super) fn write_tokenizer(&self, plan: &StepPlan<'_>) -> Result<(), TrainError> {
        for (name, bytes) in self.tokenizer.files()? {
            let path = plan.scratch.join(name);
            std::fs::write(&path, bytes).map_err(TrainError::io(&path))?;
        }
        Ok(())
    }
}

/// Takes over another strategy's weights and metrics of a step.
pub(super) fn copy_step(
    twin: &Path,
    record: &StepRecord,
    plan: &StepPlan<'_>,
    strategy: &str,
) -> Result<StepRecord, TrainError> {
    let error = |source| TrainError::io(plan.scratch)(source);
    std::fs::create_dir_all(plan.scratch).map_err(error)?;
    clear(plan.scratch)?;
    let state = plan.scratch.join("state");
    std::fs::create_dir_all(&state).map_err(error)?;
    for name in [model::checkpoint::WEIGHTS, model::checkpoint::CONFIG] {
        std::fs::copy(twin.join(name), plan.scratch.join(name)).map_err(error)?;
    }
    let going_on = left_file(twin, GOING_ON);
    if going_on.is_file() && needs_going_on(plan) {
        std::fs::copy(&going_on, left_file(plan.scratch, GOING_ON)).map_err(error)?;
    }
    let log = twin.with_file_name("metrics.jsonl");
    let lines = metrics::read(&log).map_err(TrainError::io(&log))?;
    let mut own =
        metrics::LineLog::resume::<metrics::UpdateRecord>(plan.metrics, plan.earlier, plan.name, 0)
            .map_err(error)?;
    for line in lines.iter().filter(|line| line.step == plan.name) {
        own.append(line).map_err(error)?;
    }
    let record = StepRecord {
        strategy: strategy.to_owned(),
        ..record.clone()
    };
    if let Some(cost) = read_cost(twin)? {
        write_cost(&cost, plan.scratch)?;
    }
    write_step_record(&record, plan.scratch)?;
    Ok(record)
}

/// Another strategy's choice among its candidates is not this one's; where a trunk was left is the same for both.
fn needs_going_on(plan: &StepPlan<'_>) -> bool {
    plan.rates.trunk().is_some() || plan.candidates > 1
}

/// Gives a step's folder its name.
pub(super) fn finish(
    record: StepRecord,
    plan: &StepPlan<'_>,
    folder: PathBuf,
) -> Result<Outcome, TrainError> {
    std::fs::rename(plan.scratch, &folder).map_err(TrainError::io(&folder))?;
    Ok(Outcome {
        record,
        cost: read_cost(&folder)?,
        folder,
        reused: false,
    })
}

/// Empties a folder.
fn clear(folder: &Path) -> Result<(), TrainError> {
    std::fs::remove_dir_all(folder).map_err(TrainError::io(folder))?;
    std::fs::create_dir_all(folder).map_err(TrainError::io(folder))
}
