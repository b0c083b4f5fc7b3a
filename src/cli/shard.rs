//! Arguments of `shard`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::number::whole;
use crate::part::Part;

/// Arguments of `shard`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples: ticclip shard manifest --splits splits --out shards\n          ticclip shard 'pool/{00000..12895}.tar' --splits splits --out shards\n          ticclip shard shards --remove opt-outs.txt\n          ticclip shard shards --unpack --out images-and-table"
)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["splits", "remove", "unpack"]))]
pub struct ShardArgs {
    /// Folder written by `fetch`, whose images are files; or a pool of WebDataset tars: their folder, such as
    /// `download` writes, one tar, or a glob or range of them; or, with --remove or --unpack, shards written before
    #[arg(value_name = "MANIFEST|POOL|SHARDS")]
    pub input: PathBuf,
    /// Folder written by `split`
    #[arg(long, value_name = "DIR", requires = "out")]
    pub splits: Option<PathBuf>,
    /// Take the pairs of these lists out of shards: only the tars that hold one are written anew, in their place
    #[arg(
        long,
        value_name = "FILE,…",
        value_delimiter = ',',
        conflicts_with = "out"
    )]
    pub remove: Vec<PathBuf>,
    /// Write the samples as image files, with a table and a dataset file for `fetch`
    #[arg(long, requires = "out")]
    pub unpack: bool,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Folder that a manifest's image paths are relative to; the dataset file's by default
    #[arg(long, value_name = "DIR", requires = "splits", conflicts_with_all = ["unpack", "remove"])]
    pub images: Option<PathBuf>,
    /// Folder written by `net`, whose pairs in the pool also become classification sets
    #[arg(long, value_name = "DIR", requires = "splits", conflicts_with_all = ["unpack", "remove"])]
    pub classes: Option<PathBuf>,
    /// Prompts for them, a line each with {c} where a class name goes; one plain prompt by default
    #[arg(long, value_name = "FILE", requires = "classes")]
    pub templates: Option<PathBuf>,
    /// Samples in one tar
    #[arg(long, value_name = "N", default_value = "10000", value_parser = whole::<NonZeroU32>(1..), conflicts_with_all = ["unpack", "remove"])]
    pub shard_size: NonZeroU32,
    /// Only the I-th of N shares of a pool's tars, for several processes or machines; `merge` puts them together
    #[arg(long, value_name = "I/N", requires = "splits", conflicts_with_all = ["unpack", "remove"])]
    pub part: Option<Part>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}
