//! Arguments of `report`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ticclip_report::export::Format;

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  ticclip report scores --data shards --train train --out report
  ticclip report scores --data shards --train train --compare drops --shift shift --figures svg,pdf --tables tex --out report
  ticclip report train --data shards --train train --serve")]
pub struct ReportArgs {
    /// Folders with the scores.jsonl that `eval` wrote
    #[arg(value_name = "DIR", required = true)]
    pub scores: Vec<PathBuf>,
    /// Folder written by `shard`
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Folder written by `train`, for cost and loss
    #[arg(long, value_name = "DIR")]
    pub train: Option<PathBuf>,
    /// Folders written by `compare --out`, for drops and the samples behind them
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub compare: Vec<PathBuf>,
    /// Folder of other evaluation sets, where pictures of those samples are found
    #[arg(long, value_name = "DIR", requires = "compare")]
    pub sets: Option<PathBuf>,
    /// Folder written by `shift`, for what changes in the data
    #[arg(long, value_name = "DIR")]
    pub shift: Option<PathBuf>,
    /// Folder for report.html, which is written anew
    #[arg(long, value_name = "DIR", required_unless_present = "serve")]
    pub out: Option<PathBuf>,
    /// Write every figure to OUT/figures, too: svg, png (300 dpi), pdf
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', requires = "out", value_parser = figure)]
    pub figures: Vec<Format>,
    /// Write every table to OUT/tables, too: csv, md, tex
    #[arg(long, value_name = "FORMAT,…", value_delimiter = ',', requires = "out", value_parser = table)]
    pub tables: Vec<Format>,
    /// Serve the report while training and scoring go on, instead of writing it; at 127.0.0.1:8710 if no address is given
    #[arg(
        long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:8710", conflicts_with = "out"
    )]
    pub serve: Option<SocketAddr>,
}

fn figure(text: &str) -> Result<Format, String> {
    of_kind(text, true, "svg, png, pdf")
}

fn table(text: &str) -> Result<Format, String> {
    of_kind(text, false, "csv, md, tex")
}

fn of_kind(text: &str, figure: bool, allowed: &str) -> Result<Format, String> {
    let format = text.parse::<Format>().ok();
    let format = format.filter(|format| Format::FIGURES.contains(format) == figure);
    format.ok_or_else(|| format!("allowed are {allowed}"))
}
