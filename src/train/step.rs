//! One time step's training: batches in, weights out, continued where it was interrupted.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use xxhash_rust::xxh3::Xxh3;

use super::average::Average;
use super::candidates::{Candidate, Candidates};
use super::curves::CurveFormat;
use super::energy::EnergyMeter;
use super::error::TrainError;
use super::exchange::{Exchange, odd_rank};
use super::gradient::{Objective, Pairs};
use super::learner::{Learner, Told};
use super::loader::{Batch, Loader, TrainingPool};
use super::metrics::UpdateRecord;
use super::outset::Outset;
use super::place::{Place, part_of};
use super::plan::StepPlan;
use super::recipe::Recipe;
use super::record::Cost;
use super::state::{Position, Snapshot, Writer};
use super::update_log::UpdateLog;
use crate::artefact::write_json;

use crate::model::{Clip, KeptPatches, parameters, with_parameters};
use crate::strategy::{HookError, Penalty};
use crate::tokenizer::Tokenizer;

/// The file of averaged weights in a state.
const AVERAGE: &str = "average";
/// The file of the weights that the next step goes on from, once the learning rate has begun to fall.
const TRUNK: &str = "trunk";
/// A loss that no model has that knows nothing: ln of the batch for CLIP, some 10 for SigLIP at its start.
const EXPLODED: f32 = 100.0;

/// What is known after an update.
#[derive(Clone, Copy, Debug)]
pub struct Pulse<'a> {
    /// The time step.
    pub step: &'a str,
    /// Updates done in it.
    pub done: u64,
    /// Updates it has.
    pub updates: u64,
    /// Loss of the last batch.
    pub loss: f32,
    /// Share of the last batch's images and captions whose partner was the nearest.
    pub accuracy: f64,
    /// Since the step was begun or taken up again.
    pub pairs_per_second: f64,
    /// Share of the time since then that went by waiting for data.
    pub waiting_share: f64,
}

/// Told after every update.
pub trait Progress {
    /// An update is done.
    fn update(&self, pulse: &Pulse<'_>);

    /// Something that a person should know.
    fn say(&self, line: &str);
}

/// Scores models on the held-out pairs of a run's steps.
pub trait HeldOut {
    /// Mean recall@1 of a model on the held-out pairs of step `step`, from 0.
    ///
    /// # Errors
    /// When they cannot be read.
    fn recall(&self, model: &Clip, step: usize) -> Result<f64, HookError>;
}

/// What every step of a run uses.
pub(super) struct Workbench<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) pools: &'a Arc<Vec<TrainingPool>>,
    pub(super) tokenizer: &'a Arc<Tokenizer>,
    pub(super) held_out: Option<&'a dyn HeldOut>,
    pub(super) device: &'a Device,
    pub(super) progress: &'a dyn Progress,
    /// The ranks that train together.
    pub(super) exchange: &'a dyn Exchange,
    /// Formats of curves beside `metrics.jsonl`.
    pub(super) curves: &'a [CurveFormat],
    /// Whether the keys of every batch are written.
    pub(super) batch_keys: bool,
    /// How much work a kill may cost.
    pub(super) checkpoint_every: Duration,
    /// Updates after which a state is kept, too.
    pub(super) checkpoint_updates: Option<NonZeroU64>,
    /// States that are kept, the newest: when one is damaged, the one before costs little.
    pub(super) keep_states: usize,
}

/// What becomes of a step.
pub(super) struct Trained {
    /// Its last weights, or their running average.
    pub(super) model: Clip,
    /// What the next step goes on from, where it is not that.
    pub(super) going_on: Option<Clip>,
    pub(super) candidates: Candidates,
    pub(super) broken: u64,
    pub(super) cost: Cost,
}

/// A step in training.
struct Running<'a> {
    bench: &'a Workbench<'a>,
    plan: &'a StepPlan<'a>,
    penalty: Option<&'a dyn Penalty>,
    learner: Learner,
    average: Option<Average>,
    candidates: Candidates,
    /// Where the trunk was left, once it was.
    trunk: Option<Clip>,
    position: Position,
    /// What the step cost before it was taken up again.
    before: Cost,
    /// On the first rank, which writes for all.
    log: Option<UpdateLog<'a>>,
    clock: Clock,
    states: Writer,
    saved: Instant,
}

/// Where the time goes.
struct Clock {
    began: Instant,
    /// Updates done before.
    first: u64,
    waiting: Duration,
    energy: EnergyMeter,
}

/// Trains `start` through the step.
pub(super) fn train(
    bench: &Workbench<'_>,
    plan: &StepPlan<'_>,
    start: Clip,
    penalty: Option<&dyn Penalty>,
) -> Result<Trained, TrainError> {
    let mut running = Running::begin(bench, plan, start, penalty)?;
    let range = running.position.update..plan.rates.updates;
    let mut loader = Loader::start(
        bench.pools,
        &plan.shares,
        bench.recipe,
        bench.tokenizer,
        plan.index as u64,
        range.clone(),
        part_of(bench.recipe.batch_pairs, bench.exchange),
    );
    for _ in range {
        let asked = Instant::now();
        let batch = loader.next()?;
        running.clock.waiting += asked.elapsed();
        running = running.update(batch)?;
    }
    running.end()
}

