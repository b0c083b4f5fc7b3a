//! Queried rows: the rows of tables that the engine filters and joins, range by range of uids, kept on disk as they come.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ticclip_engine::{Bucket, Engine, Limits, Plan, Query, Row, Table};

use super::SplitError;
use super::placement::{Listed, NO_DATE, Placement, Placer};
use super::uid_order::Keyed;
use crate::artefact::{ArtefactError, NewFile};
use crate::uid::Uid;

/// A bucket's row in memory, and as it is placed.
const ROW_BYTES: u64 = 32 + 40;
/// A row on disk: uid and microseconds.
const STORED_BYTES: usize = 24;
/// How many numbers stand before the rows.
const COUNTS: usize = 5;
const MAX_BUCKETS: u64 = 4096;

/// Tables that the engine is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitQuery {
    /// The rows.
    pub manifest: Table,
    /// Dates that count in place of the manifest's.
    pub dates: Option<Table>,
    /// A SQL expression over the manifest's columns that must be true of a row.
    pub filter: Option<String>,
    /// The `df://HOST:PORT` of a cluster that does the work.
    pub cluster: Option<String>,
}

/// A query's rows.
pub(super) struct Queried {
    plan: Plan,
    rows: u64,
    days: BTreeSet<i64>,
    buckets: u32,
    folder: PathBuf,
    is_on_a_cluster: bool,
}

impl SplitQuery {
    /// Fails where the tables cannot be opened or the filter not be understood; no row is read.
    ///
    /// # Errors
    /// Which file, column or part of the filter is wrong, and what is allowed.
    pub fn check(&self, memory_bytes: u64) -> Result<(), SplitError> {
        self.plan(memory_bytes, std::env::temp_dir()).map(drop)
    }

    fn plan(&self, memory_bytes: u64, spill: PathBuf) -> Result<Plan, SplitError> {
        let limits = Limits {
            memory_bytes,
            threads: rayon::current_num_threads(),
            spill,
        };
        Ok(engine(self, limits)?.open(&Query {
            manifest: self.manifest.clone(),
            dates: self.dates.clone(),
            filter: self.filter.clone(),
        })?)
    }
}

impl Queried {
    /// Opens the tables. Answers that an earlier run has left in `folder` count; each is there when it is whole.
    pub(super) fn open(
        query: &SplitQuery,
        memory: u64,
        folder: PathBuf,
    ) -> Result<Self, SplitError> {
        std::fs::create_dir_all(&folder).map_err(ArtefactError::io(&folder))?;
        let spill = folder.join("spill");
        std::fs::create_dir_all(&spill).map_err(ArtefactError::io(&spill))?;
        let plan = query.plan(memory, spill)?;
        let rows = plan.rows()?;
        let buckets = (rows * ROW_BYTES)
            .div_ceil(memory.max(1))
            .clamp(1, MAX_BUCKETS) as u32;
        Ok(Self {
            days: plan.days()?,
            plan,
            rows,
            buckets,
            folder,
            is_on_a_cluster: query.cluster.is_some(),
        })
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn days(&self) -> &BTreeSet<i64> {
        &self.days
    }

    pub(super) fn buckets(&self) -> usize {
        self.buckets as usize
    }

    pub(super) fn is_on_a_cluster(&self) -> bool {
        self.is_on_a_cluster
    }

    pub(super) fn range(&self, bucket: usize) -> (Uid, Option<Uid>) {
        let start = |bucket: u128| {
            let first = (bucket << 32).div_ceil(u128::from(self.buckets));
            Uid(first << 96)
        };
        let next = bucket as u128 + 1;
        let end = (next < u128::from(self.buckets)).then(|| start(next));
        (start(bucket as u128), end)
    }

    pub(super) fn place(
        &self,
        bucket: usize,
        placer: &Placer,
        listed: &Listed,
    ) -> Result<Placement, SplitError> {
        let bucket = self.take(bucket as u32)?;
        let rows = bucket.rows.iter().map(|row| Keyed {
            uid: Uid(row.uid).halves(),
            // A table that is read in any order has no numbers.
            number: 0,
            at_micros: row.at_micros.unwrap_or(NO_DATE),
        });
        let placement = placer.place(rows.collect(), None, listed);
        Ok(Placement {
            filtered: bucket.filtered,
            bad_uids: bucket.bad_uids,
            bad_dates: bucket.bad_dates,
            not_in_dates: bucket.not_in_dates,
            repeated_dates: bucket.repeated_dates,
            ..placement
        })
    }

    fn take(&self, bucket: u32) -> Result<Bucket, SplitError> {
        let path = self
            .folder
            .join(format!("{bucket}-of-{}.rows", self.buckets));
        if let Ok(bytes) = std::fs::read(&path)
            && let Some(bucket) = decode(&bytes)
        {
            return Ok(bucket);
        }
        let found = self.plan.bucket(bucket, self.buckets)?;
        NewFile::write_whole(&path, &encode(&found))?;
        Ok(found)
    }
}

fn engine(query: &SplitQuery, limits: Limits) -> Result<Engine, SplitError> {
    #[cfg(feature = "distributed")]
    if let Some(cluster) = &query.cluster {
        return Ok(Engine::cluster(cluster, limits)?);
    }
    let _ = query;
    Ok(Engine::embedded(limits)?)
}

fn encode(bucket: &Bucket) -> Vec<u8> {
    let counts: [u64; COUNTS] = [
        bucket.filtered,
        bucket.not_in_dates,
        bucket.repeated_dates,
        bucket.bad_uids,
        bucket.bad_dates,
    ];
    let mut bytes = Vec::with_capacity(COUNTS * 8 + bucket.rows.len() * STORED_BYTES);
    bytes.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
    for row in &bucket.rows {
        bytes.extend(row.uid.to_be_bytes());
        bytes.extend(row.at_micros.unwrap_or(NO_DATE).to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Bucket> {
    let (counts, rows) = bytes.split_at_checked(COUNTS * 8)?;
    let (counts, _) = counts.as_chunks::<8>();
    let count = |at: usize| u64::from_le_bytes(counts[at]);
    let (rows, rest) = rows.as_chunks::<STORED_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    let row = |row: &[u8; STORED_BYTES]| {
        let (mut uid, mut at) = ([0; 16], [0; 8]);
        uid.copy_from_slice(&row[..16]);
        at.copy_from_slice(&row[16..]);
        let at = i64::from_le_bytes(at);
        Row {
            uid: u128::from_be_bytes(uid),
            at_micros: (at != NO_DATE).then_some(at),
        }
    };
    Some(Bucket {
        rows: rows.iter().map(row).collect(),
        filtered: count(0),
        not_in_dates: count(1),
        repeated_dates: count(2),
        bad_uids: count(3),
        bad_dates: count(4),
    })
}

/// Removes what only an interrupted run needs.
pub(super) fn clear(folder: &Path) -> Result<(), SplitError> {
    Ok(crate::artefact::remove_all(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_comes_back_from_disk_whole_or_not_at_all() {
        let rows = [(7, Some(-5)), (u128::MAX, None)];
        let bucket = Bucket {
            rows: rows.map(|(uid, at_micros)| Row { uid, at_micros }).to_vec(),
            filtered: 1,
            not_in_dates: 2,
            repeated_dates: 3,
            bad_uids: 4,
            bad_dates: 5,
        };
        let bytes = encode(&bucket);
        assert_eq!(decode(&bytes), Some(bucket));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode(&bytes[..20]), None);
    }
}
