//! The outer loop: every step of a timeline under one strategy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::loader::{LoaderError, TrainingPool};
use super::metrics;
use super::recipe::Recipe;
use super::state::StateError;
use super::step::{self, Progress, StepPlan, Workbench};
use crate::artefact::sha256_of;
use crate::model::{self, CheckpointError, Clip, ModelFile, ModelFiles};
use crate::strategy::{Start, Strategy};
use crate::tokenizer::{Tokenizer, TokenizerError};

/// What stands beside a finished step's weights.
const RECORD: &str = "state/step.json";

/// Why training cannot go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// Training data cannot be read.
    #[error(transparent)]
    Data(#[from] LoaderError),
    /// A model cannot be read or written.
    #[error(transparent)]
    Model(#[from] CheckpointError),
    /// The state of an unfinished step cannot be kept or taken up.
    #[error(transparent)]
    State(#[from] StateError),
    /// The tokenizer cannot go with a model.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A file cannot be read or written.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A finished step belongs to another run.
    #[error(
        "{path} was trained with another recipe, other data or another start; use --overwrite to begin afresh"
    )]
    OtherRun {
        /// The step's folder.
        path: PathBuf,
    },
    /// A batch without two readable pairs.
    #[error("step {step}, update {update}: fewer than two samples of the batch can be read")]
    BrokenBatch {
        /// The time step.
        step: String,
        /// The update.
        update: u64,
    },
    /// The loss is no number any more.
    #[error("step {step}: the loss is {loss} after update {update}; a lower peak-lr may help")]
    Diverged {
        /// The time step.
        step: String,
        /// The update.
        update: u64,
        /// The loss.
        loss: f32,
    },
}

/// `state/step.json`: how a step's weights came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The strategy's name.
    pub strategy: String,
    /// Name of the time step.
    pub step: String,
    /// Position in time, from 0.
    pub index: usize,
    /// Updates made.
    pub updates: u64,
    /// Pairs seen.
    pub samples: u64,
    /// Pairs that were left out because they could not be read.
    pub broken: u64,
    /// Forward multiply-accumulates of this step.
    pub macs: u64,
    /// Checksum over everything that decides the weights.
    pub plan: String,
}

/// Reads the record beside a step's weights; none where there is no such file.
///
/// # Errors
/// [`TrainError::Io`] when the file is there and cannot be read.
pub fn read_step_record(folder: &Path) -> Result<Option<StepRecord>, TrainError> {
    let path = folder.join(RECORD);
    let io_error = |source| TrainError::Io {
        path: path.clone(),
        source,
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| io_error(error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(error)),
    }
}

/// A finished step.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How the weights came to be.
    pub record: StepRecord,
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

