//! `shard`: a manifest or a pool, and a split, in; training and evaluation shards of every step out. Also what is done
//! with shards later: pairs taken out, samples unpacked.

mod remove;
mod unpack;

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::failure::Failure;
use super::part_bars::PartBars;
use super::table::Table;
use super::{Context, Summary, counted, shown};
use crate::artefact::{Artefact, Opened, Origin, sha256_of};
use crate::cli::ShardArgs;
use crate::manifest::{manifest_file, matching_files};
use crate::net::NET_FILE;
use crate::shard::{
    BYTES_A_CHECKPOINT, ClassesJob, POOL_ENTRIES, PoolJob, SHARD_ENTRIES, STEPS_FILE, ShardError,
    ShardJob, StepsRecord, tars_of,
};
use crate::split::SPLIT_FILE;

pub(super) fn run(args: &ShardArgs, context: &Context) -> Result<Summary, Failure> {
    if !args.remove.is_empty() {
        return remove::run(args, context);
    }
    // The command line has made sure of both.
    let out = args.out.as_deref().unwrap_or(Path::new("."));
    let Some(splits) = &args.splits else {
        return unpack::run(args, out, context);
    };
    let record = match pool_tars(&args.input)? {
        None => shard_manifest(args, splits, out, context)?,
        Some(tars) => shard_pool(args, splits, out, tars, context)?,
    };
    Ok(summary(out, &record))
}

fn shard_manifest(
    args: &ShardArgs,
    splits: &Path,
    out: &Path,
    context: &Context,
) -> Result<StepsRecord, Failure> {
    if args.classes.is_some() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--classes: is for a pool; a manifest has its classes in its column `class`"
        )));
    }
    if args.part.is_some() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--part: shares out the tars of a pool, and this is a manifest"
        )));
    }
    let job = ShardJob {
        manifest: args.input.clone(),
        splits: splits.to_owned(),
        image_root: args.images.clone(),
        shard_size: NonZeroU64::from(args.shard_size),
    };
    let origin = origin(args, splits, out)?;
    let artefact = match Artefact::open(out, &SHARD_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => return StepsRecord::read(out).map_err(failure),
        Opened::Open(artefact) => artefact,
    };
    let record = with_bars(context, "images", |bars| job.run(artefact.folder(), bars))?;
    artefact.finish()?;
    Ok(record)
}

fn shard_pool(
    args: &ShardArgs,
    splits: &Path,
    out: &Path,
    tars: Vec<PathBuf>,
    context: &Context,
) -> Result<StepsRecord, Failure> {
    if args.images.is_some() {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "--images: is for a manifest; the images of a pool are in its tars"
        )));
    }
    let classes = args
        .classes
        .as_ref()
        .map(|net| ClassesJob::open(net, args.templates.as_deref()))
        .transpose()
        .map_err(failure)?;
    let whole = pool_origin(args, splits, out, &tars)?;
    let part = args.part.map(|part| (part, whole.fingerprint()));
    let origin = match args.part {
        Some(part) => whole.with_parameter("part", part.to_string()),
        None => whole,
    };
    let artefact = match Artefact::open(out, &POOL_ENTRIES, origin, args.overwrite)? {
        Opened::Finished => return StepsRecord::read(out).map_err(failure),
        Opened::Open(artefact) => artefact,
    };
    let job = PoolJob {
        tars,
        splits: splits.to_owned(),
        classes,
        part,
        shard_size: NonZeroU64::from(args.shard_size),
        threads: NonZeroUsize::new(rayon::current_num_threads()).unwrap_or(NonZeroUsize::MIN),
        bytes_a_checkpoint: BYTES_A_CHECKPOINT,
    };
    let record = with_bars(context, "tars", |bars| job.run(artefact.folder(), bars))?;
    let folder = artefact.folder().to_owned();
    artefact.finish()?;
    PoolJob::clear(&folder).map_err(failure)?;
    Ok(record)
}

