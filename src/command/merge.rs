//! `merge`: the parts of a `fetch`, a `download`, a `shard` or an `eval` in, one manifest, pool, folder of shards or of
//! scores out, complete or refused.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::Failure;
use super::staging::Staging;
use super::{Context, Summary, counted, shard, shown};
use crate::artefact::{Artefact, Opened, Origin, remove_all};
use crate::cli::MergeArgs;
use crate::manifest::{
    Assembly, AssemblyError, MANIFEST_ENTRIES, MANIFEST_FILE, PIECES_FILE, PartNote, Stats,
    read_meta,
};
use crate::noun::number_of;
use crate::pool::{PART_FILE, PoolError, PoolParts, pool_entries};
use crate::score::{
    PREDICTIONS, SCORE_PART_FILE, SCORES_FILE, ScoreBook, ScoreParts, ScorePartsError,
};
use crate::shard::{POOL_ENTRIES, SHARD_PART_FILE, ShardParts, StepsRecord};
use crate::store::Store;

pub(super) fn run(args: &MergeArgs, context: &Context) -> Result<Summary, Failure> {
    let staging = Staging::open(&args.out, args.work.as_deref())?;
    let mut parts = Vec::new();
    for (number, part) in args.parts.iter().enumerate() {
        parts.push(bring(
            part,
            &staging.folder().join(format!(".parts/{number}")),
        )?);
    }
    let merged = merge(args, &parts, &staging, context)?;
    // What was brought from a store has served.
    remove_all(&staging.folder().join(".parts"))?;
    Ok(merged)
}

/// The local folder of a part; one in an object store is brought into `into`.
fn bring(part: &Path, into: &Path) -> Result<PathBuf, Failure> {
    let Some(url) = Store::url_of(part) else {
        return Ok(part.to_owned());
    };
    let store = Store::open(&url)?;
    for name in store.names()? {
        let file = into.join(&name);
        if !file.exists() {
            store.get(&name, &file)?;
        }
    }
    Ok(into.to_owned())
}

fn merge(
    args: &MergeArgs,
    parts: &[PathBuf],
    staging: &Staging,
    context: &Context,
) -> Result<Summary, Failure> {
    let first = &parts[0];
    if first.join(PIECES_FILE).is_file() {
        merge_manifest(args, parts, staging)
    } else if first.join(PART_FILE).is_file() {
        merge_pool(args, parts, staging, context)
    } else if first.join(SHARD_PART_FILE).is_file() {
        merge_shards(args, parts, staging)
    } else if first.join(SCORE_PART_FILE).is_file() {
        merge_scores(args, parts, staging)
    } else {
        Err(Failure::wrong_input(anyhow::anyhow!(
            "{}: neither {PIECES_FILE} nor {PART_FILE} nor {SHARD_PART_FILE} nor {SCORE_PART_FILE} in it; a part is a folder \
             that `fetch`, `download`, `shard` or `eval` has written with `--part I/N`",
            args.parts[0].display()
        )))
    }
}

fn merge_manifest(
    args: &MergeArgs,
    parts: &[PathBuf],
    staging: &Staging,
) -> Result<Summary, Failure> {
    let assembly = Assembly::of_parts(parts)?;
    let run = PartNote::read(&parts[0])?.run;
    let stats = assembly.stats();
    let origin = origin(args, parts, run)?
        // Parts of which rows fail change when they are run again.
        .with_parameter("failed", failed(&stats));
    match Artefact::open(staging.folder(), &MANIFEST_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => {}
        Opened::Open(artefact) => {
            // A part that no chunk fell to has no manifest.
            let with_manifest = parts.iter().find(|part| part.join(MANIFEST_FILE).is_file());
            let note = with_manifest
                .map(|part| {
                    anyhow::Ok(read_meta(part)?.map(|meta| meta.moved(part, artefact.folder())))
                })
                .transpose()
                .map_err(Failure::wrong_input)?
                .flatten()
                .map(|meta| serde_json::to_string(&meta))
                .transpose()
                .map_err(Failure::failed)?;
            assembly.write(artefact.folder(), note.as_deref(), None)?;
            artefact.finish()?;
            staging.push(MANIFEST_ENTRIES)?;
        }
    }
    let out = args.out.display();
    let text = format!(
        "{}: {}, {}: {}\n{out}/manifest.parquet\n",
        number_of(args.parts.len(), "part"),
        number_of(stats.rows, "row"),
        number_of(stats.pairs, "pair"),
        counted(&stats.outcomes)
    );
    let json = json!({"stats": stats, "manifest": args.out.join("manifest.parquet")});
    let retry = stats.has_failures();
    Ok(Summary {
        retry,
        ..Summary::new(text, json)
    })
}

