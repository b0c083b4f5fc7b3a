//! Arguments of `compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::number::whole;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip compare train/oracle/2016 train/oracle/2022 --scores scores --tasks imagenet1k --group motor-vehicle --group dog"
)]
pub struct CompareArgs {
    /// The model that is compared with: its path, its name in scores.jsonl or the end of it, or a folder of scores with one model
    #[arg(value_name = "A")]
    pub a: String,
    /// The model that may be worse
    #[arg(value_name = "B")]
    pub b: String,
    /// Folder that `eval` wrote
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub scores: PathBuf,
    /// Tasks and groups of tasks; all that both models have scores on, if not given
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub tasks: Vec<String>,
    /// Classes to look at: a WordNet name (all its senses) or a wnid. All subtrees if not given
    #[arg(long, value_name = "NAME|WNID")]
    pub group: Vec<String>,
    /// The groups of the paper: device, motor-vehicle, machine, phone, computer, garment, clothing, dog, bird, cat, animal
    #[arg(long)]
    pub released_groups: bool,
    /// Leave out subtrees with fewer classes that have samples
    #[arg(long, value_name = "N", default_value = "5", value_parser = whole::<usize>(0..))]
    pub least_classes: usize,
    /// Leave out subtrees with fewer samples
    #[arg(long, value_name = "N", default_value = "100", value_parser = whole::<u64>(0..))]
    pub least_samples: u64,
    /// Let only classes of a subtree compete for its samples, instead of all classes
    #[arg(long)]
    pub within: bool,
    /// How p-values are corrected for the number of subtrees
    #[arg(long, value_enum, default_value = "holm")]
    pub correction: CorrectionArg,
    /// Contrast the samples with a caption that this regular expression finds, in any case, with all others (retrieval)
    #[arg(long, value_name = "REGEX", requires = "data")]
    pub pattern: Option<String>,
    /// Folder of evaluation sets, where captions are read for --pattern
    #[arg(long, value_name = "DIR", requires = "pattern")]
    pub data: Option<PathBuf>,
    /// Rows of the table of subtrees that are printed; --csv has all
    #[arg(long, value_name = "N", default_value = "20", value_parser = whole::<usize>(0..))]
    pub rows: usize,
    /// File for all subtrees as a table
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Folder for what `report --compare` shows: drops, classes, and samples on which the models differ
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write it again where another comparison is
    #[arg(long, requires = "out")]
    pub overwrite: bool,
}

/// A correction for many tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CorrectionArg {
    /// Holm's: the chance of any false finding
    Holm,
    /// Benjamini and Hochberg's: the share of false findings
    BenjaminiHochberg,
}
