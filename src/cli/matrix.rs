//! Arguments of `matrix`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `matrix`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip matrix scores --tasks tic-datacomp-retrieval --steps shards --out matrix

Rows are training steps, columns what was tested: steps within one training step are averaged, steps before, between or after them \
stand alone. When a step is, --steps says, or its name: 2016, 201607, 2016-07, 2014-2016."
)]
pub struct MatrixArgs {
    /// Folders that `eval` wrote
    #[arg(value_name = "SCORES", required = true)]
    pub scores: Vec<PathBuf>,
    /// Tasks to show; all with steps, if not given
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub tasks: Vec<String>,
    /// When steps are: a folder that `shard` wrote, or a dataset or timeline file
    #[arg(long, value_name = "DIR|FILE")]
    pub steps: Option<PathBuf>,
    /// What models stand for: a CSV table with the columns model (as in scores.jsonl), strategy and step
    #[arg(long, value_name = "FILE")]
    pub models: Option<PathBuf>,
    /// Only samples of these classes: a WordNet name (all its senses) or a wnid, for tasks over ImageNet's classes
    #[arg(long, value_name = "NAME|WNID")]
    pub group: Option<String>,
    /// Let only classes of the group compete for its samples, instead of all classes
    #[arg(long, requires = "group")]
    pub within: bool,
    /// Folder for matrix.csv (every measured cell) and means.csv
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the tables again where others are
    #[arg(long, requires = "out")]
    pub overwrite: bool,
}
