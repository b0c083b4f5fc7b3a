//! `demo`: the whole flow on the built-in emoji dataset, through the same commands as any dataset.

use std::num::NonZeroU32;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use serde_json::json;

use super::eval::Evaluation;
use super::failure::Failure;
use super::matrix;
use super::train::Training;
use super::{Context, Summary, fetch, report, shard, shown, split};
use crate::artefact::{Artefact, Opened, Origin};
use crate::cli::{
    ComputeArgs, DemoArgs, EvalArgs, FetchArgs, ReportArgs, ShardArgs, SplitArgs, TrainArgs,
};
use crate::emoji;
use crate::model::Precision;
use crate::score::{ModelFolder, matrices};
use crate::shard::StepsRecord;
use crate::train::{Alone, Exchange, Outcome, Recipe};

/// The recipe that is small enough.
const RECIPE: &str = "tiny";
/// Images in one tar; several tars a step, as larger datasets have.
const SHARD_SIZE: NonZeroU32 = NonZeroU32::new(500).expect("not zero");

pub(super) fn run(args: &DemoArgs, context: &Context) -> Result<Summary, Failure> {
    let began = Instant::now();
    let out = &args.out;
    let train_args = TrainArgs {
        recipe: RECIPE.to_owned(),
        data: out.join("shards"),
        strategy: args.strategies.clone(),
        out: out.join("train"),
        work: None,
        given: None,
        from: None,
        architecture: None,
        evaluate: Vec::new(),
        samples_per_step: args.samples_per_step,
        seed: Some(args.seed),
        device: args.device,
        precision: None,
        tokenizer: None,
        checkpoint_seconds: 60,
        checkpoint_updates: None,
        keep_checkpoints: 2,
        batch_keys: false,
        curves: Vec::new(),
        overwrite: args.overwrite,
    };
    // What is wrong with the call is told before an image is written.
    let mut recipe = Recipe::find(RECIPE)?;
    recipe.samples_per_step = args.samples_per_step.unwrap_or(recipe.samples_per_step);
    recipe.check()?;
    super::train::chosen(&args.strategies, &recipe)?;
    materialise(&out.join("source"), args.overwrite)?;
    data(args, context)?;
    let training = Training::prepare(&train_args)?;
    let mut evaluation = Evaluation::prepare(&eval_args(args), out)?;
    let alone: Rc<dyn Exchange> = Rc::new(Alone);
    let outcomes = training.run(&train_args, &context.bars, &alone, &mut |outcome| {
        let model = ModelFolder::open(&outcome.folder, None, None)?;
        evaluation.score(&[&model], &context.bars).map(drop)
    })?;
    let report_args = ReportArgs {
        scores: vec![out.clone()],
        data: out.join("shards"),
        train: Some(out.join("train")),
        compare: Vec::new(),
        sets: None,
        shift: None,
        out: Some(out.join("report")),
        figures: Vec::new(),
        tables: Vec::new(),
        serve: None,
    };
    report::run(&report_args, context)?;
    summary(args, &training, &evaluation, &outcomes, began)
}

/// Writes the embedded images and their table, once.
fn materialise(folder: &Path, overwrite: bool) -> Result<(), Failure> {
    let origin = Origin::new(["ticclip", "demo"]);
    let entries = ["images", "table.csv", emoji::DATASET_FILE];
    if let Opened::Open(artefact) = Artefact::open(folder, &entries, origin, overwrite)? {
        emoji::materialise(artefact.folder()).map_err(Failure::failed)?;
        artefact.finish()?;
    }
    Ok(())
}

/// From the table to shards, as for any dataset.
fn data(args: &DemoArgs, context: &Context) -> Result<(), Failure> {
    let (out, overwrite) = (&args.out, args.overwrite);
    let dataset = out.join("source").join(emoji::DATASET_FILE);
    let fetch_args = FetchArgs {
        part: None,
        work: None,
        dataset: dataset.clone(),
        out: out.join("manifest"),
        overwrite,
    };
    fetch::run(&fetch_args, context)?;
    let split_args = SplitArgs {
        manifest: out.join("manifest"),
        timeline: dataset.to_string_lossy().into_owned(),
        timestamps: None,
        filter: None,
        uid_column: "uid".to_owned(),
        timestamp_column: "timestamp".to_owned(),
        #[cfg(feature = "distributed")]
        cluster: None,
        held_out: None,
        held_out_uids: Vec::new(),
        only_uids: Vec::new(),
        retrieval: None,
        seed: None,
        tables: false,
        memory: NonZeroU32::MAX,
        not_after: None,
        out: out.join("splits"),
        overwrite,
    };
    split::run(&split_args, context)?;
    let shard_args = ShardArgs {
        input: out.join("manifest"),
        splits: Some(out.join("splits")),
        remove: Vec::new(),
        unpack: false,
        out: Some(out.join("shards")),
        images: None,
        classes: None,
        templates: None,
        part: None,
        shard_size: SHARD_SIZE,
        overwrite,
    };
    shard::run(&shard_args, context)?;
    Ok(())
}

fn eval_args(args: &DemoArgs) -> EvalArgs {
    EvalArgs {
        compute: ComputeArgs {
            device: args.device,
            precision: Precision::F32,
        },
        overwrite: args.overwrite,
        ..EvalArgs::of(
            args.out.join("train"),
            vec!["dynamic".to_owned()],
            args.out.join("shards"),
            args.out.clone(),
        )
    }
}

fn summary(
    args: &DemoArgs,
    training: &Training,
    evaluation: &Evaluation,
    outcomes: &[Outcome],
    began: Instant,
) -> Result<Summary, Failure> {
    let record = StepsRecord::read(&args.out.join("shards")).map_err(Failure::failed)?;
    let steps: Vec<String> = record.steps.iter().map(|step| step.name.clone()).collect();
    let scores: Vec<_> = evaluation.book().scores().to_vec();
    let mut matrices = matrices(&steps, &matrix::calendar_of(&record), &scores)?;
    // An earlier run may have left the scores of other strategies.
    let trained = |strategy: &str| {
        outcomes
            .iter()
            .any(|outcome| outcome.record.strategy == strategy)
    };
    matrices.retain(|matrix| trained(matrix.strategy));
    let mut text = String::new();
    for matrix in &matrices {
        text.push_str(&format!("{}\n", matrix::text(matrix)));
    }
    text.push_str(&matrix::means(&matrices));
    for note in &record.notes {
        text.push_str(&format!("Note: {note}\n"));
    }
    let page = args.out.join("report").join("report.html");
    let seconds = began.elapsed().as_secs_f64();
    text.push_str(&format!(
        "{seconds:.0} s on {}\n{}\n",
        training.device_name,
        page.display()
    ));
    let macs = |strategy: &str| {
        let own = outcomes
            .iter()
            .filter(|outcome| outcome.record.strategy == strategy);
        Some(own.map(|outcome| outcome.record.macs).sum())
    };
    let (strategies, chance) = matrix::json(&matrices, macs);
    let json = json!({"strategies": strategies, "chance": chance, "report": shown(&page), "seconds": seconds});
    Ok(Summary::new(text, json))
}