impl<'a> Running<'a> {
    /// From the start, or where the step was interrupted.
    fn begin(
        bench: &'a Workbench<'a>,
        plan: &'a StepPlan<'a>,
        start: Clip,
        penalty: Option<&'a dyn Penalty>,
    ) -> Result<Self, TrainError> {
        let recipe = bench.recipe;
        let Outset {
            position,
            model,
            adamw,
            mut extra,
        } = Outset::of(bench, plan, start)?;
        let first = bench.exchange.is_first();
        let average = plan
            .average
            .filter(|_| first)
            .map(|decay| match extra.remove(AVERAGE) {
                Some(named) => Average::from_named(decay, named, bench.device),
                None => Average::new(decay, &model),
            });
        let log = first
            .then(|| UpdateLog::resume(plan, position.update, bench.curves, bench.batch_keys))
            .transpose()?;
        let trunk = extra
            .remove(TRUNK)
            .map(|named| with_parameters(model.clone(), named));
        Ok(Self {
            bench,
            plan,
            penalty,
            learner: Learner::resume(model, adamw, Objective::of(recipe), bench.device),
            average,
            candidates: Candidates::resume(plan.scratch, position.update),
            trunk,
            clock: Clock {
                began: Instant::now(),
                first: position.update,
                waiting: Duration::ZERO,
                energy: EnergyMeter::start(),
            },
            before: position.cost,
            position,
            log,
            states: Writer::new(plan.scratch, bench.keep_states),
            saved: Instant::now(),
        })
    }

    fn update(mut self, batch: Batch) -> Result<Self, TrainError> {
        let (plan, recipe) = (self.plan, self.bench.recipe);
        let first = self.bench.exchange.is_first();
        if first && plan.rates.trunk() == Some(self.position.update) {
            self.trunk = Some(self.learner.plain_model());
        }
        let place = Place::of(&batch, self.bench.exchange);
        self.position.broken += place.broken;
        if place.all < 2 {
            return Err(TrainError::BrokenBatch {
                step: plan.name.to_owned(),
                update: self.position.update,
            });
        }
        let rate = plan.rates.at(self.position.update);
        let side = recipe.model.vision_cfg.image_size;
        let shape = [batch.texts.captions(), 3, side, side];
        let pixels = TensorData::new(batch.pixels, shape);
        let pairs = Pairs {
            images: Tensor::from_data(pixels, self.bench.device),
            texts: Cow::Borrowed(&batch.texts),
            kept: self.kept(&place),
        };
        let told;
        (self.learner, told) = self.learner.learn(pairs, &place, self.penalty, rate);
        self.position.update += 1;
        // Of all ranks, which is why every one of them tells its own.
        let keys = self.bench.batch_keys.then(|| place.keys(&batch.keys));
        if let Some((log, keys)) = self.log.as_mut().zip(keys) {
            log.append_batch(plan.name, self.position.update, keys)?;
        }
        if told.loss.is_nan() || told.loss.abs() >= EXPLODED {
            let keys = place.keys(&batch.keys);
            return Err(self.diverged(told.loss, &keys)?);
        }
        if !first {
            return Ok(self);
        }
        if let Some(average) = &mut self.average {
            average.update(self.learner.model(), self.position.update);
        }
        self.tell(told, rate)?;
        self.keep()?;
        Ok(self)
    }

