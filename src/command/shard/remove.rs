//! `shard --remove`: pairs taken out of finished shards.

use std::path::Path;

use serde_json::json;

use super::super::{Context, Summary, shown};
use super::with_bars;
use crate::artefact::FolderLock;
use crate::cli::ShardArgs;
use crate::command::failure::Failure;
use crate::shard::{REMOVED_FILE, Removal, STEPS_FILE, Unpacking};
use crate::uid::{AnyUids, Uid};

pub(super) fn run(args: &ShardArgs, context: &Context) -> Result<Summary, Failure> {
    if !Unpacking::is_shards(&args.input) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{}: no {STEPS_FILE} in it; --remove is for a folder that `shard` has written",
            args.input.display()
        )));
    }
    refuse_links(&args.input)?;
    let mut uids: Vec<Uid> = Vec::new();
    for list in &args.remove {
        for uid in AnyUids::open(list).map_err(Failure::wrong_input)? {
            uids.push(uid.map_err(Failure::wrong_input)?);
        }
    }
    uids.sort_unstable();
    uids.dedup();
    let removal = Removal {
        shards: args.input.clone(),
        uids,
    };
    let _lock = FolderLock::take(&args.input)?;
    let removed = with_bars(context, "tars", |bars| removal.run(bars))?;
    let text = format!(
        "{} of {} pairs were there: {} samples removed, {} of {} tars written anew\n{}\n",
        removed.pairs,
        removal.uids.len(),
        removed.samples,
        removed.rewritten,
        removed.tars,
        args.input.join(REMOVED_FILE).display(),
    );
    let json = json!({
        "asked": removal.uids.len(),
        "pairs": removed.pairs,
        "samples": removed.samples,
        "rewritten": removed.rewritten,
        "tars": removed.tars,
        "shards": shown(&args.input),
    });
    Ok(Summary::new(text, json))
}

/// Files are changed in place: behind a link they may be another folder's, whose counts would then be wrong.
fn refuse_links(shards: &Path) -> Result<(), Failure> {
    let below = ["train", "eval", STEPS_FILE].map(|name| shards.join(name));
    match below.iter().find(|path| path.is_symlink()) {
        Some(link) => Err(Failure::wrong_input(anyhow::anyhow!(
            "{} is a link, and --remove changes files in place; name the folder that it leads into",
            link.display()
        ))),
        None => Ok(()),
    }
}
