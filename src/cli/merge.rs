//! Arguments of `merge`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip merge manifest-1 manifest-2 manifest-3 --out manifest")]
pub struct MergeArgs {
    /// Folders (or urls) written by `fetch`, `download`, `shard` or `eval` with `--part I/N`, all N of them, in any order
    #[arg(value_name = "DIR", required = true)]
    pub parts: Vec<PathBuf>,
    /// Folder (or s3://, gs://, az:// url) for the whole
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Folder for what is on its way to an --out in an object store; a temporary one by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}
