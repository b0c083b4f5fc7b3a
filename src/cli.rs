//! Arguments of every command.

#[cfg(feature = "distributed")]
mod cluster;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::device::Choice;
use crate::download::{EncodeFormat, Interpolation, ResizeMode};
use crate::model::{Architecture, Precision};
use crate::net::DropRule;
use crate::part::Part;

#[cfg(feature = "distributed")]
pub use cluster::{ClusterArgs, ClusterRole, ExecutorArgs, SchedulerArgs};

/// Time-continual image-text benchmarks in one program.
#[derive(Debug, Parser)]
#[command(name = "ticclip", version, about, max_term_width = 100)]
#[command(after_help = "Example: ticclip demo --out ticclip-demo")]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub shared: Shared,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Shared {
    /// Say more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say less on stderr: errors alone, no progress bars
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Form of the messages on stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Print one JSON object with the figures and paths as the last line of stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// Threads to compute with; all cores by default
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

/// Form of the messages on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run everything on the built-in emoji dataset, from dates to the report
    Demo(DemoArgs),
    /// Date the pairs of a dataset: table in, manifest out
    Fetch(FetchArgs),
    /// Download the images of a manifest into WebDataset shards
    Download(Box<DownloadArgs>),
    /// Put the parts of a `fetch`, `download` or `shard` together
    Merge(MergeArgs),
    /// Cut a dated manifest into time steps and hold pairs out
    Split(SplitArgs),
    /// Write the training and evaluation shards of every step
    Shard(ShardArgs),
    /// Check a finished benchmark: pairs on both sides, look-alikes, counts, dates, damage
    Check(CheckArgs),
    /// Look at, convert, join and check lists of uids
    Uids(UidsArgs),
    /// Find the pairs of ImageNet's classes in every step, by their captions
    Net(NetArgs),
    /// Train through time under one or more strategies
    Train(TrainArgs),
    /// Write the features of images or texts
    Encode(EncodeArgs),
    /// Score models on the tasks of every step
    Eval(EvalArgs),
    /// Write the report of a scored run
    Report(ReportArgs),
    /// Start a scheduler or an executor that works for `split --cluster`
    #[cfg(feature = "distributed")]
    Cluster(ClusterArgs),
    /// Say what this machine offers and what `--device auto` picks
    Doctor,
}

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
        default_value = "sequential,cumulative-all"
    )]
    pub strategies: Vec<String>,
    /// Pairs seen in one step, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub samples_per_step: Option<u64>,
    /// Seed of weights, order and augmentation
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Choice,
    /// Throw away what an earlier run left in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `fetch`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip fetch my-photos.toml --out manifest")]
