//! One time step's training: batches in, weights out, continued where it was interrupted.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};

use super::adamw::AdamW;
use super::learner::Learner;
use super::loader::{Loader, TrainingPool};
use super::metrics::{MetricsLog, UpdateRecord};
use super::recipe::Recipe;
use super::run::TrainError;
use super::schedule;
use super::state::{self, Position, Snapshot, Writer, Written};
use crate::model::Clip;
use crate::tokenizer::Tokenizer;

/// States of an unfinished step that are kept: when the newest is damaged, the one before costs little.
const KEPT_STATES: usize = 2;

/// Told after every update.
pub trait Progress {
    /// `done` of `updates` updates of a step are done, the last with this loss.
    fn update(&self, step: &str, done: u64, updates: u64, loss: f32, pairs_per_second: f64);
}

/// All that decides what a step's training does.
pub(super) struct StepPlan<'a> {
    /// Name of the time step.
    pub(super) name: &'a str,
    /// Names of the steps before it.
    pub(super) earlier: &'a [&'a str],
    /// Position in time, from 0.
    pub(super) index: usize,
    /// Share of each step's pairs, up to this one.
    pub(super) shares: Vec<f64>,
    pub(super) updates: u64,
    pub(super) warmup: u64,
    /// Checksum over recipe, data, start and this plan.
    pub(super) checksum: String,
    /// Folder for the state while the step is unfinished.
    pub(super) scratch: &'a Path,
    /// The strategy's `metrics.jsonl`.
    pub(super) metrics: &'a Path,
}

/// What every step of a run uses.
pub(super) struct Workbench<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) pools: &'a Arc<Vec<TrainingPool>>,
    pub(super) tokenizer: &'a Arc<Tokenizer>,
    pub(super) device: &'a Device,
    pub(super) progress: &'a dyn Progress,
    /// How much work a kill may cost.
    pub(super) checkpoint_every: Duration,
}

/// Trains `start` through the step; returns the weights and the number of samples left out.
pub(super) fn train(
    bench: &Workbench<'_>,
    plan: &StepPlan<'_>,
    start: Clip,
) -> Result<(Clip, u64), TrainError> {
    let recipe = bench.recipe;
    let found = state::load(
        plan.scratch,
        &plan.checksum,
        &start,
        recipe.weight_decay,
        bench.device,
    )?;
    let (mut position, model, adamw) = match found.state {
        Some(state) => (state.position, state.model, state.adamw),
        None => {
            let position = Position {
                plan: plan.checksum.clone(),
                update: 0,
                broken: 0,
            };
            (position, start, AdamW::new(recipe.weight_decay))
        }
    };
    for damaged in &found.damaged {
        tracing::warn!("{damaged}; going on from update {}", position.update);
    }
    let mut log = MetricsLog::resume(plan.metrics, plan.earlier, plan.name, position.update)
        .map_err(|source| TrainError::Io {
            path: plan.metrics.to_owned(),
            source,
        })?;
    let mut learner = Learner::resume(model, adamw, bench.device);
    let side = recipe.model.vision_cfg.image_size;
    let range = position.update..plan.updates;
    let mut loader = Loader::start(
        bench.pools,
        &plan.shares,
        recipe,
        bench.tokenizer,
        plan.index as u64,
        range,
    );
    let (began, first) = (Instant::now(), position.update);
    let mut saved = Instant::now();
    let mut states = Writer::new(plan.scratch, KEPT_STATES);
    while position.update < plan.updates {
        let batch = loader.next()?;
        position.broken += batch.broken;
        if batch.texts.captions() < 2 {
            return Err(TrainError::BrokenBatch {
                step: plan.name.to_owned(),
                update: position.update,
            });
        }
        let rate = schedule::cosine(position.update, plan.updates, plan.warmup, recipe.peak_lr);
        let shape = [batch.texts.captions(), 3, side, side];
        let images = Tensor::from_data(TensorData::new(batch.pixels, shape), bench.device);
        let loss;
        (learner, loss) = learner.update(images, &batch.texts, rate);
        position.update += 1;
        if !loss.is_finite() {
            return Err(TrainError::Diverged {
                step: plan.name.to_owned(),
                update: position.update,
                loss,
            });
        }
        let record = UpdateRecord {
            step: plan.name.to_owned(),
            update: position.update,
            samples: position.update * recipe.batch_pairs as u64,
            loss,
            learning_rate: rate,
            temperature: learner.model().temperature(),
        };
        log.append(&record).map_err(|source| TrainError::Io {
            path: log.path().to_owned(),
            source,
        })?;
        let pairs = ((position.update - first) * recipe.batch_pairs as u64) as f64;
        bench.progress.update(
            plan.name,
            position.update,
            plan.updates,
            loss,
            pairs / began.elapsed().as_secs_f64(),
        );
        if saved.elapsed() >= bench.checkpoint_every && position.update < plan.updates {
            tell(states.save(Snapshot::new(&position, &learner))?);
            saved = Instant::now();
        }
    }
    tell(states.finish()?);
    Ok((learner.into_model(), position.broken))
}

fn tell(written: Option<Written>) {
    if let Some(written) = written {
        let Written {
            update,
            bytes,
            took,
            ..
        } = written;
        tracing::debug!(update, bytes, ?took, "the state of training is kept");
    }
}
