//! Arguments of `check`.

use std::path::PathBuf;

use clap::Args;

use super::number::whole;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 clean, 1 a violation, 2 the call is wrong.\n\nExample: ticclip check shards --splits splits --out check"
)]
pub struct CheckArgs {
    /// Folder written by `shard`; it is only read
    #[arg(value_name = "DIR")]
    pub benchmark: PathBuf,
    /// Folder written by `split`: uids of shards are looked up in its lists
    #[arg(long, value_name = "DIR")]
    pub splits: Option<PathBuf>,
    /// Neither decode nor compare images
    #[arg(long)]
    pub no_images: bool,
    /// Images are near when so many of the 128 bits of their hashes differ at most
    #[arg(long, value_name = "N", default_value_t = crate::check::DEFAULT_DISTANCE, value_parser = whole::<u32>(0..=32))]
    pub distance: u32,
    /// Folder for check.json and findings.parquet
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Throw away an earlier result in the folder
    #[arg(long, requires = "out")]
    pub overwrite: bool,
}