pub struct FetchArgs {
    /// The dataset's TOML file
    #[arg(value_name = "DATASET.toml")]
    pub dataset: PathBuf,
    /// Folder (or s3://, gs://, az:// url) for manifest.parquet, claims.parquet, rejected.parquet, disagreements.parquet
    /// and stats.json
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Folder for what is on its way to an --out in an object store; a temporary one by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Only the I-th of N parts of the table, for several processes or machines; `merge` puts them together
    #[arg(long, value_name = "I/N")]
    pub part: Option<Part>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `download`. Words and defaults are img2dataset's where it has them.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip download manifest --out pool --image-size 256 --resize-mode keep_ratio --resize-only-if-bigger"
)]
pub struct DownloadArgs {
    /// Folder written by `fetch`, or a table (Parquet, CSV, TSV, JSON lines) with the columns uid, image (or url) and
    /// caption (or text)
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Folder (or s3://, gs://, az:// url) for the shards, their tables and stats
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Folder for what is on its way to an --out in an object store; a temporary one by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Only the I-th of N parts of the shards, for several processes or machines; `merge` puts them together
    #[arg(long, value_name = "I/N")]
    pub part: Option<Part>,
    /// Rows of the manifest in one shard
    #[arg(long, value_name = "N", default_value = "10000")]
    pub shard_size: std::num::NonZeroU32,
    /// Only the first rows of the manifest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub rows: Option<u64>,
    /// Pixels of the side that is made to fit
    #[arg(long, value_name = "PIXELS", default_value_t = 256)]
    pub image_size: u32,
    /// no, border, keep_ratio, keep_ratio_largest or center_crop
    #[arg(long, value_name = "MODE", default_value = "border")]
    pub resize_mode: ResizeMode,
    /// Images that are not larger keep their size
    #[arg(long)]
    pub resize_only_if_bigger: bool,
    /// How images are enlarged: nearest, linear, cubic, area or lanczos
    #[arg(long, value_name = "WAY", default_value = "lanczos")]
    pub upscale_interpolation: Interpolation,
    /// How images are made smaller
    #[arg(long, value_name = "WAY", default_value = "area")]
    pub downscale_interpolation: Interpolation,
    /// jpg, png or webp
    #[arg(long, value_name = "FORMAT", default_value = "jpg")]
    pub encode_format: EncodeFormat,
    /// 1 to 100 for jpg and webp (95 by default), 0 to 9 for png (6)
    #[arg(long, value_name = "N")]
    pub encode_quality: Option<u8>,
    /// Keep the bytes of images that are of the format and need no resizing
    #[arg(long)]
    pub skip_reencode: bool,
    /// Keep the bytes of all images as they are served
    #[arg(long)]
    pub disable_all_reencoding: bool,
    /// Leave out images whose shorter side has fewer pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 0)]
    pub min_image_size: u32,
    /// Leave out images with more pixels
    #[arg(long, value_name = "PIXELS")]
    pub max_image_area: Option<u64>,
    /// Leave out images whose longer side is more than so many times the shorter
    #[arg(long, value_name = "RATIO")]
    pub max_aspect_ratio: Option<f64>,
    /// Leave out images whose bytes have not the SHA-256 in this column of the manifest
    #[arg(long, value_name = "COLUMN")]
    pub verify_sha256: Option<String>,
    /// Blur the boxes in this column: a list of [left, top, right, bottom], each a share of the side
    #[arg(long, value_name = "COLUMN")]
    pub blur: Option<String>,
    /// Leave out images that are served with one of these words in X-Robots-Tag; `none` for no such words
    #[arg(
        long,
        value_name = "WORD,…",
        value_delimiter = ',',
        default_value = "noai,noimageai,noindex,noimageindex"
    )]
    pub opt_out: Vec<String>,
    /// Requests under way at once
    #[arg(long, value_name = "N", default_value = "128")]
    pub concurrency: std::num::NonZeroU32,
    /// How many of them to one host
    #[arg(long, value_name = "N", default_value = "8")]
    pub per_host_concurrency: std::num::NonZeroU32,
    /// How long one try may take
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub timeout: std::num::NonZeroU32,
    /// How often a request is made again that failed for a reason that may pass
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub retries: u32,
    /// Leave out longer files
    #[arg(long, value_name = "MIB", default_value = "32")]
    pub max_file_mib: std::num::NonZeroU32,
    /// A mail address or page for the servers' owners, added to the User-Agent
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// Do not ask for robots.txt
    #[arg(long)]
    pub ignore_robots: bool,
    /// Let urls lead to private and local addresses
    #[arg(long)]
    pub allow_private: bool,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip merge manifest-1 manifest-2 manifest-3 --out manifest")]
