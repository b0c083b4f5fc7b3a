//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip report scores --data shards --train train --out report")]
pub struct ReportArgs {
    /// Folder with the scores.jsonl that `eval` wrote
    #[arg(value_name = "DIR")]
    pub scores: PathBuf,
    /// Folder written by `shard`
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Folder written by `train`, for cost and loss
    #[arg(long, value_name = "DIR")]
    pub train: Option<PathBuf>,
    /// Folder for report.html, which is written anew
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
