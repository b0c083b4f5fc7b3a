//! Arguments of `shift`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;
use super::number::whole;
use crate::model::Architecture;

/// Arguments of `shift`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip shift --data shards --out shift --model train/oracle/2022"
)]
pub struct ShiftArgs {
    /// Folder of evaluation sets, one a time step: written by `shard`, or TiC's
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The task whose captions and images are looked at
    #[arg(long, value_name = "NAME|FILE", default_value = "retrieval")]
    pub task: String,
    /// The classification task whose classes are looked at, with --model
    #[arg(
        long,
        value_name = "NAME|FILE",
        default_value = "classification",
        requires = "model"
    )]
    pub classes: String,
    /// A model, for how far classes move between two steps
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// What the model looks like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(long, visible_alias = "arch", value_name = "NAME|FILE")]
    pub architecture: Option<Architecture>,
    /// Folder for the tables
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Words of the longest phrase that is counted
    #[arg(long, value_name = "N", default_value = "3", value_parser = whole::<u8>(1..=5))]
    pub phrase_words: u8,
    /// Captions that have to have a word or phrase
    #[arg(long, value_name = "N", default_value = "3", value_parser = whole::<u64>(0..))]
    pub at_least: u64,
    /// Rows of each list
    #[arg(long, value_name = "N", default_value = "50", value_parser = whole::<usize>(0..))]
    pub rows: usize,
    /// Leave the images unread: words alone
    #[arg(long)]
    pub no_images: bool,
    /// Where, and how exactly
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Replace earlier tables in the folder
    #[arg(long)]
    pub overwrite: bool,
}
