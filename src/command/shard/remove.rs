//! `shard --remove`: pairs taken out of finished shards.

use serde_json::json;

use super::super::{Context, Summary};
use super::with_bars;
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
        "shards": args.input,
    });
    Ok(Summary::new(text, json))
}
