//! `train`: shards, a recipe and strategies in, a checkpoint of every step out.

mod own_pairs;
mod ranks;
mod summary;
mod update_bar;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::bars::Bars;
use super::eval::Evaluation;
use super::failure::Failure;
use super::nearby::nearby;
use super::{Context, Summary, tokenizer};
use crate::artefact::{Artefact, Opened, Origin, sha256_of_file};
use crate::cli::{ComputeArgs, EvalArgs, TrainArgs};
use crate::device;
use crate::model::ModelFiles;
use crate::score::ModelFolder;
use crate::shard::{STEPS_FILE, StepsRecord};
use crate::strategy::{self, Strategy};
use crate::tokenizer::Tokenizer;
use crate::train::{BATCHES, Beginning, CSV, EVENTS, Exchange, Outcome, Recipe, Through, launched};
use summary::summary;
use update_bar::UpdateBar;

/// Everything a call of `train` needs, checked before the first update.
pub(super) struct Training {
    recipe: Recipe,
    beginning: Option<Beginning>,
    tokenizer: Arc<Tokenizer>,
    strategies: Vec<Box<dyn Strategy>>,
    steps: Vec<String>,
    shards: Origin,
    device: burn::tensor::Device,
    pub(super) device_name: String,
}

pub(super) fn run(args: &TrainArgs, context: &Context) -> Result<Summary, Failure> {
    let exchange = launched()?;
    let trained = near(args, &context.bars, exchange.as_ref()).and_then(|args| {
        if exchange.is_first() {
            train(&args, &context.bars, &exchange)
        } else {
            ranks::follow(&args, &exchange)
        }
    });
    trained.map_err(|failure| ranks::end(exchange.as_ref(), failure, &context.bars))
}

/// The same call with its shards in a local folder: the first rank brings them, the others are told where they are.
fn near(args: &TrainArgs, bars: &Bars, exchange: &dyn Exchange) -> Result<TrainArgs, Failure> {
    let own = if exchange.is_first() {
        nearby(&args.data, args.work.as_deref(), bars)?
    } else {
        PathBuf::new()
    };
    let data = exchange.tell(own.to_string_lossy().into_owned().into_bytes());
    Ok(TrainArgs {
        data: PathBuf::from(String::from_utf8_lossy(&data).into_owned()),
        given: Some(args.data.clone()),
        ..args.clone()
    })
}

fn train(args: &TrainArgs, bars: &Bars, exchange: &Rc<dyn Exchange>) -> Result<Summary, Failure> {
    let training = Training::prepare(args)?;
    let mut evaluation = training.evaluation(args)?;
    let outcomes = training.run(args, bars, exchange, &mut |outcome| {
        if let Some(evaluation) = &mut evaluation {
            let model = ModelFolder::open(&outcome.folder, None, None)?;
            evaluation.score(&[&model], bars)?;
        }
        Ok(())
    })?;
    summary(args, &training, &outcomes, evaluation.as_ref())
}

impl Training {
    pub(super) fn prepare(args: &TrainArgs) -> Result<Self, Failure> {
        let mut recipe = Recipe::find(&args.recipe)?;
        recipe.samples_per_step = args.samples_per_step.unwrap_or(recipe.samples_per_step);
        recipe.seed = args.seed.unwrap_or(recipe.seed);
        recipe.precision = args.precision.unwrap_or(recipe.precision);
        let named = tokenizer(args.tokenizer.as_deref())?;
        let beginning = beginning(args, named.as_ref())?;
        if let Some(beginning) = &beginning {
            recipe = recipe.for_model(&beginning.files.file);
        }
        recipe.check()?;
        let of_model = || beginning.as_ref()?.files.tokenizer.clone();
        let tokenizer = match named.or_else(of_model) {
            Some(tokenizer) => tokenizer,
            None => Arc::new(Tokenizer::clip()?),
        };
        tokenizer.files()?;
        let text = &recipe.model.text_cfg;
        tokenizer.check(text.vocab_size, text.context_length)?;
        let strategies = chosen(&args.strategy, &recipe)?;
        let record = StepsRecord::read(&args.data).map_err(Failure::wrong_input)?;
        let shards = Origin::read(&args.data.join(crate::artefact::ORIGIN_FILE))?;
        let shards = shards.ok_or_else(|| {
            let folder = args.data.display();
            Failure::wrong_input(anyhow::anyhow!(
                "{folder}: the shards are not finished; run `ticclip shard` again"
            ))
        })?;
        let (device, device_name) = device::open(args.device)?;
        recipe
            .precision
            .check(&device)
            .map_err(Failure::wrong_input)?;
        let steps = record.steps.into_iter().map(|step| step.name).collect();
        Ok(Self {
            recipe,
            beginning,
            tokenizer,
            strategies,
            steps,
            shards,
            device,
            device_name,
        })
    }

    /// What scores every step's model, if that is asked for.
    fn evaluation(&self, args: &TrainArgs) -> Result<Option<Evaluation>, Failure> {
        if args.evaluate.is_empty() {
            return Ok(None);
        }
        let eval = EvalArgs {
            compute: ComputeArgs {
                device: args.device,
                precision: self.recipe.precision,
            },
            overwrite: args.overwrite,
            ..EvalArgs::of(
                args.out.clone(),
                args.evaluate.clone(),
                args.data.clone(),
                args.out.clone(),
            )
        };
        Evaluation::prepare(&eval, &args.out).map(Some)
    }

