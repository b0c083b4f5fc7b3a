//! The columnar index of Common Crawl: Parquet files with a row for every capture.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampSecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, FixedOffset, Utc};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::claim::{Kind, Precision};
use crate::source::column::Unit;
use crate::source::evidence::capped;
use crate::source::url_key::UrlKeys;
use crate::source::{ArchiveError, Sink};

/// The columns without which a capture cannot be told.
const NEEDED: [&str; 3] = ["url", "fetch_time", "fetch_status"];
/// The columns that say where the capture is.
const WHERE: [&str; 3] = ["warc_filename", "warc_record_offset", "crawl"];

/// Gives the captures with status 200 to the sink.
pub(super) fn scan(file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
    let format = |message: String| ArchiveError::Format {
        path: file.to_owned(),
        message,
    };
    let io = |error| ArchiveError::Io {
        path: file.to_owned(),
        error,
    };
    let opened = File::open(file).map_err(io)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(opened)
        .map_err(|error| format(format!("is not a Parquet file: {error}")))?;
    let columns = builder.schema().fields();
    let has = |name: &str| columns.iter().any(|field| field.name() == name);
    if let Some(missing) = NEEDED.iter().find(|name| !has(name)) {
        let message = format!(
            "has no column `{missing}`; the columnar index has {}",
            NEEDED.join(", ")
        );
        return Err(format(message));
    }
    let wanted = NEEDED.into_iter().chain(WHERE).filter(|name| has(name));
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(8192)
        .build()
        .map_err(|error| format(error.to_string()))?;
    let mut keys = UrlKeys::default();
    let mut rows = 0;
    for batch in reader {
        let batch = batch.map_err(|error| format(format!("after row {rows}: {error}")))?;
        scan_batch(&batch, rows, &mut keys, sink).map_err(|problem| match problem {
            Problem::Io(error) => io(error),
            Problem::Format(message) => format(message),
        })?;
        rows += batch.num_rows();
    }
    Ok(())
}

enum Problem {
    Io(std::io::Error),
    Format(String),
}

fn column(batch: &RecordBatch, name: &str, kind: &DataType) -> Result<Option<ArrayRef>, Problem> {
    let Some(column) = batch.column_by_name(name) else {
        return Ok(None);
    };
    cast(column, kind)
        .map(Some)
        .map_err(|error| Problem::Format(format!("column `{name}`: {error}")))
}

fn scan_batch(
    batch: &RecordBatch,
    before: usize,
    keys: &mut UrlKeys,
    sink: &mut dyn Sink,
) -> Result<(), Problem> {
    let Some(urls) = column(batch, "url", &DataType::Utf8)? else {
        return Ok(());
    };
    let urls = urls.as_string::<i32>();
    // The other columns are converted only where a row is wanted, which is rare.
    let mut captures = None;
    for (row, url) in urls.iter().enumerate() {
        let Some((url, key)) = url.and_then(|url| Some((url, keys.key(url)?))) else {
            continue;
        };
        if !sink.wants(key) {
            continue;
        }
        if captures.is_none() {
            captures = Some(Captures::of(batch)?);
        }
        let Some(captures) = &captures else { continue };
        if captures.status(row) != Some(200) {
            continue;
        }
        match captures.time(row) {
            Some(at) => {
                let evidence = capped(format!("{url} in {}", captures.place(row)));
                sink.take(key, at, Precision::Second, Kind::Captured, &evidence)
                    .map_err(Problem::Io)?;
            }
            None => sink.skip(&format!("row {}: fetch_time is no date", before + row)),
        }
    }
    Ok(())
}

/// The columns of a batch beside the url.
struct Captures {
    statuses: ArrayRef,
    times: ArrayRef,
    file_names: Option<ArrayRef>,
    offsets: Option<ArrayRef>,
    crawls: Option<ArrayRef>,
}

impl Captures {
    fn of(batch: &RecordBatch) -> Result<Self, Problem> {
        let missing = |name: &str| Problem::Format(format!("has no column `{name}`"));
        let time = batch
            .column_by_name("fetch_time")
            .ok_or_else(|| missing("fetch_time"))?;
        let kind = match time.data_type() {
            DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Second, zone.clone()),
            _ => DataType::Utf8,
        };
        Ok(Self {
            statuses: column(batch, "fetch_status", &DataType::Int64)?
                .ok_or_else(|| missing("fetch_status"))?,
            times: column(batch, "fetch_time", &kind)?.ok_or_else(|| missing("fetch_time"))?,
            file_names: column(batch, "warc_filename", &DataType::Utf8)?,
            offsets: column(batch, "warc_record_offset", &DataType::Utf8)?,
            crawls: column(batch, "crawl", &DataType::Utf8)?,
        })
    }

    fn status(&self, row: usize) -> Option<i64> {
        let statuses = self.statuses.as_primitive::<Int64Type>();
        statuses.is_valid(row).then(|| statuses.value(row))
    }

    fn time(&self, row: usize) -> Option<DateTime<Utc>> {
        if !self.times.is_valid(row) {
            return None;
        }
        if let Some(texts) = self.times.as_string_opt::<i32>() {
            let (at, _) =
                Unit::Iso8601.parse(texts.value(row).trim(), FixedOffset::east_opt(0)?)?;
            return Some(at);
        }
        let seconds = self
            .times
            .as_primitive_opt::<TimestampSecondType>()?
            .value(row);
        DateTime::from_timestamp(seconds, 0)
    }

    fn place(&self, row: usize) -> String {
        let text = |column: &Option<ArrayRef>| {
            let column = column.as_ref()?;
            column
                .is_valid(row)
                .then(|| column.as_string::<i32>().value(row).to_owned())
        };
        match (
            text(&self.file_names),
            text(&self.offsets),
            text(&self.crawls),
        ) {
            (Some(name), Some(offset), _) => format!("{name} at {offset}"),
            (Some(name), None, _) => name,
            (None, _, Some(crawl)) => crawl,
            (None, ..) => "the columnar index".to_owned(),
        }
    }
}