/// What a step's training starts from.
#[derive(Clone, Copy)]
enum Ancestor<'a> {
    /// The run's beginning.
    Beginning,
    /// The step before, by the checksum of its plan.
    Previous(&'a str),
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
    checkpoint_every: Duration,
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
    /// [`TrainError`] when a step's shards cannot be read or are empty.
    pub fn open(
        recipe: Recipe,
        steps: &[(String, PathBuf)],
        data_checksum: &str,
        tokenizer: &Arc<Tokenizer>,
        out: &Path,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let pools = steps
            .iter()
            .map(|(_, folder)| TrainingPool::open(folder))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            recipe,
            steps: steps.iter().map(|(name, _)| name.clone()).collect(),
            pools: Arc::new(pools),
            data: data_checksum.to_owned(),
            out: out.to_owned(),
            device: device.clone(),
            tokenizer: Arc::clone(tokenizer),
            beginning: None,
            checkpoint_every: Duration::from_secs(60),
        })
    }

    /// Begins with these weights wherever a strategy begins afresh. The recipe must be for their model.
    #[must_use]
    pub fn with_beginning(mut self, beginning: Option<Beginning>) -> Self {
        self.beginning = beginning;
        self
    }

    /// Keeps the state of an unfinished step that often, instead of every minute.
    #[must_use]
    pub fn with_checkpoint_every(mut self, interval: Duration) -> Self {
        self.checkpoint_every = interval;
        self
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
        let mut previous: Option<String> = None;
        let names: Vec<&str> = self.steps.iter().map(String::as_str).collect();
        for index in 0..self.steps.len() {
            let from = match &previous {
                Some(plan) if strategy.start() != Start::Random => Ancestor::Previous(plan),
                _ => Ancestor::Beginning,
            };
            let outcome = self.step(strategy, index, &names, from, progress)?;
            finished(&outcome)?;
            previous = Some(outcome.record.plan);
        }
        Ok(())
    }

    fn step(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        names: &[&str],
        from: Ancestor<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, TrainError> {
        let name = names[index];
        let home = self.out.join(strategy.name());
        let (folder, scratch) = (home.join(name), home.join(format!("{name}.partial")));
        let metrics = home.join("metrics.jsonl");
        std::fs::create_dir_all(&home).map_err(|source| TrainError::Io {
            path: home.clone(),
            source,
        })?;
        let plan = self.plan(strategy, index, names, from, &scratch, &metrics);
        if let Some(record) = read_step_record(&folder)? {
            if record.plan != plan.checksum {
                return Err(TrainError::OtherRun { path: folder });
            }
            return Ok(Outcome {
                record,
                folder,
                reused: true,
            });
        }
        let record = match self.twin(strategy, &plan)? {
            Some((twin, record)) => {
                let record = copy_step(&twin, &record, &plan, strategy.name())?;
                self.write_tokenizer(&plan)?;
                record
            }
            None => {
                let previous = match from {
                    Ancestor::Beginning => None,
                    Ancestor::Previous(_) => Some(home.join(names[index - 1])),
                };
                self.train(strategy, &plan, previous, progress)?
            }
        };
        std::fs::rename(&scratch, &folder).map_err(|source| TrainError::Io {
            path: folder.clone(),
            source,
        })?;
        Ok(Outcome {
            record,
            folder,
            reused: false,
        })
    }

    fn plan<'a>(
        &self,
        strategy: &dyn Strategy,
        index: usize,
        names: &'a [&'a str],
        from: Ancestor<'_>,
        scratch: &'a Path,
        metrics: &'a Path,
    ) -> StepPlan<'a> {
        let pairs: Vec<u64> = self.pools[..=index]
            .iter()
            .map(|pool| pool.pairs() as u64)
            .collect();
        let shares = strategy.mixture(&pairs);
        let updates = self.recipe.updates(strategy.budget(index));
        let beginning = self.beginning.as_ref();
        let (start, warmup) = match from {
            Ancestor::Beginning => (
                beginning.map_or("random", |beginning| &beginning.checksum),
                self.recipe.warmup_updates.min(updates),
            ),
            Ancestor::Previous(plan) => (plan, 0),
        };
        let recipe = toml::to_string(&self.recipe).expect("a recipe is plain data");
        let mut parts = vec![
            recipe,
            self.data.clone(),
            start.to_owned(),
            format!("{index} {shares:?} {updates} {warmup}"),
        ];
        parts.extend(self.tokenizer.checksum().map(str::to_owned));
        let checksum = sha256_of(parts.join("\u{1f}"));
        StepPlan {
            name: names[index],
            earlier: &names[..index],
            index,
            shares,
            updates,
            warmup,
            checksum,
            scratch,
            metrics,
        }
    }

    /// A step of another strategy that has the same plan.
    fn twin(
        &self,
        strategy: &dyn Strategy,
        plan: &StepPlan<'_>,
    ) -> Result<Option<(PathBuf, StepRecord)>, TrainError> {
        for other in crate::strategy::names() {
            let folder = self.out.join(other).join(plan.name);
            if other == strategy.name() {
                continue;
            }
            if let Some(record) =
                read_step_record(&folder)?.filter(|record| record.plan == plan.checksum)
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
        previous: Option<PathBuf>,
        progress: &dyn Progress,
    ) -> Result<StepRecord, TrainError> {
        let io_error = |source| TrainError::Io {
            path: plan.scratch.to_owned(),
            source,
        };
        std::fs::create_dir_all(plan.scratch).map_err(io_error)?;
        let start = match (&previous, &self.beginning) {
            (Some(folder), _) => model::load(folder, &self.device)?.0,
            (None, Some(beginning)) => beginning.files.load(&self.device)?.0,
            (None, None) => Clip::new(&self.recipe.model, self.recipe.seed, &self.device),
        };
        let start = start.with_precision(self.recipe.precision);
        let bench = Workbench {
            recipe: &self.recipe,
            pools: &self.pools,
            tokenizer: &self.tokenizer,
            device: &self.device,
            progress,
            checkpoint_every: self.checkpoint_every,
        };
        let (trained, broken) = step::train(&bench, plan, start)?;
        let samples = plan.updates * self.recipe.batch_pairs as u64;
        let record = StepRecord {
            strategy: strategy.name().to_owned(),
            step: plan.name.to_owned(),
            index: plan.index,
            updates: plan.updates,
            samples,
            broken,
            macs: samples * self.recipe.model.pair_macs(),
            plan: plan.checksum.clone(),
        };
        clear(plan.scratch)?;
        model::save(&trained, &self.model_file(), plan.scratch)?;
        self.write_tokenizer(plan)?;
        write_record(&record, plan.scratch)?;
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
            std::fs::write(&path, bytes).map_err(|source| TrainError::Io { path, source })?;
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
    let io_error = |source| TrainError::Io {
        path: plan.scratch.to_owned(),
        source,
    };
    std::fs::create_dir_all(plan.scratch).map_err(io_error)?;
    clear(plan.scratch)?;
    for name in [model::checkpoint::WEIGHTS, model::checkpoint::CONFIG] {
        std::fs::copy(twin.join(name), plan.scratch.join(name)).map_err(io_error)?;
    }
    let log = twin.with_file_name("metrics.jsonl");
    let lines = metrics::read(&log).map_err(|source| TrainError::Io { path: log, source })?;
    let mut own =
        metrics::MetricsLog::resume(plan.metrics, plan.earlier, plan.name, 0).map_err(io_error)?;
    for line in lines.iter().filter(|line| line.step == plan.name) {
        own.append(line).map_err(io_error)?;
    }
    let record = StepRecord {
        strategy: strategy.to_owned(),
        ..record.clone()
    };
    write_record(&record, plan.scratch)?;
    Ok(record)
}

/// Empties a folder.
fn clear(folder: &Path) -> Result<(), TrainError> {
    let io_error = |source| TrainError::Io {
        path: folder.to_owned(),
        source,
    };
    std::fs::remove_dir_all(folder).map_err(io_error)?;
    std::fs::create_dir_all(folder).map_err(io_error)
}

fn write_record(record: &StepRecord, folder: &Path) -> Result<(), TrainError> {
    let path = folder.join(RECORD);
    let state = folder.join("state");
    std::fs::create_dir_all(&state).map_err(|source| TrainError::Io {
        path: state.clone(),
        source,
    })?;
    let mut text = serde_json::to_string_pretty(record).expect("a record is plain data");
    text.push('\n');
    std::fs::write(&path, text).map_err(|source| TrainError::Io { path, source })
}
