//! `shard --unpack`: shards or a pool in, image files and a table out.

use std::path::Path;

use serde_json::json;

use super::super::{Context, Summary, counted, shown};
use super::{failure, names_and_sizes, pool_tars, with_bars};
use crate::artefact::{Artefact, Opened, Origin, write_json};
use crate::cli::ShardArgs;
use crate::command::failure::Failure;
use crate::noun::number_of;
use crate::shard::{UNPACK_ENTRIES, Unpacked, Unpacking};

/// What was unpacked, for a call that finds its work done.
const RECORD_FILE: &str = "unpacked.json";

pub(super) fn run(args: &ShardArgs, out: &Path, context: &Context) -> Result<Summary, Failure> {
    let unpacking = if Unpacking::is_shards(&args.input) {
        Unpacking::of_shards(&args.input).map_err(failure)?
    } else {
        let tars = pool_tars(&args.input)?.ok_or_else(|| {
            Failure::wrong_input(anyhow::anyhow!(
                "{}: --unpack is for tars, and this is a manifest",
                args.input.display()
            ))
        })?;
        Unpacking::of_pool(tars)
    };
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let line = [
        "ticclip",
        "shard",
        &path(&args.input),
        "--unpack",
        "--out",
        &path(out),
    ];
    let tars: Vec<&Path> = unpacking.tars().collect();
    let origin = Origin::new(line.map(str::to_owned).to_vec())
        .with_parameter("tars", tars.len() as i64)
        .with_parameter("tar-names-and-sizes", names_and_sizes(&tars)?)
        .with_history_of(if args.input.is_dir() {
            &args.input
        } else {
            args.input.parent().unwrap_or(Path::new("."))
        })?;
    let entries: Vec<&str> = UNPACK_ENTRIES.into_iter().chain([RECORD_FILE]).collect();
    let record = out.join(RECORD_FILE);
    let unpacked = match Artefact::open(out, &entries, origin, args.overwrite)? {
        Opened::Finished => {
            let bytes = std::fs::read(&record).map_err(Failure::failed)?;
            serde_json::from_slice(&bytes).map_err(Failure::failed)?
        }
        Opened::Open(artefact) => {
            let unpacked = with_bars(context, "tars", |bars| {
                unpacking.run(artefact.folder(), bars)
            })?;
            write_json(&record, &unpacked)?;
            artefact.finish()?;
            unpacked
        }
    };
    Ok(summary(out, &unpacked))
}

fn summary(out: &Path, unpacked: &Unpacked) -> Summary {
    let mut text = number_of(unpacked.pairs, "pair");
    if unpacked.copies > 0 {
        text.push_str(&format!(", {} copies of them left out", unpacked.copies));
    }
    text.push('\n');
    let at = out.display();
    if !unpacked.rejected.is_empty() {
        text.push_str(&format!(
            "left out: {} (listed in {at}/rejected.parquet)\n",
            counted(&unpacked.rejected)
        ));
    }
    text.push_str(&format!("{at}/dataset.toml\n"));
    let json = json!({
        "pairs": unpacked.pairs,
        "copies": unpacked.copies,
        "rejected": unpacked.rejected,
        "dataset": shown(&out.join("dataset.toml")),
    });
    Summary::new(text, json)
}
