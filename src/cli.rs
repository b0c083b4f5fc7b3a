//! The command line: what holds for every command, and the commands, whose arguments are a file each.

mod check;
#[cfg(feature = "distributed")]
mod cluster;
mod compare;
mod completions;
mod compute;
mod demo;
mod download;
mod encode;
mod eval;
mod fetch;
mod known;
mod matrix;
mod merge;
mod net;
mod number;
mod report;
mod robustness;
mod shard;
mod shift;
mod split;
mod train;
mod uids;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use check::CheckArgs;
#[cfg(feature = "distributed")]
pub use cluster::{ClusterArgs, ClusterRole, ExecutorArgs, SchedulerArgs};
pub use compare::{CompareArgs, CorrectionArg};
pub use completions::CompletionsArgs;
pub use compute::ComputeArgs;
pub use demo::DemoArgs;
pub use download::DownloadArgs;
pub use encode::EncodeArgs;
pub use eval::{EvalArgs, HubArgs};
pub use fetch::FetchArgs;
pub use matrix::MatrixArgs;
pub use merge::MergeArgs;
pub use net::NetArgs;
pub use report::ReportArgs;
pub use robustness::{LinkArg, RobustnessArgs};
pub use shard::ShardArgs;
pub use shift::ShiftArgs;
pub use split::SplitArgs;
pub use train::TrainArgs;
pub use uids::{UidsArgs, UidsCombineArgs, UidsCommand, UidsConvertArgs, UidsListArgs};

/// Time-continual image-text benchmarks in one program.
#[derive(Debug, Parser)]
#[command(name = "ticclip", version, about, max_term_width = 100)]
#[command(after_help = "Example: ticclip demo --out ticclip-demo")]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The command line of this call; one that is wrong ends the program with what is.
    #[must_use]
    pub fn read() -> Self {
        let matches = with_negative_numbers(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// A negative number is the value of the option before it, whose own words then say what is allowed.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let takes_value = arg.get_action().takes_values() && !arg.is_positional();
            arg.allow_negative_numbers(takes_value)
        })
        .mut_subcommands(with_negative_numbers)
}

/// What stands above the options of every command in a command's help.
const EVERY_COMMAND: &str = "Options of every command";

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Shared {
    /// Say more on stderr; twice for debugging
    #[arg(short, long, global = true, help_heading = EVERY_COMMAND, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say less on stderr: errors alone, no progress bars
    #[arg(short, long, global = true, help_heading = EVERY_COMMAND, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Form of the messages on stderr
    #[arg(long, global = true, help_heading = EVERY_COMMAND, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Print one JSON object with the figures and paths as the last line of stdout
    #[arg(long, global = true, help_heading = EVERY_COMMAND)]
    pub json: bool,
    /// Threads to compute with; all cores by default
    #[arg(long, global = true, help_heading = EVERY_COMMAND, value_name = "N", value_parser = number::whole::<u16>(1..))]
    pub threads: Option<u16>,
}

/// Form of the messages on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything on the built-in emoji dataset, from dates to the report
    Demo(DemoArgs),
    /// Date the pairs of a dataset: table in, manifest out
    Fetch(FetchArgs),
    /// Download the images of a manifest into WebDataset shards
    Download(Box<DownloadArgs>),
    /// Put the parts of a `fetch`, `download`, `shard` or `eval` together
    Merge(MergeArgs),
    /// Cut a dated manifest into time steps and hold pairs out
    Split(SplitArgs),
    /// Write the training and evaluation shards of every step
    Shard(ShardArgs),
    /// Check a finished benchmark: pairs on both sides, look-alikes, counts, dates, damage
    Check(CheckArgs),
    /// Look at, convert, join and check lists of uids
    Uids(UidsArgs),
    /// Find the pairs of ImageNet's classes in every step, by their captions
    Net(NetArgs),
    /// Train through time under one or more strategies
    Train(TrainArgs),
    /// Write the features of images or texts
    Encode(EncodeArgs),
    /// Score models on the tasks of every step
    Eval(Box<EvalArgs>),
    /// Arrange scores by trained and tested step: in-domain, backward, forward, drift
    Matrix(MatrixArgs),
    /// Compare two models on the same samples: drops overall, per step, per group of classes
    Compare(CompareArgs),
    /// Hold models against their family's line: how they do under a shift, given how they do without it
    Robustness(RobustnessArgs),
    /// Say what changes over time: words, images, classes
    Shift(ShiftArgs),
    /// Write the report of a scored run
    Report(ReportArgs),
    /// Start a scheduler or an executor that works for `split --cluster`
    #[cfg(feature = "distributed")]
    Cluster(ClusterArgs),
    /// Say what this machine offers and what `--device auto` picks
    #[command(after_help = "Example: ticclip doctor --json")]
    Doctor,
    /// Print completions for a shell, or write man pages
    Completions(CompletionsArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(command: &clap::Command, tell: &impl Fn(&clap::Command)) {
        tell(command);
        for below in command.get_subcommands() {
            each(below, tell);
        }
    }

    #[test]
    fn every_help_has_an_example() {
        each(&Cli::command(), &|command| {
            let name = command.get_name();
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            assert!(help.contains("Example"), "{name}: {help}");
            assert!(help.contains("ticclip "), "{name}: {help}");
        });
    }

    #[test]
    fn a_negative_number_is_a_value() {
        let command = with_negative_numbers(Cli::command());
        command.clone().debug_assert();
        let read = |line: &str| {
            let words = line.split(' ');
            command.clone().try_get_matches_from(words)
        };
        read("ticclip split m --timeline yearly --held-out -0.1 --out s").expect("a share");
        let told = read("ticclip download m --out p --rows -1").expect_err("no number of rows");
        let told = told.to_string();
        assert!(
            told.contains("--rows") && told.contains("at least 1"),
            "{told}"
        );
    }
}
