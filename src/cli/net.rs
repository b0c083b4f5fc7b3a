//! Arguments of `net`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;
use crate::model::Architecture;
use crate::net::DropRule;

/// Arguments of `net`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip net manifest --timeline yearly --model ViT-B-32 --threshold 0.82 --out net"
)]
pub struct NetArgs {
    /// Folder written by `fetch`, or a Parquet file with the columns uid, image, caption and timestamp
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// yearly, monthly, or a TOML file with a `[timeline]` table
    #[arg(long, value_name = "RULE")]
    pub timeline: String,
    /// Last day that a yearly or monthly timeline covers; by default the day on which --out was begun
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub not_after: Option<chrono::NaiveDate>,
    /// Compare captions with what their classes mean, by the text tower of this model (a folder in open_clip's layout,
    /// or a file of weights); by default lemmas alone decide
    #[arg(long, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// What the model looks like, where no open_clip_config.json says so: a name such as ViT-B-32, or a file
    #[arg(
        long,
        visible_alias = "arch",
        value_name = "NAME|FILE",
        requires = "model"
    )]
    pub architecture: Option<Architecture>,
    /// A Hugging Face tokenizer.json or a merge table (plain or gzip), instead of the model's or CLIP's own
    #[arg(long, value_name = "FILE", requires = "model")]
    pub tokenizer: Option<PathBuf>,
    /// Smallest cosine of a caption and "NAME which is DEFINITION", instead of what the timeline's file says of its net;
    /// by default 0.82, LAIONNet's for CLIP's ViT-B/32
    #[arg(long, value_name = "COSINE", value_parser = cosine, requires = "model")]
    pub threshold: Option<f32>,
    /// What the model makes of the captions, computed before: archives NAME.npz, a glob or range of them, whose rows are
    /// those of NAME.parquet beside each, as DataComp's downloader leaves them
    #[arg(long, value_name = "FILES", requires = "model")]
    pub text_features: Option<PathBuf>,
    /// The array in these archives
    #[arg(
        long,
        value_name = "NAME",
        default_value = "b32_txt",
        requires = "text_features"
    )]
    pub text_array: String,
    /// Leave out rows where a column of text has one of these values, such as NSFW=NSFW,UNSURE
    #[arg(long, value_name = "COLUMN=VALUE,…")]
    pub drop: Option<DropRule>,
    /// Folder of an installed WordNet 3.0 (data.noun), which gives the definitions
    #[arg(long, value_name = "DIR", default_value = "/usr/share/wordnet")]
    pub wordnet: PathBuf,
    /// Where, and how exactly
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Folder for the uid lists and classes
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

fn cosine(text: &str) -> Result<f32, String> {
    let cosine = text.parse::<f32>().ok();
    cosine
        .filter(|cosine| (-1.0..=1.0).contains(cosine))
        .ok_or_else(|| "a number from -1 to 1 is expected".to_owned())
}
