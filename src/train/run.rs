//! The outer loop: every step of a timeline under one strategy.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::candidates;
use super::curves::CurveFormat;
use super::error::TrainError;
use super::exchange::{Alone, Exchange, odd_rank, of_first, shared_model};
use super::loader::TrainingPool;
use super::metrics;
use super::past::{RunPast, StepBefore, left_file};
use super::plan::{Fingerprint, StepPlan};
use super::recipe::Recipe;
use super::record::{Cost, StepRecord, read_cost, read_step_record, write_cost, write_step_record};
use super::schedule::Rates;
use super::step::{self, HeldOut, Progress, Trained, Workbench};
use crate::artefact::write_json;
use crate::model::checkpoint::{read_named, write_tensors};
use crate::model::{self, Clip, ModelFile, ModelFiles, parameters, with_parameters};
use crate::strategy::{Merged, Penalty, Start, Strategy};
use crate::tokenizer::Tokenizer;

/// What the next step goes on from, where that is not the step's own weights.
const GOING_ON: &str = "going-on";

/// A finished step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// How the weights came to be.
    pub record: StepRecord,
    /// What they cost, where that is known.
    pub cost: Option<Cost>,
    /// Where they are.
    pub folder: PathBuf,
    /// Whether the step was there already.
    pub reused: bool,
}

/// Weights that a run begins with, instead of random ones.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Where they are.
    pub files: ModelFiles,
    /// Checksum of them.
    pub checksum: String,
}

/// A run through time: data, recipe and where results go.
pub struct Through {
    recipe: Recipe,
    steps: Vec<String>,
    pools: Arc<Vec<TrainingPool>>,
    /// Checksum of the training data.
    data: String,
    out: PathBuf,
    device: Device,
    tokenizer: Arc<Tokenizer>,
    beginning: Option<Beginning>,
    /// Or the first step that has none.
    held_out: Result<Box<dyn HeldOut>, String>,
    checkpoint_every: Duration,
    checkpoint_updates: Option<NonZeroU64>,
    keep_states: usize,
    curves: Vec<CurveFormat>,
    batch_keys: bool,
    exchange: Rc<dyn Exchange>,
}

impl std::fmt::Debug for Through {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Through")
            .field("recipe", &self.recipe.name)
            .field("out", &self.out)
            .finish_non_exhaustive()
    }
}

impl Through {
    /// Opens the shards of every step, in time order; `steps` are names and folders.
    ///
    /// # Errors
    /// [`TrainError`] when a step's shards cannot be read, hold less than a batch, or have no budget.
    pub fn open(
        recipe: Recipe,
        steps: &[(String, PathBuf)],
        data_checksum: &str,
        tokenizer: &Arc<Tokenizer>,
        out: &Path,
        device: &Device,
    ) -> Result<Self, TrainError> {
        recipe.budgets(steps.len())?;
        let pools = steps
            .iter()
            .map(|(_, folder)| TrainingPool::open(folder))
            .collect::<Result<Vec<_>, _>>()?;
        for ((step, _), pool) in steps.iter().zip(&pools) {
            if pool.pairs() < recipe.batch_pairs {
                return Err(TrainError::FewPairs {
                    step: step.clone(),
                    pairs: pool.pairs(),
                    batch: recipe.batch_pairs,
                });
            }
        }
        Ok(Self {
            recipe,
            held_out: Err(steps
                .first()
                .map(|(name, _)| name.clone())
                .unwrap_or_default()),
            steps: steps.iter().map(|(name, _)| name.clone()).collect(),
            pools: Arc::new(pools),
            data: data_checksum.to_owned(),
            out: out.to_owned(),
            device: device.clone(),
            tokenizer: Arc::clone(tokenizer),
            beginning: None,
            checkpoint_every: Duration::from_secs(60),
            checkpoint_updates: None,
            keep_states: 2,
            curves: Vec::new(),
            batch_keys: false,
            exchange: Rc::new(Alone),
        })
    }

    /// Begins with these weights wherever a strategy begins afresh. The recipe must be for their model.
    #[must_use]
    pub fn with_beginning(mut self, beginning: Option<Beginning>) -> Self {
        self.beginning = beginning;
        self
    }