fn merge_pool(
    args: &MergeArgs,
    folders: &[PathBuf],
    staging: &Staging,
    context: &Context,
) -> Result<Summary, Failure> {
    let parts = PoolParts::open(folders)?;
    let origin = origin(args, folders, parts.run().to_owned())?
        .with_parameter("failed", parts.failed().to_string());
    let there = pool_entries(staging.folder())?;
    let there: Vec<&str> = there.iter().map(String::as_str).collect();
    let stats = match Artefact::open(staging.folder(), &there, origin, args.overwrite)? {
        Opened::Finished => parts.stats(),
        Opened::Open(artefact) => {
            let bar = context.bars.bar("merge", parts.shards(), "shards");
            let stats = parts.write(artefact.folder(), &|| bar.inc(1))?;
            bar.finish_and_clear();
            artefact.finish()?;
            let entries: Vec<String> = parts.entries().collect();
            staging.push(entries.iter().map(String::as_str))?;
            stats
        }
    };
    let text = format!(
        "{}: {} in {}\n{}\n",
        number_of(args.parts.len(), "part"),
        number_of(stats.successes, "image"),
        number_of(parts.shards(), "shard"),
        args.out.display()
    );
    let json = json!({"stats": stats, "pool": args.out});
    let retry = stats.has_failures();
    Ok(Summary {
        retry,
        ..Summary::new(text, json)
    })
}

fn merge_shards(
    args: &MergeArgs,
    folders: &[PathBuf],
    staging: &Staging,
) -> Result<Summary, Failure> {
    local(
        args,
        "shards are put together in a local folder, where their tars are",
    )?;
    let parts = ShardParts::open(folders).map_err(shard::failure)?;
    let origin = origin(args, folders, parts.run().to_owned())?;
    let record = match Artefact::open(staging.folder(), &POOL_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => StepsRecord::read(staging.folder()).map_err(shard::failure)?,
        Opened::Open(artefact) => {
            let record = parts.write(artefact.folder()).map_err(shard::failure)?;
            artefact.finish()?;
            staging.push(POOL_ENTRIES)?;
            record
        }
    };
    Ok(shard::summary(&args.out, &record))
}

fn merge_scores(
    args: &MergeArgs,
    folders: &[PathBuf],
    staging: &Staging,
) -> Result<Summary, Failure> {
    local(args, "scores name models by their path from a local folder")?;
    let parts = ScoreParts::open(folders)?;
    let origin = origin(args, folders, parts.run().to_owned())?;
    let entries = [SCORES_FILE, PREDICTIONS];
    let scores = match Artefact::open(staging.folder(), &entries, origin, args.overwrite)? {
        Opened::Finished => ScoreBook::open(staging.folder())?.scores().len(),
        Opened::Open(artefact) => {
            let scores = parts.write(artefact.folder())?;
            artefact.finish()?;
            staging.push(entries)?;
            scores
        }
    };
    let file = args.out.join(SCORES_FILE);
    let text = format!(
        "{}: {}\n{}\n",
        number_of(args.parts.len(), "part"),
        number_of(scores, "score"),
        file.display()
    );
    Ok(Summary::new(
        text,
        json!({"scores": shown(&file), "n": scores}),
    ))
}

/// Refuses an object store as the place of what is put together.
fn local(args: &MergeArgs, why: &str) -> Result<(), Failure> {
    if Store::url_of(&args.out).is_some() {
        let out = args.out.display();
        return Err(Failure::wrong_input(anyhow::anyhow!("--out {out}: {why}")));
    }
    Ok(())
}

fn failed(stats: &Stats) -> String {
    stats
        .outcomes
        .get("failed")
        .copied()
        .unwrap_or(0)
        .to_string()
}

fn origin(args: &MergeArgs, parts: &[PathBuf], run: String) -> Result<Origin, Failure> {
    let mut command = vec!["ticclip".to_owned(), "merge".to_owned()];
    let path = |path: &PathBuf| path.to_string_lossy().into_owned();
    command.extend(args.parts.iter().map(path));
    command.extend(["--out".to_owned(), path(&args.out)]);
    let mut origin = Origin::new(command).with_parameter("run", run);
    for part in parts {
        origin = origin.with_history_of(part)?;
    }
    Ok(origin)
}

impl From<AssemblyError> for Failure {
    fn from(error: AssemblyError) -> Self {
        match error {
            AssemblyError::Piece { .. } => Self::wrong_input(error),
            _ => Self::failed(error),
        }
    }
}

impl From<ScorePartsError> for Failure {
    fn from(error: ScorePartsError) -> Self {
        match error {
            ScorePartsError::Artefact(error) => error.into(),
            error => Self::wrong_input(error),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        if error.is_wrong_input() {
            Self::wrong_input(error)
        } else {
            Self::failed(error)
        }
    }
}
