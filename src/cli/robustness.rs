//! Arguments of `robustness`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `robustness`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ticclip robustness scores --base imagenet1k --shift imagenet-shift --baseline sequential
  ticclip robustness scores --base tic-datacomp-retrieval@2016 --shift tic-datacomp-retrieval@2022 --families families.csv

A line through the models of a family says what accuracy under the shift to expect from the accuracy without it; a \
model is effectively robust by what it has above that line.")]
pub struct RobustnessArgs {
    /// Folders that `eval` wrote
    #[arg(value_name = "SCORES", required = true)]
    pub scores: Vec<PathBuf>,
    /// The task without the shift; TASK@STEP is one step of a task
    #[arg(long, value_name = "TASK[@STEP]", default_value = "imagenet1k")]
    pub base: String,
    /// The tasks with it, or a group of them
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "imagenet-shift"
    )]
    pub shift: Vec<String>,
    /// Which family a model belongs to: a CSV table with the columns model (as in scores.jsonl) and family. The strategies if not
    /// given; models without one are a family together, "other models"
    #[arg(long, value_name = "FILE")]
    pub families: Option<PathBuf>,
    /// The family whose line all models are held against, instead of each its own
    #[arg(long, value_name = "FAMILY")]
    pub baseline: Option<String>,
    /// The scale on which a family lies on a line
    #[arg(long, value_enum, default_value = "logit")]
    pub link: LinkArg,
    /// File for the models as a table
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

/// A scale of accuracies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LinkArg {
    /// ln(p / (1 − p))
    Logit,
    /// The standard normal quantile
    Probit,
}
