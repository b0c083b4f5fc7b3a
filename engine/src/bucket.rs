//! A bucket: the rows of one range of uids, and how many are left out of it.

use datafusion::arrow::array::{Array, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::{DataFusionError, Result};

use crate::function::NO_DATE;

/// A row that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The uid, as the number that its 32 hex digits are.
    pub uid: u128,
    /// Microseconds since 1970-01-01T00:00:00Z; `None` if the row has no date.
    pub at_micros: Option<i64>,
}

/// The rows of one range of uids. Every row of the manifest is in `rows` or counted by `filtered`, `not_in_dates` or
/// `bad_uids`, once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The rows that count, sorted by uid, then date, undated ones last.
    pub rows: Vec<Row>,
    /// Rows that the filter rejects, or is null of.
    pub filtered: u64,
    /// Rows that the filter keeps, but the table of dates has no date for.
    pub not_in_dates: u64,
    /// Dates of a uid for which the table of dates has an earlier one, or the same once more, whether the manifest has the
    /// uid or not.
    pub repeated_dates: u64,
    /// Rows of the manifest whose uid is null or none. They are in bucket 0.
    pub bad_uids: u64,
    /// Rows that count as undated because their date is none. With a table of dates, its rows that count as if they were
    /// not there because their date or uid is none; the latter are in bucket 0.
    pub bad_dates: u64,
}

/// What became of a row, as the plan says it.
pub(crate) const KEPT: i32 = 0;
pub(crate) const FILTERED: i32 = 1;
pub(crate) const BAD_UID: i32 = 2;

/// What a plan's columns are, in order: the uid, the date, what became of the row (null if there is no row, only dates),
/// how many dates the table of dates has for the uid, and how many that are none.
pub(crate) const COLUMNS: [&str; 5] = ["uid", "at", "fate", "dates", "bad"];

/// Makes a bucket of what a plan gives.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    bucket: Bucket,
    /// Whether dates are of a table of their own.
    joined: bool,
    /// Uids of rows with several dates or bad ones, and how many there are: of each uid they count once.
    dates: Vec<(u128, u64, u64)>,
}

impl Collector {
    pub(crate) fn new(joined: bool) -> Self {
        Self {
            joined,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.columns();
        let [uids, at, fates, dates, bad] = columns else {
            return Err(unexpected(batch));
        };
        if *uids.data_type() != DataType::FixedSizeBinary(16) {
            return Err(unexpected(batch));
        }
        let uids = uids.as_fixed_size_binary();
        let at = at.as_primitive_opt::<Int64Type>();
        let fates = fates.as_primitive_opt::<Int32Type>();
        let dates = dates.as_primitive_opt::<Int64Type>();
        let bad = bad.as_primitive_opt::<Int64Type>();
        let (Some(at), Some(fates), Some(dates), Some(bad)) = (at, fates, dates, bad) else {
            return Err(unexpected(batch));
        };
        for row in 0..batch.num_rows() {
            let mut uid = [0; 16];
            if uids.is_valid(row) {
                uid.copy_from_slice(uids.value(row));
            }
            let count = |values: &Int64Array| {
                let count = values.is_valid(row).then(|| values.value(row));
                count.map_or(0, |count| count as u64)
            };
            let row = Found {
                uid: u128::from_be_bytes(uid),
                at: at.is_valid(row).then(|| at.value(row)),
                fate: fates.is_valid(row).then(|| fates.value(row)),
                repeated: count(dates).saturating_sub(1),
                bad: count(bad),
            };
            self.add_row(&row);
        }
        Ok(())
    }

    fn add_row(&mut self, found: &Found) {
        match found.fate {
            None => {}
            Some(KEPT) if self.joined && found.at.is_none() => self.bucket.not_in_dates += 1,
            Some(KEPT) => {
                let at_micros = found.at.filter(|&at| at != NO_DATE);
                if !self.joined {
                    self.bucket.bad_dates += u64::from(at_micros != found.at);
                }
                self.bucket.rows.push(Row {
                    uid: found.uid,
                    at_micros,
                });
            }
            Some(FILTERED) => self.bucket.filtered += 1,
            Some(_) => self.bucket.bad_uids += 1,
        }
        if found.fate.is_none() {
            self.bucket.repeated_dates += found.repeated;
            self.bucket.bad_dates += found.bad;
        } else if found.repeated + found.bad > 0 {
            self.dates.push((found.uid, found.repeated, found.bad));
        }
    }

    pub(crate) fn finish(mut self) -> Bucket {
        self.dates.sort_unstable();
        self.dates.dedup_by_key(|dates| dates.0);
        for (_, repeated, bad) in self.dates {
            self.bucket.repeated_dates += repeated;
            self.bucket.bad_dates += bad;
        }
        let rows = &mut self.bucket.rows;
        rows.sort_unstable_by_key(|row| (row.uid, row.at_micros.is_none(), row.at_micros));
        self.bucket
    }
}

/// A row of what a plan gives.
struct Found {
    uid: u128,
    at: Option<i64>,
    fate: Option<i32>,
    repeated: u64,
    bad: u64,
}

fn unexpected(batch: &RecordBatch) -> DataFusionError {
    DataFusionError::Internal(format!("the plan gave other columns: {}", batch.schema()))
}
