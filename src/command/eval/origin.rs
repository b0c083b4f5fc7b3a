//! Where scores come from: the command line, and what of it decides a score.

use std::path::Path;

use super::Failure;
use crate::artefact::{ORIGIN_FILE, Origin};
use crate::cli::EvalArgs;
use crate::shard::STEPS_FILE;

pub(super) fn origin(args: &EvalArgs, out: &Path) -> Result<Origin, Failure> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut line = ["ticclip", "eval", "--model"].map(str::to_owned).to_vec();
    line.extend(args.model.iter().map(|model| path(model)));
    let mut option = |name: &str, value: Option<String>| {
        line.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    option("--tasks", Some(args.tasks.join(",")));
    option("--groups", args.groups.as_deref().map(path));
    option("--data", Some(path(&args.data)));
    option("--prompts-from", args.prompts_from.as_deref().map(path));
    option("--heads", args.heads.as_deref().map(path));
    option("--save-heads", args.save_heads.as_deref().map(path));
    option(
        "--architecture",
        args.architecture.as_ref().map(ToString::to_string),
    );
    option("--tokenizer", args.tokenizer.as_deref().map(path));
    option("--part", args.part.map(|part| part.to_string()));
    option("--precision", Some(args.compute.precision.to_string()));
    option("--out", Some(path(out)));
    let mut origin =
        Origin::new(line).with_parameter("precision", args.compute.precision.to_string());
    if let Some(part) = args.part {
        origin = origin.with_parameter("part", part.to_string());
    }
    let steps = args.data.join(STEPS_FILE);
    if steps.is_file() {
        origin = origin.with_input(STEPS_FILE, &steps)?;
    }
    if let Some(shards) = Origin::read(&args.data.join(ORIGIN_FILE))? {
        origin = origin.with_parameter("shards", shards.fingerprint());
    }
    Ok(origin.with_history_of(&args.data)?)
}
