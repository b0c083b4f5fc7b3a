//! Arguments of `uids`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `uids`.
#[derive(Debug, Args)]
#[command(
    after_help = "Files are told by their names: .npy (NumPy), .bin (its rows without a header), .txt (32 hex digits a line), \
.parquet (column uid) and, to be read, .pkl (TiC-CLIP's released pickles).\n\nExamples: ticclip uids subtract pool.npy eval.npy --out train.npy\n          ticclip uids convert tic-datacomp_retrieval_evals_year2uids.pkl --by-key --out eval"
)]
pub struct UidsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: UidsCommand,
}

/// What `uids` does.
#[derive(Debug, Subcommand)]
pub enum UidsCommand {
    /// How many uids there are, in what order, from where to where
    Info(UidsListArgs),
    /// Whether lists are sorted and unique; status 1 when one is not
    Check(UidsListArgs),
    /// Write the uids of all files as one list, sorted and each once
    Convert(UidsConvertArgs),
    /// The uids of any list
    Union(UidsCombineArgs),
    /// The uids of all lists
    Intersect(UidsCombineArgs),
    /// The uids of the first list that are in no other
    Subtract(UidsCombineArgs),
}

/// Arguments of `uids info` and `uids check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ticclip uids info eval.pkl\n  ticclip uids check splits/train/*.npy"
)]
pub struct UidsListArgs {
    /// Files of uids
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `uids convert`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ticclip uids convert manifest/manifest.parquet --out all.npy\n  ticclip uids convert tic-datacomp_retrieval_evals_year2uids.pkl --by-key --out eval"
)]
pub struct UidsConvertArgs {
    /// Files of uids
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Write a list KEY.npy into the folder --out for each outermost key of the pickles, such as the year
    #[arg(long)]
    pub by_key: bool,
    /// File to write (.npy, .bin, .txt or .parquet), or a folder with --by-key
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `uids union`, `intersect` and `subtract`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ticclip uids union 2016.npy 2017.npy --out both.npy\n  ticclip uids intersect pool.npy filter.npy --out kept.npy\n  ticclip uids subtract pool.npy eval.npy --out train.npy"
)]
pub struct UidsCombineArgs {
    /// Files of uids, sorted and unique
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// File to write (.npy, .bin, .txt or .parquet)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
