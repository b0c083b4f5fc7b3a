//! The outer loop: every step of a timeline under one strategy.

mod planned;
mod written;

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
use super::past::{RunPast, StepBefore, left_file};
use super::plan::StepPlan;
use super::recipe::Recipe;
use super::record::{Cost, StepRecord, read_cost, read_step_record};
use super::step::{self, HeldOut, Progress, Workbench};
use crate::model::checkpoint::read_named;
use crate::model::{self, Clip, ModelFiles, with_parameters};
use crate::strategy::{Start, Strategy};
use crate::tokenizer::Tokenizer;
use written::{copy_step, finish};

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
}
