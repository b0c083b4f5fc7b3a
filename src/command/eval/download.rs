//! `eval --download`: the tasks' data from a hub, and what of it could not be had.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;
use serde_json::json;
use ticclip_eval::task::Task;
use ticclip_fetchers::source::SecretText;

use super::{Context, Failure, Summary, suite};
use crate::artefact::ArtefactError;
use crate::cli::EvalArgs;
use crate::command::shown;
use crate::command::table::Table;
use crate::hub::{Address, Got, Hub, HubConfig, HubError, Progress, SetJob};
use crate::noun::number_of;

/// The hub's address, where --hub does not say it.
const HUB: &str = "TICCLIP_HUB";
/// What shows the hub who asks.
const TOKEN: &str = "TICCLIP_HUB_TOKEN";

/// What became of a task's data.
struct Told<'a> {
    task: &'a Task,
    got: Result<Got, HubError>,
}

pub(super) fn download(args: &EvalArgs, context: &Context) -> Result<Summary, Failure> {
    let suite = suite(args)?;
    let tasks = suite.select(&args.tasks).map_err(Failure::wrong_input)?;
    if let Some(task) = tasks.iter().find(|task| task.is_dynamic()) {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "task `{}` has a set for each time step, which `shard` writes and no hub has; --tasks datacomp38 or `eval --list` names others",
            task.name
        )));
    }
    let hub = Hub::open(config(args)?).map_err(failure)?;
    std::fs::create_dir_all(&args.data).map_err(ArtefactError::io(&args.data))?;
    let bar = BytesBar {
        bar: context.bars.bytes("download"),
        total: AtomicU64::new(0),
    };
    let job = SetJob {
        hub: &hub,
        data: &args.data,
        train: args.hub.train,
        has_prompts: args.prompts_from.is_some(),
        overwrite: args.overwrite,
        progress: &bar,
    };
    let mut told = Vec::new();
    for task in tasks {
        let got = match job.get(task) {
            Err(error) if error.is_local() => return Err(failure(error)),
            got => got,
        };
        match &got {
            Ok(got) => context
                .bars
                .say(&format!("{}: {}", task.name, got.folder.display())),
            Err(error) => tracing::error!("{}: {error}", task.name),
        }
        told.push(Told { task, got });
    }
    bar.bar.finish_and_clear();
    Ok(summary(args, &told))
}

fn config(args: &EvalArgs) -> Result<HubConfig, Failure> {
    let from_environment = |name: &str| {
        let value = std::env::var(name).ok()?;
        let value = value.trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
    let Some(address) = args.hub.hub.clone().or_else(|| from_environment(HUB)) else {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "no hub is named: --hub ADDRESS or {HUB} says where the sets are, such as https://HOST/datasets/clip-benchmark/{{name}}/resolve/main"
        )));
    };
    Ok(HubConfig {
        address: Address::parse(&address).map_err(Failure::wrong_input)?,
        token: from_environment(TOKEN).map(SecretText::new),
        allow_private: args.hub.allow_private,
        largest_bytes: u64::from(args.hub.largest_file) << 20,
        retries: args.hub.retries,
        silence: Duration::from_secs(args.hub.timeout.into()),
    })
}

fn failure(error: HubError) -> Failure {
    if error.is_local() {
        Failure::failed(error)
    } else {
        Failure::wrong_input(error)
    }
}

/// A bar over the bytes of the set that is under way.
struct BytesBar {
    bar: ProgressBar,
    total: AtomicU64,
}

impl Progress for BytesBar {
    fn begin(&self, set: &str, tars: u32) {
        self.total.store(0, Ordering::Relaxed);
        self.bar.reset();
        self.bar.set_length(0);
        self.bar.set_prefix(set.to_owned());
        self.bar.set_message(number_of(tars, "tar"));
    }

    fn expect(&self, bytes: u64) {
        let before = self.total.fetch_add(bytes, Ordering::Relaxed);
        self.bar.set_length(before + bytes);
    }

    fn came(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn lost(&self, bytes: u64) {
        self.bar.dec(bytes);
    }
}

fn summary(args: &EvalArgs, told: &[Told]) -> Summary {
    let mut table = Table::new(["task"])
        .figures(["samples", "bytes"])
        .text("where");
    let mut rows = Vec::new();
    for Told { task: of, got } in told {
        let [samples, bytes, place] = match got {
            Ok(got) => {
                let samples = got.samples.map(|samples| samples.to_string());
                let before = match got.address {
                    Some(_) => "",
                    None => " (there before)",
                };
                [
                    samples.unwrap_or_else(|| "-".to_owned()),
                    indicatif::BinaryBytes(got.bytes).to_string(),
                    format!("{}{before}", got.folder.display()),
                ]
            }
            Err(_) => ["-", "-", "not had"].map(str::to_owned),
        };
        table.row([&of.name, &samples, &bytes, &place]);
        rows.push(row(of, got));
    }
    let mut text = table.fitted();
    let errors = || told.iter().filter_map(|told| told.got.as_ref().err());
    let (retry, wrong) = (
        errors().any(HubError::may_pass),
        errors().any(|error| !error.may_pass()),
    );
    if retry {
        text.push_str(
            "run the same command again to go on with what failed for a reason that may pass\n",
        );
    }
    let json = json!({"data": shown(&args.data), "sets": rows});
    let mut summary = Summary::new(text, json);
    (summary.retry, summary.wrong) = (retry, wrong);
    summary
}

fn row(task: &Task, got: &Result<Got, HubError>) -> serde_json::Value {
    match got {
        Ok(got) => json!({
            "task": task.name, "state": if got.address.is_some() { "downloaded" } else { "there" },
            "folder": shown(&got.folder), "address": got.address, "samples": got.samples,
            "train_samples": got.train_samples, "bytes": got.bytes, "received": got.received,
        }),
        Err(error) => json!({
            "task": task.name, "state": if error.may_pass() { "failed" } else { "refused" },
            "error": error.to_string(),
        }),
    }
}