    /// Trains every strategy in turn; `finished` is told of each step.
    pub(super) fn run(
        &self,
        args: &TrainArgs,
        bars: &Bars,
        exchange: &Rc<dyn Exchange>,
        finished: &mut dyn FnMut(&Outcome) -> Result<(), Failure>,
    ) -> Result<Vec<Outcome>, Failure> {
        let folder = |step: &String| (step.clone(), args.data.join("train").join(step));
        let steps: Vec<(String, PathBuf)> = self.steps.iter().map(folder).collect();
        let through = Through::open(
            self.recipe.clone(),
            &steps,
            &self.shards.fingerprint(),
            &self.tokenizer,
            &args.out,
            &self.device,
        )?;
        let held_out = own_pairs::open(
            &args.data,
            &self.steps,
            &self.recipe,
            &self.tokenizer,
            &self.device,
        )?;
        let through = through
            .with_beginning(self.beginning.clone())
            .with_held_out(held_out)
            .with_checkpoint_every(Duration::from_secs(args.checkpoint_seconds))
            .with_checkpoint_updates(args.checkpoint_updates)
            .with_states(args.keep_checkpoints.into())
            .with_curves(&args.curves)
            .with_batch_keys(args.batch_keys)
            .with_ranks(Rc::clone(exchange))?;
        for strategy in &self.strategies {
            through.check(strategy.as_ref())?;
        }
        let mut outcomes = Vec::new();
        for strategy in &self.strategies {
            let entries = entries(&self.steps);
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            let home = args.out.join(strategy.name());
            let open = || {
                let origin = self.origin(args, strategy.name())?;
                Artefact::open(&home, &entries, origin, args.overwrite).map_err(Failure::from)
            };
            let opened = exchange.is_first().then(open).transpose()?;
            let updates = through.updates(strategy.as_ref())?.iter().sum();
            let progress = UpdateBar {
                bar: bars.bar(strategy.name(), updates, "updates"),
                before: Cell::new(0),
            };
            let trained = through.strategy(strategy.as_ref(), &progress, |outcome| {
                progress
                    .before
                    .set(progress.before.get() + outcome.record.updates);
                progress.bar.set_position(progress.before.get());
                if outcome.reused {
                    progress.bar.reset_eta();
                }
                outcomes.push(outcome.clone());
                finished(outcome)
            });
            progress.bar.finish_and_clear();
            trained?;
            if let Some(Opened::Open(artefact)) = opened {
                artefact.finish()?;
            }
        }
        Ok(outcomes)
    }

    fn origin(&self, args: &TrainArgs, strategy: &str) -> Result<Origin, Failure> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut line = ["ticclip", "train", &args.recipe, "--data"]
            .map(str::to_owned)
            .to_vec();
        let given = args.given.as_ref().unwrap_or(&args.data);
        line.extend([path(given), "--strategy".into(), strategy.to_owned()]);
        let mut option = |name: &str, value: Option<String>| {
            line.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
        };
        option("--from", args.from.as_deref().map(path));
        option(
            "--architecture",
            args.architecture.as_ref().map(ToString::to_string),
        );
        option(
            "--samples-per-step",
            args.samples_per_step.map(|samples| samples.to_string()),
        );
        option("--seed", args.seed.map(|seed| seed.to_string()));
        option(
            "--precision",
            args.precision.map(|precision| precision.to_string()),
        );
        option("--tokenizer", args.tokenizer.as_deref().map(path));
        option("--out", Some(path(&args.out)));
        // Other strategies' keys make nothing different here.
        let mut recipe = self.recipe.clone();
        recipe.strategy.retain(|name, _| name == strategy);
        let recipe = toml::to_string(&recipe).map_err(Failure::failed)?;
        let mut origin = Origin::new(line)
            .with_seed(self.recipe.seed)
            .with_parameter("recipe", recipe)
            .with_parameter("shards", self.shards.fingerprint())
            .with_input(STEPS_FILE, &args.data.join(STEPS_FILE))?;
        if let Some(beginning) = &self.beginning {
            origin = origin.with_input("from", &beginning.files.weights)?;
        }
        if let Some(checksum) = self.tokenizer.checksum() {
            origin = origin.with_parameter("tokenizer", checksum);
        }
        Ok(origin.with_history_of(&args.data)?)
    }
}

/// The model of `--from`, and the checksum of its weights.
fn beginning(
    args: &TrainArgs,
    tokenizer: Option<&Arc<Tokenizer>>,
) -> Result<Option<Beginning>, Failure> {
    let Some(path) = &args.from else {
        return Ok(None);
    };
    let files = ModelFiles::find(path, args.architecture.as_ref(), tokenizer)
        .map_err(Failure::wrong_input)?;
    let checksum = sha256_of_file(&files.weights).map_err(|error| {
        let file = files.weights.display();
        Failure::wrong_input(anyhow::anyhow!("cannot read {file}: {error}"))
    })?;
    Ok(Some(Beginning { files, checksum }))
}

/// What `train` makes in a strategy's folder.
fn entries(steps: &[String]) -> Vec<String> {
    let partial = steps.iter().map(|step| format!("{step}.partial"));
    steps
        .iter()
        .cloned()
        .chain(partial)
        .chain(["metrics.jsonl", BATCHES, CSV, EVENTS].map(str::to_owned))
        .collect()
}

/// The strategies of these names, each once, with their keys of the recipe.
pub(super) fn chosen(names: &[String], recipe: &Recipe) -> Result<Vec<Box<dyn Strategy>>, Failure> {
    let mut chosen: Vec<Box<dyn Strategy>> = Vec::new();
    for name in names {
        strategy::by_name(name.trim())?;
        let strategy = recipe.strategy(name.trim())?;
        if chosen.iter().all(|other| other.name() != strategy.name()) {
            chosen.push(strategy);
        }
    }
    Ok(chosen)
}