fn with_bars<T>(
    context: &Context,
    unit: &'static str,
    run: impl FnOnce(&PartBars<'_>) -> Result<T, ShardError>,
) -> Result<T, Failure> {
    run(&PartBars::new(&context.bars, "shard", unit)).map_err(failure)
}

/// The tars of a pool; `None` where the input is a manifest.
fn pool_tars(input: &Path) -> Result<Option<Vec<PathBuf>>, Failure> {
    if manifest_file(input).is_file() && input.extension().is_none_or(|name| name != "tar") {
        return Ok(None);
    }
    let pattern = input.to_string_lossy().into_owned();
    if input.is_dir() {
        return tars_of(input).map(Some).map_err(|error| {
            Failure::wrong_input(anyhow::anyhow!(
                "{error}; a manifest's folder has a manifest.parquet, a pool's has tars"
            ))
        });
    }
    matching_files(Path::new(""), &[pattern])
        .map(Some)
        .map_err(Failure::wrong_input)
}

pub(super) fn failure(error: ShardError) -> Failure {
    match error {
        ShardError::Artefact(_)
        | ShardError::Rejected(_)
        | ShardError::Image(_)
        | ShardError::Io { .. } => Failure::failed(error),
        _ => Failure::wrong_input(error),
    }
}

fn origin(args: &ShardArgs, splits: &Path, out: &Path) -> Result<Origin, Failure> {
    let manifest = manifest_file(&args.input);
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "shard"].map(str::to_owned).to_vec();
    line.extend([path(&args.input), "--splits".into(), path(splits)]);
    if let Some(images) = &args.images {
        line.extend(["--images".into(), path(images)]);
    }
    line.extend([
        "--shard-size".into(),
        args.shard_size.to_string(),
        "--out".into(),
        path(out),
    ]);
    let origin = Origin::new(line)
        .with_parameter("shard-size", i64::from(args.shard_size.get()))
        .with_input("manifest.parquet", &manifest)
        .and_then(|origin| origin.with_input(SPLIT_FILE, &splits.join(SPLIT_FILE)))
        .map_err(Failure::wrong_input)?;
    let origin = origin.with_history_of(manifest.parent().unwrap_or(Path::new(".")))?;
    Ok(origin.with_history_of(splits)?)
}

/// A pool is too large for a checksum: the names and sizes of its tars stand for it.
fn pool_origin(
    args: &ShardArgs,
    splits: &Path,
    out: &Path,
    tars: &[PathBuf],
) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "shard"].map(str::to_owned).to_vec();
    line.extend([path(&args.input), "--splits".into(), path(splits)]);
    for (option, given) in [
        ("--classes", &args.classes),
        ("--templates", &args.templates),
    ] {
        line.extend(
            given
                .iter()
                .flat_map(|given| [option.to_owned(), path(given)]),
        );
    }
    line.extend([
        "--shard-size".into(),
        args.shard_size.to_string(),
        "--out".into(),
        path(out),
    ]);
    let mut origin = Origin::new(line)
        .with_parameter("shard-size", i64::from(args.shard_size.get()))
        .with_parameter("tars", tars.len() as i64)
        .with_parameter("tar-names-and-sizes", names_and_sizes(tars)?)
        .with_input(SPLIT_FILE, &splits.join(SPLIT_FILE))
        .map_err(Failure::wrong_input)?;
    for (name, file) in [
        (
            NET_FILE,
            args.classes.as_ref().map(|net| net.join(NET_FILE)),
        ),
        ("templates", args.templates.clone()),
    ] {
        if let Some(file) = file {
            origin = origin
                .with_input(name, &file)
                .map_err(Failure::wrong_input)?;
        }
    }
    let origin = origin.with_history_of(if args.input.is_dir() {
        &args.input
    } else {
        args.input.parent().unwrap_or(Path::new("."))
    })?;
    Ok(origin.with_history_of(splits)?)
}

/// One checksum over what tars are called and how long they are.
fn names_and_sizes<P: AsRef<Path>>(tars: &[P]) -> Result<String, Failure> {
    let mut names = String::new();
    for tar in tars.iter().map(AsRef::as_ref) {
        let size = tar
            .metadata()
            .map_err(|error| Failure::wrong_input(anyhow::anyhow!("{}: {error}", tar.display())))?
            .len();
        let name = tar.file_name().unwrap_or_default().to_string_lossy();
        names.push_str(&format!("{name} {size}\n"));
    }
    Ok(sha256_of(names))
}

pub(super) fn summary(out: &Path, record: &StepsRecord) -> Summary {
    let shards = out;
    let out = out.display();
    let mut table = Table::new(["step"]).figures(["train", "held out"]);
    for step in &record.steps {
        table.row([
            step.name.clone(),
            step.train.to_string(),
            step.held_out.to_string(),
        ]);
    }
    let mut text = table.fitted();
    if !record.rejected.is_empty() {
        text.push_str(&format!(
            "left out: {} (listed in {out}/rejected.parquet)\n",
            counted(&record.rejected)
        ));
    }
    text.push_str(&format!("{out}/{STEPS_FILE}\n"));
    let json = json!({"steps": record.steps, "rejected": record.rejected, "shards": shown(shards)});
    Summary::new(text, json)
}
