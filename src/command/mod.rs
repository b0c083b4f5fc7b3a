//! Commands: read an artefact, call a room, write an artefact, say what came of it.

mod bars;
mod check;
#[cfg(feature = "distributed")]
mod cluster;
mod compare;
mod completions;
mod demo;
mod doctor;
mod download;
mod encode;
mod eval;
mod failure;
mod fetch;
mod matrix;
mod merge;
mod nearby;
mod net;
mod part_bars;
mod points;
mod report;
mod robustness;
mod shard;
mod shift;
mod split;
mod staging;
mod table;
mod train;
mod uids;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use burn::tensor::Device;
use tracing_subscriber::filter::LevelFilter;

use crate::cli::{Cli, Command, ComputeArgs, LogFormat, Shared};
use crate::device;
use crate::tokenizer::Tokenizer;
use bars::Bars;
use failure::Failure;

/// What a command came to: a text for people, an object for programs.
struct Summary {
    text: String,
    json: serde_json::Value,
    /// Rows that failed for reasons that may pass: the exit status says so.
    retry: bool,
    /// What was looked at is not as it should be: the exit status says so.
    failed: bool,
    /// Some of what the call asks for does not exist, or all of it is of no use, and the rest is done: the exit status
    /// says so.
    wrong: bool,
}

impl Summary {
    fn new(text: String, json: serde_json::Value) -> Self {
        Self {
            text,
            json,
            retry: false,
            failed: false,
            wrong: false,
        }
    }

    /// The work is done, and nothing has come of it that could be used: the message and the exit status say so.
    fn in_vain(self, message: &str) -> Self {
        tracing::error!("{message}");
        Self {
            wrong: true,
            ..self
        }
    }

    /// Of a process that another one speaks for.
    fn nothing() -> Self {
        Self::new(String::new(), serde_json::Value::Null)
    }
}

/// "12 dated, 3 unknown".
fn counted(counts: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> = counts
        .iter()
        .map(|(name, n)| format!("{n} {name}"))
        .collect();
    parts.join(", ")
}

/// Refuses what is no folder.
fn require_folder(path: &Path) -> Result<(), Failure> {
    match path.is_dir() {
        true => Ok(()),
        false => Err(Failure::wrong_input(anyhow::anyhow!(
            "{}: no such folder",
            path.display()
        ))),
    }
}

/// A path in JSON, which is Unicode.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What `--tokenizer` names.
fn tokenizer(path: Option<&Path>) -> Result<Option<Arc<Tokenizer>>, Failure> {
    let open = |path| Ok(Arc::new(Tokenizer::open(path)?));
    path.map(open).transpose()
}

/// The device of `--device`, on which `--precision` can be had.
fn open_device(compute: ComputeArgs) -> Result<Device, Failure> {
    let (device, _) = device::open(compute.device)?;
    compute
        .precision
        .check(&device)
        .map_err(Failure::wrong_input)?;
    Ok(device)
}

/// What every command is given.
struct Context {
    bars: Bars,
    /// Whether the result is asked for as JSON.
    json: bool,
}

/// Runs a parsed command line.
pub fn run(cli: Cli) -> ExitCode {
    start_log(&cli.shared);
    if let Some(threads) = cli.shared.threads {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global();
        if let Err(error) = pool {
            tracing::warn!(%error, "--threads has no effect");
        }
    }
    let context = Context {
        bars: Bars::new(!cli.shared.quiet && std::io::stderr().is_terminal()),
        json: cli.shared.json,
    };
    // On a thread of the pool: from outside, each of an update's hundreds of parallel loops would wait
    // for a worker to wake up.
    let result = rayon::scope(|_| dispatch(cli.command, &context));
    context.bars.clear();
    match result {
        Ok(summary) => print(&summary, cli.shared.json),
        Err(failure) => {
            say(&failure);
            ExitCode::from(failure.status)
        }
    }
}

fn dispatch(command: Command, context: &Context) -> Result<Summary, Failure> {
    match command {
        Command::Demo(args) => demo::run(&args, context),
        Command::Fetch(args) => fetch::run(&args, context),
        Command::Download(args) => download::run(&args, context),
        Command::Merge(args) => merge::run(&args, context),
        Command::Split(args) => split::run(&args, context),
        Command::Shard(args) => shard::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Uids(args) => uids::run(&args),
        Command::Net(args) => net::run(&args, context),
        Command::Train(args) => train::run(&args, context),
        Command::Encode(args) => encode::run(&args, context),
        Command::Eval(args) => eval::run(&args, context),
        Command::Matrix(args) => matrix::run(&args),
        Command::Compare(args) => compare::run(&args, context),
        Command::Robustness(args) => robustness::run(&args),
        Command::Shift(args) => shift::run(&args, context),
        Command::Report(args) => report::run(&args, context),
        #[cfg(feature = "distributed")]
        Command::Cluster(args) => cluster::run(&args),
        Command::Doctor => Ok(doctor::run()),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Says what went wrong.
fn say(failure: &Failure) {
    tracing::error!("{}", told(&failure.error));
}

/// An error and its causes, each said once: many a message holds its cause already.
fn told(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .fold(String::new(), |told, cause| match told.as_str() {
            "" => cause,
            known if known.contains(&cause) => told,
            known => format!("{known}: {cause}"),
        })
}

/// Prints the result; a reader that closed the pipe has seen enough.
fn print(summary: &Summary, json: bool) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let written = if summary.json.is_null() {
        Ok(())
    } else if json {
        writeln!(stdout, "{}", summary.json)
    } else {
        writeln!(stdout, "{}", summary.text.trim_end())
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            tracing::error!(%error, "cannot write to stdout");
            ExitCode::from(failure::FAILED)
        }
        _ if summary.failed => ExitCode::from(failure::FAILED),
        _ if summary.wrong => ExitCode::from(failure::WRONG_INPUT),
        _ if summary.retry => ExitCode::from(failure::RUN_AGAIN),
        _ => ExitCode::SUCCESS,
    }
}

fn start_log(shared: &Shared) {
    let level = match (shared.quiet, shared.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    // Libraries speak from the level on at which they have something to say to a user.
    let libraries = level.min(LevelFilter::WARN);
    // What draws figures warns of lines without length, which are drawn as they should be: not at all.
    let filter = tracing_subscriber::EnvFilter::new(format!(
        "{libraries},tiny_skia=error,resvg=error,usvg=error,ticclip={level},ticclip_fetchers={level}"
    ));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match shared.log_format {
        LogFormat::Json => log.json().init(),
        LogFormat::Text => log
            .without_time()
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .init(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_a_message_holds_is_not_said_again() {
        let error = anyhow::anyhow!("line 2").context("a.csv: line 2");
        assert_eq!(told(&error), "a.csv: line 2");
        let error = anyhow::anyhow!("disk full").context("cannot write a.csv");
        assert_eq!(told(&error), "cannot write a.csv: disk full");
    }
}
