//! Arguments of `encode`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;
use crate::model::Architecture;
use crate::part::Part;

/// Arguments of `encode`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["images", "texts"]))]
#[command(
    after_help = "Example: ticclip encode --model train/sequential/2019 --images photos --out photos.safetensors"
)]
pub struct EncodeArgs {
    /// A model folder in open_clip's layout, or a file of weights (safetensors, or a PyTorch checkpoint)
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// What the model looks like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(long, visible_alias = "arch", value_name = "NAME|FILE")]
    pub architecture: Option<Architecture>,
    /// A Hugging Face tokenizer.json or a merge table (plain or gzip), instead of the model's or CLIP's own
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,
    /// A folder of images, a WebDataset (a tar, or a folder of tars), or a file that lists an image a line
    #[arg(long, value_name = "PATH")]
    pub images: Option<PathBuf>,
    /// A file with a text a line
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
    /// The safetensors file to write: `features`, unit rows, and in its metadata their `keys`
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Only the I-th of N parts of the input, for several processes
    #[arg(long, value_name = "I/N")]
    pub part: Option<Part>,
    /// Where, and how exactly
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Throw away an earlier result
    #[arg(long)]
    pub overwrite: bool,
}
