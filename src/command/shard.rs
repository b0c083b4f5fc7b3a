//! `shard`: a manifest and its split in, training and evaluation shards of every step out.

use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Mutex;

use indicatif::ProgressBar;
use serde_json::json;

use super::bars::Bars;
use super::failure::Failure;
use super::{Context, Summary, counted};
use crate::artefact::{Artefact, Opened, Origin};
use crate::cli::ShardArgs;
use crate::manifest::manifest_file;
use crate::progress::Progress;
use crate::shard::{SHARD_ENTRIES, STEPS_FILE, ShardError, ShardJob, StepsRecord};
use crate::split::SPLIT_FILE;

/// A bar for each set.
struct SetBars<'a> {
    bars: &'a Bars,
    current: Mutex<Option<ProgressBar>>,
}

impl SetBars<'_> {
    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = self
            .current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, bar) {
            before.finish_and_clear();
        }
    }
}

impl Progress for SetBars<'_> {
    fn begin(&self, what: &str, rows: u64) {
        self.replace(Some(self.bars.bar(
            &format!("shard {what}"),
            rows,
            "images",
        )));
    }

    fn advance(&self, rows: u64) {
        let current = self
            .current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bar) = current.as_ref() {
            bar.inc(rows);
        }
    }
}

pub(super) fn run(args: &ShardArgs, context: &Context) -> Result<Summary, Failure> {
    let job = ShardJob {
        manifest: args.manifest.clone(),
        splits: args.splits.clone(),
        image_root: args.images.clone(),
        shard_size: NonZeroU64::from(args.shard_size),
    };
    let record = match Artefact::open(&args.out, &SHARD_ENTRIES, origin(args)?, args.overwrite)? {
        Opened::Finished => StepsRecord::read(&args.out).map_err(failure)?,
        Opened::Open(artefact) => {
            let bars = SetBars {
                bars: &context.bars,
                current: Mutex::new(None),
            };
            let record = job.run(artefact.folder(), &bars);
            bars.replace(None);
            let record = record.map_err(failure)?;
            artefact.finish()?;
            record
        }
    };
    Ok(summary(args, &record))
}

fn failure(error: ShardError) -> Failure {
    match error {
        ShardError::Artefact(_)
        | ShardError::Rejected(_)
        | ShardError::Image(_)
        | ShardError::Io { .. } => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

fn origin(args: &ShardArgs) -> Result<Origin, Failure> {
    let manifest = manifest_file(&args.manifest);
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "shard"].map(str::to_owned).to_vec();
    line.extend([path(&args.manifest), "--splits".into(), path(&args.splits)]);
    if let Some(images) = &args.images {
        line.extend(["--images".into(), path(images)]);
    }
    line.extend([
        "--shard-size".into(),
        args.shard_size.to_string(),
        "--out".into(),
        path(&args.out),
    ]);
    let origin = Origin::new(line)
        .with_parameter("shard-size", i64::from(args.shard_size.get()))
        .with_input("manifest.parquet", &manifest)
        .and_then(|origin| origin.with_input(SPLIT_FILE, &args.splits.join(SPLIT_FILE)))
        .map_err(Failure::wrong_input)?;
    let origin = origin.with_history_of(manifest.parent().unwrap_or(Path::new(".")))?;
    Ok(origin.with_history_of(&args.splits)?)
}

fn summary(args: &ShardArgs, record: &StepsRecord) -> Summary {
    let out = args.out.display();
    let width = record
        .steps
        .iter()
        .map(|step| step.name.len())
        .max()
        .unwrap_or(0)
        .max(4);
    let mut text = format!("{:width$}  {:>9}  {:>9}\n", "step", "train", "held out");
    for step in &record.steps {
        text.push_str(&format!(
            "{:width$}  {:>9}  {:>9}\n",
            step.name, step.train, step.held_out
        ));
    }
    if !record.rejected.is_empty() {
        text.push_str(&format!(
            "left out: {} (listed in {out}/rejected.parquet)\n",
            counted(&record.rejected)
        ));
    }
    text.push_str(&format!("{out}/{STEPS_FILE}\n"));
    let json = json!({"steps": record.steps, "rejected": record.rejected, "shards": args.out});
    Summary::new(text, json)
}
