//! Arguments of `download`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

use super::number::{decimal, whole};
use crate::download::{EncodeFormat, Interpolation, ResizeMode};
use crate::part::Part;

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
    #[arg(long, value_name = "N", default_value = "10000", value_parser = whole::<NonZeroU32>(1..))]
    pub shard_size: NonZeroU32,
    /// Only the first rows of the manifest
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..))]
    pub rows: Option<u64>,
    /// Pixels of the side that is made to fit
    #[arg(long, value_name = "PIXELS", default_value_t = 256, value_parser = whole::<u32>(1..=16_383))]
    pub image_size: u32,
    /// no, border, keep_ratio, keep_ratio_largest or center_crop
    #[arg(long, value_name = "MODE", default_value = "border")]
    pub resize_mode: ResizeMode,
    /// Images that are not larger keep their size
    #[arg(long)]
    pub resize_only_if_bigger: bool,
    /// How images are enlarged: nearest, linear (or bilinear), cubic (or bicubic), area or lanczos (or lanczos4)
    #[arg(long, value_name = "WAY", default_value = "lanczos")]
    pub upscale_interpolation: Interpolation,
    /// How images are made smaller; the same ways
    #[arg(long, value_name = "WAY", default_value = "area")]
    pub downscale_interpolation: Interpolation,
    /// jpg, png or webp
    #[arg(long, value_name = "FORMAT", default_value = "jpg")]
    pub encode_format: EncodeFormat,
    /// 1 to 100 for jpg and webp (95 by default), 0 to 9 for png (6)
    #[arg(long, value_name = "N", value_parser = whole::<u8>(0..=100))]
    pub encode_quality: Option<u8>,
    /// Keep the bytes of images that are of the format and need no resizing
    #[arg(long)]
    pub skip_reencode: bool,
    /// Keep the bytes of all images as they are served
    #[arg(long)]
    pub disable_all_reencoding: bool,
    /// Leave out images whose shorter side has fewer pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 0, value_parser = whole::<u32>(0..))]
    pub min_image_size: u32,
    /// Leave out images with more pixels
    #[arg(long, value_name = "PIXELS", value_parser = whole::<u64>(0..))]
    pub max_image_area: Option<u64>,
    /// Leave out images whose longer side is more than so many times the shorter
    #[arg(long, value_name = "RATIO", value_parser = decimal)]
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
    #[arg(long, value_name = "N", default_value = "128", value_parser = whole::<NonZeroU32>(1..))]
    pub concurrency: NonZeroU32,
    /// How many of them to one host
    #[arg(long, value_name = "N", default_value = "8", value_parser = whole::<NonZeroU32>(1..))]
    pub per_host_concurrency: NonZeroU32,
    /// How long one try may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = whole::<NonZeroU32>(1..))]
    pub timeout: NonZeroU32,
    /// How often a request is made again that failed for a reason that may pass
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = whole::<u32>(0..))]
    pub retries: u32,
    /// Leave out longer files
    #[arg(long, value_name = "MIB", default_value = "32", value_parser = whole::<NonZeroU32>(1..))]
    pub max_file_mib: NonZeroU32,
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