    /// Scores models on the held-out pairs of all steps, for strategies that decide by them; or is told the first step
    /// that has none.
    #[must_use]
    pub fn with_held_out(mut self, held_out: Result<Box<dyn HeldOut>, String>) -> Self {
        self.held_out = held_out;
        self
    }

    /// Keeps the state of an unfinished step that often, instead of every minute.
    #[must_use]
    pub fn with_checkpoint_every(mut self, interval: Duration) -> Self {
        self.checkpoint_every = interval;
        self
    }

    /// Keeps the state after every so many updates, too.
    #[must_use]
    pub fn with_checkpoint_updates(mut self, updates: Option<NonZeroU64>) -> Self {
        self.checkpoint_updates = updates;
        self
    }

    /// Writes curves in these formats, too.
    #[must_use]
    pub fn with_curves(mut self, formats: &[CurveFormat]) -> Self {
        self.curves = formats.to_vec();
        self
    }

    /// Writes the keys of every batch, too.
    #[must_use]
    pub fn with_batch_keys(mut self, wanted: bool) -> Self {
        self.batch_keys = wanted;
        self
    }

    /// Keeps so many states of an unfinished step, the newest, instead of two.
    #[must_use]
    pub fn with_states(mut self, keep: usize) -> Self {
        self.keep_states = keep;
        self
    }

    /// Trains together with other ranks, each on its part of every batch. All make the same calls; the first alone writes.
    ///
    /// # Errors
    /// When a batch has not a pair for each.
    pub fn with_ranks(mut self, exchange: Rc<dyn Exchange>) -> Result<Self, TrainError> {
        let (ranks, batch) = (exchange.ranks(), self.recipe.batch_pairs);
        if ranks > batch {
            return Err(TrainError::ManyRanks { ranks, batch });
        }
        self.exchange = exchange;
        Ok(self)
    }

