//! A table as it is named: files of one format, and the columns that count.

use std::sync::Arc;

use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::execution::SessionState;

use crate::error::EngineError;

/// Rows of a text table that are looked at to learn what its columns hold.
const LEARNED_ROWS: usize = 10_000;

/// A table of uids, dated or not, in one or many files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Local paths, or urls of `s3://`, `gs://`, `az://` and `http(s)://`, of one format: `.parquet`, `.csv`, `.tsv`,
    /// `.jsonl` or `.ndjson`, the latter four also with `.gz` or `.zst` behind.
    ///
    /// Executors of a cluster read the files themselves: a local path must lead to the same file on every machine.
    /// Separated files have a header, all of them the same, and no line breaks inside of values. What their columns hold
    /// other than uids and dates is learned from the first 10 000 rows, as are the columns that JSON lines have.
    pub files: Vec<String>,
    /// The column of uids: 32 hex digits, or 16 bytes.
    pub uid: String,
    /// The column of dates: timestamps, days, numbers of seconds since 1970 (of milliseconds if they are greater than
    /// 10^11), or text in ISO 8601.
    pub timestamp: Option<String>,
}

/// How the files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) kind: Kind,
    compression: FileCompressionType,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Parquet,
    Separated(u8),
    JsonLines,
}

impl Table {
    /// The first file, which names the table where something is wrong.
    pub(crate) fn first(&self) -> Result<&str, EngineError> {
        self.files
            .first()
            .map(String::as_str)
            .ok_or(EngineError::NoFiles)
    }

    pub(crate) fn format(&self) -> Result<Format, EngineError> {
        let wrong = |file: &str, problem| EngineError::Format {
            file: file.to_owned(),
            problem,
        };
        let first = self.first()?;
        let format = Format::of(first).ok_or_else(|| wrong(first, "its ending names no format"))?;
        match self
            .files
            .iter()
            .find(|file| Format::of(file) != Some(format))
        {
            Some(other) => Err(wrong(other, "it is not of the first file's format")),
            None => Ok(format),
        }
    }
}

impl Format {
    fn of(file: &str) -> Option<Self> {
        let (name, compression) = if let Some(name) = file.strip_suffix(".gz") {
            (name, FileCompressionType::GZIP)
        } else if let Some(name) = file.strip_suffix(".zst") {
            (name, FileCompressionType::ZSTD)
        } else {
            (file, FileCompressionType::UNCOMPRESSED)
        };
        let kind = match name.rsplit_once('.')?.1 {
            "parquet" if compression == FileCompressionType::UNCOMPRESSED => Kind::Parquet,
            "csv" => Kind::Separated(b','),
            "tsv" => Kind::Separated(b'\t'),
            "jsonl" | "ndjson" => Kind::JsonLines,
            _ => return None,
        };
        Some(Self { kind, compression })
    }

    /// The reader of such files.
    pub(crate) fn reader(self, state: &SessionState) -> Arc<dyn FileFormat> {
        let options = state.default_table_options();
        match self.kind {
            Kind::Parquet => Arc::new(ParquetFormat::default().with_options(options.parquet)),
            Kind::Separated(delimiter) => Arc::new(
                CsvFormat::default()
                    .with_options(options.csv)
                    .with_has_header(true)
                    .with_delimiter(delimiter)
                    .with_schema_infer_max_rec(LEARNED_ROWS)
                    .with_file_compression_type(self.compression),
            ),
            Kind::JsonLines => Arc::new(
                JsonFormat::default()
                    .with_options(options.json)
                    .with_schema_infer_max_rec(LEARNED_ROWS)
                    .with_file_compression_type(self.compression),
            ),
        }
    }
}
