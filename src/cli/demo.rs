//! Arguments of `demo`.

use std::path::PathBuf;

use clap::Args;

use super::known::known;
use super::number::whole;
use crate::device::Choice;
use crate::strategy;

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip demo --out ticclip-demo --strategies sequential,cumulative-all,oracle"
)]
pub struct DemoArgs {
    /// Folder for all results
    #[arg(long, value_name = "DIR", default_value = "ticclip-demo")]
    pub out: PathBuf,
    /// Strategies to train under
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "sequential,cumulative-all",
        value_parser = known::<String>(strategy::names),
        hide_possible_values = true
    )]
    pub strategies: Vec<String>,
    /// Pairs seen in one step, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..))]
    pub samples_per_step: Option<u64>,
    /// Seed of weights, order and augmentation
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u64>(0..))]
    pub seed: u64,
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = known::<Choice>(Choice::words), hide_possible_values = true)]
    pub device: Choice,
    /// Throw away what an earlier run left in the folder
    #[arg(long)]
    pub overwrite: bool,
}
