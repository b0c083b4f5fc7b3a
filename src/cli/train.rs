//! Arguments of `train`.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::Args;

use super::known::known;
use super::number::whole;
use crate::device::Choice;
use crate::model::{Architecture, Precision};
use crate::strategy;
use crate::train::CurveFormat;

/// Arguments of `train`.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Example: ticclip train tiny --data shards --strategy sequential,cumulative-all --evaluate dynamic --out train"
)]
pub struct TrainArgs {
    /// A recipe that comes with the program (tiny, debug, tic-medium, tic-large, tic-xlarge), or a TOML file
    #[arg(value_name = "RECIPE")]
    pub recipe: String,
    /// Folder written by `shard`; one in an object store (s3://, gs://, az://) is copied near first
    #[arg(long, value_name = "DIR|URL")]
    pub data: PathBuf,
    /// Folder for that copy, instead of one for temporary files
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Where the shards were before they were copied near.
    #[arg(skip)]
    pub given: Option<PathBuf>,
    /// Strategies to train under
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true, value_parser = known::<String>(strategy::names), hide_possible_values = true)]
    pub strategy: Vec<String>,
    /// A Hugging Face tokenizer.json, instead of CLIP's own vocabulary; the recipe's vocab_size must hold its tokens
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,
    /// Folder for the checkpoints
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Begin with this model instead of random weights (a folder in open_clip's layout, or a file of weights); it
    /// decides the recipe's shapes and how images are prepared
    #[arg(long, value_name = "MODEL")]
    pub from: Option<PathBuf>,
    /// What that model looks like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(
        long,
        visible_alias = "arch",
        value_name = "NAME|FILE",
        requires = "from"
    )]
    pub architecture: Option<Architecture>,
    /// Score every step's model on these tasks and groups of tasks, too: scores.jsonl and predictions beside the strategies
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub evaluate: Vec<String>,
    /// Pairs seen in one step, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..))]
    pub samples_per_step: Option<u64>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..))]
    pub seed: Option<u64>,
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = known::<Choice>(Choice::words), hide_possible_values = true)]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX), instead of the recipe's
    #[arg(long, value_name = "PRECISION", value_parser = known::<Precision>(Precision::words), hide_possible_values = true)]
    pub precision: Option<Precision>,
    /// Keep the state of the step in training every N seconds
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = whole::<u64>(0..))]
    pub checkpoint_seconds: u64,
    /// Keep it after every N updates, too
    #[arg(long, value_name = "N", value_parser = whole::<NonZeroU64>(1..))]
    pub checkpoint_updates: Option<NonZeroU64>,
    /// Keep the newest N of those states: when one is damaged, the one before it is taken up
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = whole::<u16>(1..))]
    pub keep_checkpoints: u16,
    /// Write the keys of every batch to STRATEGY/batches.jsonl
    #[arg(long)]
    pub batch_keys: bool,
    /// Write curves beside metrics.jsonl in other formats, too
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',')]
    pub curves: Vec<CurveFormat>,
    /// Throw away these strategies' earlier results in the folder
    #[arg(long)]
    pub overwrite: bool,
}
