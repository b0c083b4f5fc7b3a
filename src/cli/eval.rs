//! Arguments of `eval`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;
use super::number::whole;
use crate::device::Choice;
use crate::model::{Architecture, Precision};
use crate::part::Part;

/// Arguments of `eval`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  ticclip eval --model train/sequential/2019 train/sequential/2020 --tasks dynamic --data shards --out scores\n  ticclip eval --model ViT-B-32.pt --arch ViT-B-32-quickgelu --tasks datacomp38 --data datacomp_eval --out scores\n  ticclip eval --part 2/8 --model open_clip/*.pt --arch ViT-B-32 --tasks datacomp38 --data datacomp_eval --out scores-2
  ticclip eval --download --tasks datacomp38 --data datacomp_eval --hub https://HOST/datasets/clip-benchmark/{name}/resolve/main"
)]
pub struct EvalArgs {
    /// Model folders in open_clip's layout, folders of such folders (as `train` writes), or files of weights
    /// (safetensors, or a PyTorch checkpoint)
    #[arg(long, value_name = "MODEL", num_args = 1.., required_unless_present_any = ["list", "download"])]
    pub model: Vec<PathBuf>,
    /// What the models look like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(long, visible_alias = "arch", value_name = "NAME|FILE")]
    pub architecture: Option<Architecture>,
    /// A Hugging Face tokenizer.json or a merge table (plain or gzip), instead of the models' or CLIP's own
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,
    /// Tasks, groups of tasks (dynamic, static28, datacomp38, imagenet-shift, …), and files of own tasks (.toml); dynamic if
    /// not given, and with --list all
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub tasks: Vec<String>,
    /// A file of groups, which go before those of the same name
    #[arg(long, value_name = "FILE")]
    pub groups: Option<PathBuf>,
    /// Folder of evaluation sets: written by `shard`, or CLIP_benchmark's and DataComp's
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Class names and prompts from another dataset's folder, or a file of them, instead of the datasets' own
    #[arg(long, value_name = "DIR|FILE")]
    pub prompts_from: Option<PathBuf>,
    /// Folder of zero-shot heads (TASK.safetensors, TASK@STEP.safetensors) that take the place of prompts
    #[arg(long, value_name = "DIR")]
    pub heads: Option<PathBuf>,
    /// Folder for the zero-shot heads of every model: MODEL/TASK.safetensors, a unit row a class
    #[arg(long, value_name = "DIR", conflicts_with = "heads")]
    pub save_heads: Option<PathBuf>,
    /// Also fit a linear probe where a dataset has training images (train/); its task is called NAME+probe
    #[arg(long)]
    pub probe: bool,
    /// Training images of each class for the probe, instead of all
    #[arg(long, value_name = "K", requires = "probe", value_parser = whole::<usize>(1..))]
    pub shots: Option<usize>,
    /// Folder for scores.jsonl and predictions
    #[arg(long, value_name = "DIR", required_unless_present_any = ["list", "download"])]
    pub out: Option<PathBuf>,
    /// Folder for features, which are not computed a second time; OUT/features if not given
    #[arg(long, value_name = "DIR")]
    pub features: Option<PathBuf>,
    /// Whether features are kept: not those of models that are scored once, as soon as they are trained.
    #[arg(skip = true)]
    pub keep_features: bool,
    /// Models in memory at once: an image is decoded once for all of them
    #[arg(long, value_name = "N", default_value = "4", value_parser = whole::<NonZeroUsize>(1..))]
    pub together: NonZeroUsize,
    /// Score only the I-th of N shares of the models and tasks, into a folder of its own; `merge` puts them together
    #[arg(long, value_name = "I/N", conflicts_with_all = ["list", "download"])]
    pub part: Option<Part>,
    /// Say which tasks there are, or those of --tasks, and whether their data is there
    #[arg(long)]
    pub list: bool,
    /// Where, and how exactly
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Throw away earlier scores in the folder; with --download, sets that were downloaded
    #[arg(long)]
    pub overwrite: bool,
    /// Where data comes from
    #[command(flatten)]
    pub hub: HubArgs,
}

/// Arguments of `eval --download`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Download")]
pub struct HubArgs {
    /// Get the tasks' data that is not in --data yet, as WebDatasets; nothing is scored. TICCLIP_HUB_TOKEN may hold a token
    #[arg(long, conflicts_with = "list")]
    pub download: bool,
    /// Where the sets' folders are; {name} stands for a folder such as wds_vtab-eurosat, else it goes to the end.
    /// TICCLIP_HUB if not given
    #[arg(long, value_name = "ADDRESS", requires = "download")]
    pub hub: Option<String>,
    /// Get the images to train on, too
    #[arg(long, requires = "download")]
    pub train: bool,
    /// Leave out sets with a larger tar
    #[arg(long, value_name = "MIB", default_value_t = 8192, value_parser = whole::<u32>(1..))]
    pub largest_file: u32,
    /// How long the hub may be silent
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = whole::<u32>(1..=3600))]
    pub timeout: u32,
    /// How often a request is made again that failed for a reason that may pass
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = whole::<u32>(0..=1000))]
    pub retries: u32,
    /// Let the hub, and what it redirects to, be at private and local addresses
    #[arg(long)]
    pub allow_private: bool,
}

impl EvalArgs {
    /// What scores the models in `model` on tasks in `data`, with all else as it is by default.
    #[must_use]
    pub fn of(model: PathBuf, tasks: Vec<String>, data: PathBuf, out: PathBuf) -> Self {
        Self {
            model: vec![model],
            architecture: None,
            tokenizer: None,
            tasks,
            groups: None,
            data,
            prompts_from: None,
            heads: None,
            save_heads: None,
            probe: false,
            shots: None,
            out: Some(out),
            features: None,
            keep_features: false,
            together: NonZeroUsize::MIN,
            part: None,
            list: false,
            compute: ComputeArgs {
                device: Choice::Auto,
                precision: Precision::F32,
            },
            overwrite: false,
            hub: HubArgs::default(),
        }
    }
}
