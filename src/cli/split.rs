//! Arguments of `split`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::number::{decimal, whole};

/// Arguments of `split`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples: ticclip split manifest --timeline my-photos.toml --held-out 0.1 --out splits\n          ticclip split metadata --timestamps dates.parquet --timeline yearly --held-out-uids eval.npy --out splits\n          ticclip split pool.csv --where \"width >= 200\" --timeline yearly --out splits"
)]
pub struct SplitArgs {
    /// Folder written by `fetch`, or files with the columns uid and timestamp: one, a folder, a glob or range; Parquet,
    /// or .csv, .tsv, .jsonl (also .gz or .zst), also in s3://, gs://, az:// and http(s)://
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Files with the columns uid and timestamp that give the dates, so that MANIFEST needs none; of several dates of a
    /// uid the earliest counts
    #[arg(long, value_name = "FILES")]
    pub timestamps: Option<PathBuf>,
    /// Only rows of which this is true: a SQL expression over MANIFEST's columns, such as "clip_l14_similarity_score > 0.3
    /// AND least(original_width, original_height) >= 200 AND words(text) > 2 AND language(text) = 'eng'"
    #[arg(long = "where", value_name = "SQL")]
    pub filter: Option<String>,
    /// The column of uids, in MANIFEST and in --timestamps
    #[arg(long, value_name = "NAME", default_value = "uid")]
    pub uid_column: String,
    /// The column of dates
    #[arg(long, value_name = "NAME", default_value = "timestamp")]
    pub timestamp_column: String,
    /// Let a cluster read and join the tables, one job for each range of uids
    #[cfg(feature = "distributed")]
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,
    /// yearly, monthly, or a TOML file with a `[timeline]` table
    #[arg(long, value_name = "RULE")]
    pub timeline: String,
    /// Share of each step's pairs that is held out; by default the [held-out] table of the
    /// timeline's file, else none
    #[arg(long, value_name = "SHARE", value_parser = decimal)]
    pub held_out: Option<f64>,
    /// Lists (.npy) of uids that are held out, instead of or besides a share
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub held_out_uids: Vec<PathBuf>,
    /// Lists (.npy) of uids: only pairs that are in one of them count, such as those that a filter kept
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub only_uids: Vec<PathBuf>,
    /// Draw so many of each step's held-out pairs for its retrieval set; by default all of them are in it
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..))]
    pub retrieval: Option<u64>,
    /// Seed of the draw of held-out pairs; by default that of the [held-out] table of the timeline's file, else 0
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..))]
    pub seed: Option<u64>,
    /// Write the uids and dates of every list as Parquet, too
    #[arg(long)]
    pub tables: bool,
    /// How much of the rows is in memory at once; the rest waits on disk
    #[arg(long, value_name = "MIB", default_value = "512", value_parser = whole::<NonZeroU32>(1..))]
    pub memory: NonZeroU32,
    /// Last day that a yearly or monthly timeline covers; by default the day on which --out was begun
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub not_after: Option<chrono::NaiveDate>,
    /// Folder for the uid lists
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}