pub struct MergeArgs {
    /// Folders (or urls) written by `fetch`, `download` or `shard` with `--part I/N`, all N of them, in any order
    #[arg(value_name = "DIR", required = true)]
    pub parts: Vec<PathBuf>,
    /// Folder (or s3://, gs://, az:// url) for the whole
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Folder for what is on its way to an --out in an object store; a temporary one by default
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `split`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples: ticclip split manifest --timeline my-photos.toml --held-out 0.1 --out splits\n          ticclip split metadata --timestamps dates.parquet --timeline yearly --held-out-uids eval.npy --out splits\n          ticclip split pool.csv --where \"width >= 200\" --timeline yearly --out splits"
)]
pub struct SplitArgs {
    /// Folder written by `fetch`, or files with the columns uid and timestamp: one, a folder, a glob or range; Parquet,
    /// or .csv, .tsv, .jsonl (also .gz or .zst), also in s3://, gs://, az:// and http(s)://
    #[arg(value_name = "MANIFEST")]
    pub manifest: PathBuf,
    /// Files with the columns uid and timestamp that give the dates, so that MANIFEST needs none; of several dates of a
    /// uid the earliest counts
    #[arg(long, value_name = "FILES")]
    pub timestamps: Option<PathBuf>,
    /// Only rows of which this is true: a SQL expression over MANIFEST's columns, such as "clip_l14_similarity_score > 0.3
    /// AND least(original_width, original_height) >= 200 AND words(text) > 2 AND language(text) = 'eng'"
    #[arg(long = "where", value_name = "SQL")]
    pub filter: Option<String>,
    /// The column of uids, in MANIFEST and in --timestamps
    #[arg(long, value_name = "NAME", default_value = "uid")]
    pub uid_column: String,
    /// The column of dates
    #[arg(long, value_name = "NAME", default_value = "timestamp")]
    pub timestamp_column: String,
    /// Let a cluster read and join the tables, one job for each range of uids
    #[cfg(feature = "distributed")]
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,
    /// yearly, monthly, or a TOML file with a `[timeline]` table
    #[arg(long, value_name = "RULE")]
    pub timeline: String,
    /// Share of each step's pairs that is held out; by default the [held-out] table of the
    /// timeline's file, else none
    #[arg(long, value_name = "SHARE")]
    pub held_out: Option<f64>,
    /// Lists (.npy) of uids that are held out, instead of or besides a share
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub held_out_uids: Vec<PathBuf>,
    /// Lists (.npy) of uids: only pairs that are in one of them count, such as those that a filter kept
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub only_uids: Vec<PathBuf>,
    /// Draw so many of each step's held-out pairs for its retrieval set; by default all of them are in it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub retrieval: Option<u64>,
    /// Seed of the draw of held-out pairs
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Write the uids and dates of every list as Parquet, too
    #[arg(long)]
    pub tables: bool,
    /// How much of the rows is in memory at once; the rest waits on disk
    #[arg(long, value_name = "MIB", default_value = "512")]
    pub memory: std::num::NonZeroU32,
    /// Last day that a yearly or monthly timeline covers; today by default
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub not_after: Option<chrono::NaiveDate>,
    /// Folder for the uid lists
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

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
    /// Last day that a yearly or monthly timeline covers; today by default
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
    #[arg(long, value_name = "COSINE", value_parser = cosine, allow_negative_numbers = true, requires = "model")]
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
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX)
    #[arg(long, value_name = "PRECISION", default_value = "f32")]
    pub precision: Precision,
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

/// Arguments of `uids`.
#[derive(Debug, Args)]
#[command(
    after_help = "Files are told by their names: .npy (NumPy), .bin (its rows without a header), .txt (32 hex digits a line), \
.parquet (column uid) and, to be read, .pkl (TiC-CLIP's released pickles).\n\nExamples: ticclip uids subtract pool.npy eval.npy --out train.npy\n          ticclip uids convert tic-datacomp_retrieval_evals_year2uids.pkl --by-key --out eval"
)]
pub struct UidsArgs {
    /// What to do
    #[command(subcommand)]
    pub command: UidsCommand,
}

/// What `uids` does.
#[derive(Debug, Subcommand)]
pub enum UidsCommand {
    /// How many uids there are, in what order, from where to where
    Info(UidsListArgs),
    /// Whether lists are sorted and unique; status 1 when one is not
    Check(UidsListArgs),
    /// Write the uids of all files as one list, sorted and each once
    Convert(UidsConvertArgs),
    /// The uids of any list
    Union(UidsCombineArgs),
    /// The uids of all lists
    Intersect(UidsCombineArgs),
    /// The uids of the first list that are in no other
    Subtract(UidsCombineArgs),
}

