//! Manifest: every pair of a dataset with its uid, image, caption and date, and what was rejected on the way.

mod caption;
mod dataset;
mod outcome;
mod pair;
mod pair_reader;
mod parquet_file;
mod read;
mod rejected;
mod stats;
mod table;
mod template;
mod write;

pub use caption::CaptionRule;
pub use dataset::{
    ClassRule, Dataset, DatasetError, HeldOut, ImageRule, Pairs, UidRule, parse_toml,
};
pub use outcome::{ClaimRow, Outcome, RowOutcome};
pub use pair::{Pair, PairRules, Refusal, is_url};
pub use pair_reader::{PairReader, PairRow, TableColumns};
pub use parquet_file::ParquetFileError;
pub use read::{
    DateRow, ManifestReadError, ManifestRow, manifest_file, read_dates, read_meta, read_rows,
};
pub use rejected::{Rejected, RejectedWriter, read_rejected};
pub(crate) use stats::count;
pub use stats::{STATS_FILE, Stats};
pub use table::{BadRow, Row, Rows, TableError, Tables};
pub use template::{Template, TemplateError, relative_path};
pub use write::{
    MANIFEST_ENTRIES, MANIFEST_FILE, ManifestMeta, ManifestWriteError, ManifestWriter,
};