    /// The patches that are seen of the own images of the next update, where some are left out.
    fn kept(&self, place: &Place<'_>) -> Option<KeptPatches> {
        let recipe = self.bench.recipe;
        let share = recipe.dropped_patches();
        (share > 0.0).then(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed ^ 0x7061_7463_6800);
            rng.set_stream(((self.plan.index as u64) << 40) | self.position.update);
            let vision = &recipe.model.vision_cfg;
            let patches = vision.patches();
            KeptPatches::draw(place.all, patches, share, &mut rng).of(place.own.clone())
        })
    }

    /// The error, and the batch's keys in a file that stays.
    fn diverged(&self, loss: f32, keys: &[String]) -> Result<TrainError, TrainError> {
        let (step, update) = (self.plan.name.to_owned(), self.position.update);
        let path = self.plan.scratch.join("diverged.json");
        if self.bench.exchange.is_first() {
            let loss_text = loss.to_string();
            let what = json!({"step": step, "update": update, "loss": loss_text, "keys": keys});
            write_json(&path, &what)?;
        }
        Ok(TrainError::Diverged {
            step,
            update,
            loss,
            keys: path,
        })
    }

    fn tell(&mut self, told: Told, rate: f64) -> Result<(), TrainError> {
        let (plan, batch_pairs) = (self.plan, self.bench.recipe.batch_pairs as u64);
        let done = self.position.update;
        let record = UpdateRecord {
            step: plan.name.to_owned(),
            update: done,
            samples: done * batch_pairs,
            loss: told.loss,
            accuracy: told.accuracy,
            learning_rate: rate,
            temperature: self.learner.model().temperature(),
            gradient_norm: told.gradient_norm,
        };
        if let Some(log) = &mut self.log {
            log.append(&record)?;
        }
        // Read often: its counters begin again at 0 after some minutes.
        self.clock.energy.read();
        let seconds = self.clock.began.elapsed().as_secs_f64();
        self.bench.progress.update(&Pulse {
            step: plan.name,
            done,
            updates: plan.rates.updates,
            loss: told.loss,
            accuracy: told.accuracy,
            pairs_per_second: ((done - self.clock.first) * batch_pairs) as f64 / seconds,
            waiting_share: self.clock.waiting.as_secs_f64() / seconds,
        });
        Ok(())
    }

    /// Looks at the weights when that is due, and saves the state when that is.
    fn keep(&mut self) -> Result<(), TrainError> {
        let (plan, done) = (self.plan, self.position.update);
        if Candidates::due(done, plan.rates.updates, plan.candidates) {
            let model = self.result();
            let recall = self.recall(&model)?;
            let candidate = Candidate {
                update: done,
                recall,
            };
            self.candidates.add(candidate, &model, plan.scratch)?;
        }
        let counted = self.bench.checkpoint_updates;
        let due = self.saved.elapsed() >= self.bench.checkpoint_every
            || counted.is_some_and(|updates| done.is_multiple_of(updates.get()));
        if due && done < plan.rates.updates {
            self.position.cost = self.cost();
            let snapshot = Snapshot::new(&self.position, &self.learner);
            let snapshot = match &self.average {
                Some(average) => snapshot.with_tensors(AVERAGE, average.tensors()),
                None => snapshot,
            };
            let snapshot = match &self.trunk {
                Some(trunk) => snapshot.with_model(TRUNK, trunk),
                None => snapshot,
            };
            if let Some(log) = &self.log {
                // After a power cut the state must not know of updates that the log does not.
                log.sync()?;
            }
            self.states.save(snapshot)?;
            self.saved = Instant::now();
        }
        Ok(())
    }

    /// The weights the step would end with now.
    fn result(&self) -> Clip {
        let model = self.learner.plain_model();
        match &self.average {
            Some(average) => average.of(&model),
            None => model,
        }
    }

    fn recall(&self, model: &Clip) -> Result<f64, TrainError> {
        let held_out = self
            .bench
            .held_out
            .expect("candidates are compared only where pairs are held out");
        held_out
            .recall(model, self.plan.index)
            .map_err(|source| TrainError::HeldOut {
                step: self.plan.name.to_owned(),
                source,
            })
    }

    /// What the step has cost so far, over all interruptions.
    fn cost(&mut self) -> Cost {
        let (before, used) = (self.before, self.clock.energy.read());
        // What one call does not know, the sum does not know either.
        let begun = before.seconds > 0.0;
        let joules_before = if begun { before.joules } else { Some(0.0) };
        Cost {
            seconds: before.seconds + used.seconds,
            waiting_seconds: before.waiting_seconds + self.clock.waiting.as_secs_f64(),
            joules: joules_before
                .zip(used.joules)
                .map(|(before, now)| before + now),
        }
    }

    fn end(mut self) -> Result<Trained, TrainError> {
        let (plan, updates) = (self.plan, self.plan.rates.updates);
        let (model, cost) = (self.result(), self.cost());
        let mut going_on = self.trunk.take();
        let exchange = self.bench.exchange;
        let first = exchange.is_first();
        if exchange.ranks() > 1 {
            let odd = odd_rank(exchange, &checksum(self.learner.model()));
            if let Some((rank, _)) = odd.filter(|_| first) {
                self.bench.progress.say(&format!(
                    "rank {rank} has rounded otherwise than rank 0: are their processors of one kind?"
                ));
            }
        }
        if plan.candidates > 1 && first {
            let recall = self.recall(&model)?;
            let better = self.candidates.better_than(recall, &model, plan.scratch)?;
            going_on = going_on.or(better);
            let update = updates;
            self.candidates.seen.push(Candidate { update, recall });
        }
        self.states.finish()?;
        Ok(Trained {
            cost,
            model,
            going_on,
            candidates: self.candidates,
            broken: self.position.broken,
        })
    }
}

/// A checksum of a model's weights.
fn checksum(model: &Clip) -> [u8; 16] {
    let mut sum = Xxh3::new();
    for tensor in parameters(model).values() {
        sum.update(bytemuck::cast_slice(&tensor.values));
    }
    sum.digest128().to_le_bytes()
}