/// Arguments of `uids info` and `uids check`.
#[derive(Debug, Args)]
pub struct UidsListArgs {
    /// Files of uids
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `uids convert`.
#[derive(Debug, Args)]
pub struct UidsConvertArgs {
    /// Files of uids
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Write a list KEY.npy into the folder --out for each outermost key of the pickles, such as the year
    #[arg(long)]
    pub by_key: bool,
    /// File to write (.npy, .bin, .txt or .parquet), or a folder with --by-key
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `uids union`, `intersect` and `subtract`.
#[derive(Debug, Args)]
pub struct UidsCombineArgs {
    /// Files of uids, sorted and unique
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// File to write (.npy, .bin, .txt or .parquet)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

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
    #[arg(long, value_name = "DIR", requires = "splits")]
    pub images: Option<PathBuf>,
    /// Folder written by `net`, whose pairs in the pool also become classification sets
    #[arg(long, value_name = "DIR", requires = "splits")]
    pub classes: Option<PathBuf>,
    /// Prompts for them, a line each with {c} where a class name goes; one plain prompt by default
    #[arg(long, value_name = "FILE", requires = "classes")]
    pub templates: Option<PathBuf>,
    /// Samples in one tar
    #[arg(long, value_name = "N", default_value = "10000")]
    pub shard_size: std::num::NonZeroU32,
    /// Only the I-th of N shares of a pool's tars, for several processes or machines; `merge` puts them together
    #[arg(long, value_name = "I/N", requires = "splits")]
    pub part: Option<Part>,
    /// Throw away an earlier result in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 clean, 1 a violation, 2 the call is wrong.\n\nExample: ticclip check shards --splits splits --out check"
)]
pub struct CheckArgs {
    /// Folder written by `shard`; it is only read
    #[arg(value_name = "DIR")]
    pub benchmark: PathBuf,
    /// Folder written by `split`: uids of shards are looked up in its lists
    #[arg(long, value_name = "DIR")]
    pub splits: Option<PathBuf>,
    /// Neither decode nor compare images
    #[arg(long)]
    pub no_images: bool,
    /// Images are near when so many of the 128 bits of their hashes differ at most
    #[arg(long, value_name = "N", default_value_t = crate::check::DEFAULT_DISTANCE, value_parser = clap::value_parser!(u32).range(..=32))]
    pub distance: u32,
    /// Folder for check.json and findings.parquet
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Throw away an earlier result in the folder
    #[arg(long, requires = "out")]
    pub overwrite: bool,
}

/// Arguments of `train`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: ticclip train tiny --data shards --strategy sequential,cumulative-all --out train"
)]
pub struct TrainArgs {
    /// A recipe that comes with the program (tiny), or a TOML file
    #[arg(value_name = "RECIPE")]
    pub recipe: String,
    /// Folder written by `shard`
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Strategies to train under
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
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
    /// Pairs seen in one step, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub samples_per_step: Option<u64>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX), instead of the recipe's
    #[arg(long, value_name = "PRECISION")]
    pub precision: Option<Precision>,
    /// Keep the state of the step in training every N seconds
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub checkpoint_seconds: u64,
    /// Throw away these strategies' earlier results in the folder
    #[arg(long)]
    pub overwrite: bool,
}

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
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX)
    #[arg(long, value_name = "PRECISION", default_value = "f32")]
    pub precision: Precision,
    /// Throw away an earlier result
    #[arg(long)]
    pub overwrite: bool,
}

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
    /// auto, cpu, gpu or gpu:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Choice,
    /// Matrix products on the CPU in f32 or bf16 (needs AVX512-BF16 or AMX)
    #[arg(long, value_name = "PRECISION", default_value = "f32")]
    pub precision: Precision,
    /// Throw away earlier scores in the folder
    #[arg(long)]
    pub overwrite: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Example: ticclip report scores --data shards --train train --out report")]
pub struct ReportArgs {
    /// Folder with the scores.jsonl that `eval` wrote
    #[arg(value_name = "DIR")]
    pub scores: PathBuf,
    /// Folder written by `shard`
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Folder written by `train`, for cost and loss
    #[arg(long, value_name = "DIR")]
    pub train: Option<PathBuf>,
    /// Folder for report.html, which is written anew
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
