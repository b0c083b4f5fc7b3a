//! Arguments of `eval`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;
use crate::model::Architecture;

/// Arguments of `eval`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip eval --model train/sequential/2019 train/sequential/2020 --tasks dynamic --data shards --out scores"
)]
pub struct EvalArgs {
    /// Model folders in open_clip's layout, folders of such folders (as `train` writes), or files of weights
    /// (safetensors, or a PyTorch checkpoint)
    #[arg(long, value_name = "MODEL", num_args = 1.., required_unless_present = "list")]
    pub model: Vec<PathBuf>,
    /// What the models look like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(long, visible_alias = "arch", value_name = "NAME|FILE")]
    pub architecture: Option<Architecture>,
    /// A Hugging Face tokenizer.json or a merge table (plain or gzip), instead of the models' or CLIP's own
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,
    /// Tasks and groups of tasks
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "dynamic"
    )]
    pub tasks: Vec<String>,
    /// Folder written by `shard`
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Folder for scores.jsonl and predictions
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    pub out: Option<PathBuf>,
    /// Say which tasks there are and whether their data is there
    #[arg(long)]
    pub list: bool,
    /// Where, and how exactly
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Throw away earlier scores in the folder
    #[arg(long)]
    pub overwrite: bool,
}