    /// Refuses a strategy that cannot have what it needs.
    ///
    /// # Errors
    /// When it decides by held-out pairs, and a step has none.
    pub fn check(&self, strategy: &dyn Strategy) -> Result<(), TrainError> {
        match &self.held_out {
            Err(missing) if strategy.needs_held_out() => Err(TrainError::NoHeldOut {
                strategy: strategy.name().to_owned(),
                missing: missing.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Updates that a strategy makes in each step.
    ///
    /// # Errors
    /// When the recipe has not a budget for every step.
    pub fn updates(&self, strategy: &dyn Strategy) -> Result<Vec<u64>, TrainError> {
        let granted = self.recipe.budgets(self.steps.len())?;
        let of_step = |index| self.recipe.updates(strategy.budget(&granted[..=index]));
        Ok((0..granted.len()).map(of_step).collect())
    }

    /// Trains one strategy through all steps; `finished` is told of each step, in order.
    ///
    /// Steps that are finished already are not trained again. A step that another strategy under
    /// the same output folder has trained in the very same way (the first one, mostly) is copied.
    ///
    /// # Errors
    /// [`TrainError`]; what was finished stays.
    pub fn strategy<E: From<TrainError>>(
        &self,
        strategy: &dyn Strategy,
        progress: &dyn Progress,
        mut finished: impl FnMut(&Outcome) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check(strategy)?;
        let names: Vec<&str> = self.steps.iter().map(String::as_str).collect();
        let updates = self.updates(strategy)?;
        let mut previous: Option<String> = None;
        for (index, updates) in updates.into_iter().enumerate() {
            let from = previous.filter(|_| strategy.start() != Start::Random);
            let outcome = self.step(strategy, index, updates, &names, from.as_deref(), progress)?;
            finished(&outcome)?;
            previous = Some(outcome.record.plan);
        }
        Ok(())
    }

    /// One step; `from` is the plan of the step before where it goes on from there.
    fn step(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        updates: u64,
        names: &[&str],
        from: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<Outcome, TrainError> {
        let name = names[index];
        let home = self.out.join(strategy.name());
        let scratch = home.join(format!("{name}.partial"));
        let metrics = home.join("metrics.jsonl");
        let plan = self.plan(strategy, index, updates, names, from, &scratch, &metrics);
        let exchange = self.exchange.as_ref();
        let own = plan.fingerprint.as_str().as_bytes();
        if let Some((rank, other)) = odd_rank(exchange, own) {
            let other = String::from_utf8_lossy(&other);
            let differs = plan.fingerprint.differs_in(&other);
            return Err(TrainError::OtherRank { rank, differs });
        }
        match of_first(exchange, || self.found(strategy, &plan, &home))? {
            Some(outcome) => Ok(outcome),
            None => self.train(strategy, &plan, &home, progress),
        }
    }

    /// A step that is there, or that another strategy has trained in the very same way.
    fn found(
        &self,
        strategy: &dyn Strategy,
        plan: &StepPlan<'_>,
        home: &Path,
    ) -> Result<Option<Outcome>, TrainError> {
        std::fs::create_dir_all(home).map_err(TrainError::io(home))?;
        let folder = home.join(plan.name);
        if let Some(record) = read_step_record(&folder)? {
            if record.plan != plan.fingerprint.as_str() {
                return Err(TrainError::OtherRun {
                    path: folder,
                    differs: plan.fingerprint.differs_in(&record.plan),
                });
            }
            return Ok(Some(Outcome {
                record,
                cost: read_cost(&folder)?,
                folder,
                reused: true,
            }));
        }
        let Some((twin, record)) = self.twin(strategy, plan)? else {
            return Ok(None);
        };
        let record = copy_step(&twin, &record, plan, strategy.name())?;
        self.write_tokenizer(plan)?;
        finish(record, plan, folder).map(Some)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "all of them decide what a step does"
    )]
    fn plan<'a>(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        updates: u64,
        names: &'a [&'a str],
        from: Option<&str>,
        scratch: &'a Path,
        metrics: &'a Path,
    ) -> StepPlan<'a> {
        let recipe = &self.recipe;
        let pairs: Vec<u64> = self.pools[..=index]
            .iter()
            .map(|pool| pool.pairs() as u64)
            .collect();
        let shares = strategy.mixture(&pairs);
        let (warmup, peak) = match from {
            None => (recipe.warmup_updates, recipe.peak_lr),
            Some(_) => (
                recipe.rewarm_updates,
                recipe.peak_lr * recipe.lr_decay_per_step.powi(index as i32),
            ),
        };
        let rates = Rates {
            schedule: recipe.schedule,
            updates,
            warmup: warmup.min(updates),
            peak,
            decay_share: recipe.decay_share,
        };
        let average = recipe.ema_decay.or(strategy.average());
        // A trunk is where the next step starts; without held-out pairs there is nothing to compare by.
        let compares = self.held_out.is_ok() && rates.trunk().is_none();
        let candidates = if compares { strategy.candidates() } else { 1 };
        let fingerprint = self.fingerprint(strategy, index, from, candidates, |course| {
            course.push(format!("{index} {shares:?} {rates:?} {average:?}"));
        });
        StepPlan {
            name: names[index],
            earlier: &names[..index],
            index,
            continues: from.is_some(),
            shares,
            rates,
            average,
            candidates,
            fingerprint,
            scratch,
            metrics,
        }
    }

    /// A strategy's method, and its choice among candidates, count where a step continues: first steps can be shared.
    fn fingerprint(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        from: Option<&str>,
        candidates: u64,
        course: impl FnOnce(&mut Vec<String>),
    ) -> Fingerprint {
        // Keys of other strategies change nothing; a strategy's own are in its method or its mixture.
        let recipe = Recipe {
            strategy: std::collections::BTreeMap::new(),
            ..self.recipe.clone()
        };
        let recipe = toml::to_string(&recipe).expect("a recipe is plain data");
        let beginning = self.beginning.as_ref();
        let beginning = beginning.map_or("random", |beginning| &beginning.checksum);
        let mut start = vec![from.unwrap_or(beginning).to_owned()];
        let mut parts = Vec::new();
        course(&mut parts);
        if from.is_some() {
            parts.extend(strategy.method());
            start.push(format!("best of {candidates}"));
        }
        let mut data = vec![self.data.clone()];
        // What lies on disk may not be what was written there any more.
        let seen = self.pools[..=index].iter();
        data.extend(seen.map(|pool| pool.checksum().to_owned()));
        data.extend(self.tokenizer.checksum().map(str::to_owned));
        let joined = |parts: Vec<String>| parts.join("\u{1f}");
        Fingerprint::new(&recipe, &joined(data), &joined(start), &joined(parts))
    }

    /// A step of another strategy that has the same plan, and what this one needs beside the weights.
    fn twin(
        &self,
        strategy: &dyn Strategy,
        plan: &StepPlan<'_>,
    ) -> Result<Option<(PathBuf, StepRecord)>, TrainError> {
        for other in crate::strategy::names() {
            let folder = self.out.join(other).join(plan.name);
            let complete =
                plan.candidates == 1 || folder.join("state").join(candidates::LIST).is_file();
            if other == strategy.name() || !complete {
                continue;
            }
            if let Some(record) =
                read_step_record(&folder)?.filter(|record| record.plan == plan.fingerprint.as_str())
            {
                return Ok(Some((folder, record)));
            }
        }
        Ok(None)
    }

    fn train(
        &self,
        strategy: &dyn Strategy,
        plan: &StepPlan<'_>,
        home: &Path,
        progress: &dyn Progress,
    ) -> Result<Outcome, TrainError> {
        let exchange = self.exchange.as_ref();
        if exchange.is_first() {
            std::fs::create_dir_all(plan.scratch).map_err(TrainError::io(plan.scratch))?;
        }
        let bench = Workbench {
            recipe: &self.recipe,
            pools: &self.pools,
            tokenizer: &self.tokenizer,
            held_out: self.held_out.as_deref().ok(),
            device: &self.device,
            progress,
            exchange,
            curves: &self.curves,
            batch_keys: self.batch_keys,
            checkpoint_every: self.checkpoint_every,
            checkpoint_updates: self.checkpoint_updates,
            keep_states: self.keep_states,
        };
        let refused = |source| TrainError::Strategy {
            strategy: strategy.name().to_owned(),
            step: plan.name.to_owned(),
            source,
        };
        let before = plan.earlier.last().map(|name| home.join(name));
        let before = before.filter(|_| plan.continues);
        let start = self.start(before.as_deref())?;
        let penalty = match &before {
            Some(folder) => {
                let before = StepBefore {
                    bench: &bench,
                    index: plan.index,
                    start: &start,
                    folder,
                };
                strategy.penalty(&before).map_err(refused)?
            }
            None => None,
        };
        let trained = step::train(&bench, plan, start.clone(), penalty.as_deref())?;
        of_first(exchange, || {
            let merged = if plan.continues {
                let past = RunPast {
                    bench: &bench,
                    index: plan.index,
                    start: &start,
                    first: &home.join(plan.earlier[0]),
                };
                strategy.merge(&trained.model, &past).map_err(refused)?
            } else {
                None
            };
            let record = self.write(strategy, plan, trained, merged, penalty.as_deref())?;
            finish(record, plan, home.join(plan.name))
        })
    }

    /// What a step starts from: the first rank knows.
    fn start(&self, before: Option<&Path>) -> Result<Clip, TrainError> {
        let start = match (before, &self.beginning) {
            (Some(folder), _) if self.exchange.is_first() => {
                let (model, _) = model::load(folder, &self.device)?;
                let other = left_file(folder, GOING_ON);
                if other.is_file() {
                    with_parameters(model, read_named(&other)?)
                } else {
                    model
                }
            }
            (None, Some(beginning)) => beginning.files.load(&self.device)?.0,
            _ => Clip::new(&self.recipe.model, self.recipe.seed, &self.device),
        };
        let start = shared_model(self.exchange.as_ref(), start);
        Ok(start.with_precision(self.recipe.precision))
    }

    /// Puts what a step has become into its folder, in place of its state.
    fn write(
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
    fn write_tokenizer(&self, plan: &StepPlan<'_>) -> Result<(), TrainError> {
        for (name, bytes) in self.tokenizer.files()? {
            let path = plan.scratch.join(name);
            std::fs::write(&path, bytes).map_err(TrainError::io(&path))?;
        }
        Ok(())
    }
}

/// Takes over another strategy's weights and metrics of a step.
fn copy_step(
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
fn finish(record: StepRecord, plan: &StepPlan<'_>, folder: PathBuf) -> Result<Outcome, TrainError> {
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
