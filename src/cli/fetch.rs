//! Arguments of `fetch`.

use std::path::PathBuf;

use clap::Args;

use crate::part::Part;

/// Arguments of `fetch`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip fetch my-photos.toml --out manifest")]
pub struct FetchArgs {
    /// The dataset's TOML file
    #[arg(value_name = "DATASET.toml")]
    pub dataset: PathBuf,
    /// Folder (or s3://, gs://, az:// url) for manifest.parquet, claims.parquet, rejected.parquet, disagreements.parquet
    /// and stats.json
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Folder for what is on its way to an --out in an object store; a temporary one by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Only the I-th of N parts of the table, for several processes or machines; `merge` puts them together
    #[arg(long, value_name = "I/N")]
    pub part: Option<Part>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}
