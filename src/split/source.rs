//! Source: where the rows of a split come from, range by range of uids: tables read here, or a query that the engine answers.

use std::collections::BTreeSet;

use super::SplitError;
use super::placement::{Listed, Placement, Placer};
use super::queried::Queried;
use super::scatter::Scattered;
use crate::uid::Uid;

/// All rows, in buckets by their uids.
pub(super) enum Source {
    Tables {
        scattered: Box<Scattered>,
        rows: u64,
        /// Rows of the table of dates, where there is one.
        date_rows: Option<u64>,
    },
    Query(Box<Queried>),
}

impl Source {
    /// Rows of the manifest.
    pub(super) fn rows(&self) -> u64 {
        match self {
            Self::Tables { rows, .. } => *rows,
            Self::Query(queried) => queried.rows(),
        }
    }

    /// Rows of the table of dates, where they were counted.
    pub(super) fn date_rows(&self) -> Option<u64> {
        match self {
            Self::Tables { date_rows, .. } => *date_rows,
            Self::Query(_) => None,
        }
    }

    /// The days, since 1970, that the dates are on.
    pub(super) fn days(&self) -> &BTreeSet<i64> {
        match self {
            Self::Tables { scattered, .. } => &scattered.days,
            Self::Query(queried) => queried.days(),
        }
    }

    pub(super) fn buckets(&self) -> usize {
        match self {
            Self::Tables { scattered, .. } => scattered.ranges.len(),
            Self::Query(queried) => queried.buckets(),
        }
    }

    /// The first uid of a bucket and the first behind it; `None` where there is no end.
    pub(super) fn range(&self, bucket: usize) -> (Uid, Option<Uid>) {
        match self {
            Self::Tables { scattered, .. } => scattered.ranges.range(bucket),
            Self::Query(queried) => queried.range(bucket),
        }
    }

    /// Whether buckets are best placed several at once: the engine shares out one among all threads.
    pub(super) fn is_parallel(&self) -> bool {
        match self {
            Self::Tables { .. } => true,
            Self::Query(queried) => queried.is_on_a_cluster(),
        }
    }

    /// Places the rows of a bucket, which is taken out.
    pub(super) fn place(
        &self,
        bucket: usize,
        placer: &Placer,
        listed: &Listed,
    ) -> Result<Placement, SplitError> {
        match self {
            Self::Tables { scattered, .. } => {
                let (rows, dates) = scattered.take(bucket)?;
                Ok(placer.place(rows, dates, listed))
            }
            Self::Query(queried) => queried.place(bucket, placer, listed),
        }
    }
}
