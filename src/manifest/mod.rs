//! Manifest: every pair of a dataset with its uid, image, caption and date, and what was rejected on the way.

mod assembly;
mod caption;
mod class_table;
mod dataset;
mod date_table;
mod disagreements;
mod pair;
mod pair_table;
mod parquet_file;
mod read;
mod rejected;
mod stats;
mod table;
mod template;
mod write;

pub use assembly::{Assembly, AssemblyError, PIECES_FILE, PartNote, PieceNote};
pub use caption::CaptionRule;
pub use class_table::read_classes;
pub use dataset::{
    ClassRule, Dataset, DatasetError, HeldOut, ImageRule, Pairs, UidRule, parse_toml,
};
pub use date_table::{DateTable, DatedUid};
pub use pair::{Pair, PairRules, Refusal, is_url};
pub use pair_table::{PairRow, PairTable, Place, RowCells, TableColumns};
pub use parquet_file::ParquetFileError;
pub(crate) use parquet_file::ParquetWriter;
pub use read::{
    ManifestReadError, ManifestRow, manifest_file, read_flagged_rows, read_meta, read_rows,
};
pub use rejected::{Rejected, RejectedWriter, read_rejected};
pub(crate) use stats::count;
pub use stats::{STATS_FILE, Stats};
pub use table::{BadRow, Cells, Row, Rows, TableError, TableRule, Tables};
pub(crate) use table::{expand_braces, matching_files};
pub use template::{Template, TemplateError, relative_path};
pub(crate) use write::ClaimsWriter;
pub use write::{
    MANIFEST_ENTRIES, MANIFEST_FILE, ManifestMeta, ManifestWriteError, ManifestWriter,
};
