//! Reject: the rows that a split leaves out, listed and counted by reason.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::placement::{LeftOut, OUTSIDE, Placement};
use crate::manifest::{ParquetFileError, Rejected, RejectedWriter};

/// Counts and lists the rows that are left out.
pub(super) struct Reject {
    list: RejectedWriter,
    counts: BTreeMap<String, u64>,
}

impl Reject {
    pub(super) fn create(folder: &Path) -> Result<Self, ParquetFileError> {
        let list = RejectedWriter::create(&folder.join("rejected.parquet"))?;
        Ok(Self {
            list,
            counts: BTreeMap::new(),
        })
    }

    /// Lists what a bucket leaves out; of what other files leave out only the number is of use.
    pub(super) fn placement(&mut self, placement: &Placement) -> Result<(), ParquetFileError> {
        for left_out in &placement.left_out {
            self.push(left_out)?;
        }
        for (reason, rows) in [
            ("not-in-uids", placement.unlisted),
            ("not-in-dates", placement.not_in_dates),
            ("filtered", placement.filtered),
            ("bad-uid", placement.bad_uids),
        ] {
            if rows > 0 {
                *self.counts.entry(reason.to_owned()).or_default() += rows;
            }
        }
        Ok(())
    }

    fn push(&mut self, left_out: &LeftOut) -> Result<(), ParquetFileError> {
        crate::manifest::count(&mut self.counts, left_out.reason);
        let date = left_out.at_micros.filter(|_| left_out.reason == OUTSIDE);
        let detail = date.map_or_else(String::new, |at| {
            let date: Option<DateTime<Utc>> = DateTime::from_timestamp_micros(at);
            date.map_or_else(
                || format!("{at} microseconds since 1970"),
                |at| at.to_rfc3339(),
            )
        });
        self.list.push(&Rejected {
            table: None,
            row: left_out.row,
            uid: Some(left_out.uid),
            image: None,
            reason: left_out.reason.to_owned(),
            detail,
        })
    }

    pub(super) fn finish(self) -> Result<BTreeMap<String, u64>, ParquetFileError> {
        self.list.finish()?;
        Ok(self.counts)
    }
}
