//! Scatter: the rows of a manifest, and of a table of dates beside it, thrown into buckets by their uids.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::SplitError;
use super::buckets::{Buckets, Ranges};
use super::placement::NO_DATE;
use super::uid_order::{self, Keyed};
use crate::manifest::{DateTable, DatedUid};
use crate::progress::Progress;
use crate::uid::Uid;

/// So many row groups are looked into to learn how uids are spread, and so many rows of each.
const SAMPLED_GROUPS: usize = 64;
const SAMPLED_ROWS: usize = 512;
/// A row with a date of its own: uid, microseconds, row.
const DATED_BYTES: usize = 32;
/// A row without: uid, row. Or a date: uid, microseconds.
const PLAIN_BYTES: usize = 24;

/// All rows in buckets.
pub(super) struct Scattered {
    pub(super) ranges: Ranges,
    /// The days, since 1970, that the dates are on.
    pub(super) days: BTreeSet<i64>,
    rows: RowBuckets,
}

enum RowBuckets {
    Dated(Buckets<DATED_BYTES>),
    Joined {
        rows: Buckets<PLAIN_BYTES>,
        dates: Buckets<PLAIN_BYTES>,
    },
}

impl Scattered {
    /// Reads all rows, on all threads; `memory` bytes of them stay in memory, the rest goes into `folder`.
    pub(super) fn read(
        manifest: &DateTable,
        dates: Option<&DateTable>,
        memory: u64,
        folder: PathBuf,
        progress: &dyn Progress,
    ) -> Result<Self, SplitError> {
        let row_bytes = if dates.is_some() {
            PLAIN_BYTES
        } else {
            DATED_BYTES
        } as u64;
        let manifest_bytes = manifest.rows() * row_bytes;
        let date_bytes = dates.map_or(0, |dates| dates.rows() * PLAIN_BYTES as u64);
        let all = manifest_bytes + date_bytes;
        let ranges = Ranges::new(all, memory, sample(manifest)?);
        let days = Mutex::new(BTreeSet::new());
        let add_days = |found: Days| {
            let mut days = days
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            found.add_to(&mut days);
        };
        let share =
            |bytes: u64| (u128::from(memory) * u128::from(bytes) / u128::from(all.max(1))) as u64;
        let rows = if let Some(dates) = dates {
            let buckets =
                |name: &str, bytes| Buckets::new(folder.join(name), ranges.len(), share(bytes));
            let rows = buckets("manifest", manifest_bytes)?;
            scatter(
                manifest,
                &ranges,
                &rows,
                |row| plain(row.uid, row.row as i64),
                |_| (),
                progress,
            )?;
            let dated = buckets("dates", date_bytes)?;
            scatter(
                dates,
                &ranges,
                &dated,
                |row| plain(row.uid, row.at_micros.unwrap_or(NO_DATE)),
                add_days,
                progress,
            )?;
            RowBuckets::Joined { rows, dates: dated }
        } else {
            let rows = Buckets::new(folder, ranges.len(), memory)?;
            scatter(manifest, &ranges, &rows, dated, add_days, progress)?;
            RowBuckets::Dated(rows)
        };
        Ok(Self {
            ranges,
            days: days
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
            rows,
        })
    }

    /// Takes a bucket's rows out, and the dates that another table has for them, both sorted.
    pub(super) fn take(
        &self,
        bucket: usize,
    ) -> Result<(Vec<Keyed>, Option<Vec<Keyed>>), SplitError> {
        match &self.rows {
            RowBuckets::Dated(rows) => {
                let read = |row: &[u8; DATED_BYTES]| Keyed {
                    at_micros: read_number(&row[PLAIN_BYTES..]),
                    ..read_plain(&row[..PLAIN_BYTES])
                };
                Ok((uid_order::sort(&rows.take(bucket)?, read), None))
            }
            RowBuckets::Joined { rows, dates } => {
                let sorted = |buckets: &Buckets<PLAIN_BYTES>| {
                    let rows = buckets.take(bucket)?;
                    Ok::<_, SplitError>(uid_order::sort(&rows, |row| read_plain(row)))
                };
                Ok((sorted(rows)?, Some(sorted(dates)?)))
            }
        }
    }
}

/// Some uids from all over the table.
fn sample(table: &DateTable) -> Result<Vec<Uid>, SplitError> {
    let groups = table.groups();
    let chosen = groups.min(SAMPLED_GROUPS);
    let mut uids = Vec::with_capacity(chosen * SAMPLED_ROWS);
    for index in 0..chosen {
        let mut left = SAMPLED_ROWS;
        table.read(index * groups / chosen, |row| {
            uids.push(row.uid);
            left -= 1;
            left > 0
        })?;
    }
    Ok(uids)
}

fn scatter<const N: usize>(
    table: &DateTable,
    ranges: &Ranges,
    buckets: &Buckets<N>,
    encode: impl Fn(DatedUid) -> [u8; N] + Sync,
    add_days: impl Fn(Days) + Sync,
    progress: &dyn Progress,
) -> Result<(), SplitError> {
    let groups: Vec<usize> = (0..table.groups()).collect();
    // Some groups for each hand: what a hand holds is not yet in the buckets.
    let a_hand = groups
        .len()
        .div_ceil(4 * rayon::current_num_threads())
        .max(1);
    let hands: Vec<&[usize]> = groups.chunks(a_hand).collect();
    hands.into_par_iter().try_for_each(|groups| {
        let mut hand = buckets.hand();
        let mut days = Days::default();
        for &group in groups {
            let mut thrown = Ok(());
            table.read(group, |row| {
                if let Some(at) = row.at_micros {
                    days.insert(at);
                }
                thrown = hand.throw(ranges.bucket(row.uid), encode(row));
                thrown.is_ok()
            })?;
            thrown?;
            progress.advance(1);
        }
        hand.finish()?;
        add_days(days);
        Ok(())
    })
}

/// Days on which there are dates. Most rows are of a day that others are of.
#[derive(Default)]
struct Days {
    /// One bit for each day of the years that dates on the web are of.
    usual: Vec<u64>,
    others: BTreeSet<i64>,
}

/// 1970 to about 2149.
const USUAL_DAYS: i64 = 1 << 16;

impl Days {
    fn insert(&mut self, at_micros: i64) {
        let day = at_micros.div_euclid(86_400_000_000);
        if (0..USUAL_DAYS).contains(&day) {
            let word = day as usize / 64;
            if self.usual.len() <= word {
                self.usual.resize(word + 1, 0);
            }
            self.usual[word] |= 1 << (day % 64);
        } else {
            self.others.insert(day);
        }
    }

    fn add_to(self, days: &mut BTreeSet<i64>) {
        days.extend(self.others);
        for (word, bits) in self.usual.iter().enumerate() {
            days.extend(
                (0..64)
                    .filter(|bit| bits >> bit & 1 == 1)
                    .map(|bit| (word * 64 + bit) as i64),
            );
        }
    }
}

fn plain(uid: Uid, number: i64) -> [u8; PLAIN_BYTES] {
    let (first, last) = uid.halves();
    let mut bytes = [0; PLAIN_BYTES];
    bytes[..8].copy_from_slice(&first.to_le_bytes());
    bytes[8..16].copy_from_slice(&last.to_le_bytes());
    bytes[16..].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn dated(row: DatedUid) -> [u8; DATED_BYTES] {
    let mut bytes = [0; DATED_BYTES];
    bytes[..PLAIN_BYTES].copy_from_slice(&plain(row.uid, row.row as i64));
    bytes[PLAIN_BYTES..].copy_from_slice(&row.at_micros.unwrap_or(NO_DATE).to_le_bytes());
    bytes
}

fn read_plain(bytes: &[u8]) -> Keyed {
    Keyed {
        uid: (
            read_number(&bytes[..8]) as u64,
            read_number(&bytes[8..16]) as u64,
        ),
        number: read_number(&bytes[16..]),
        at_micros: NO_DATE,
    }
}

fn read_number(bytes: &[u8]) -> i64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[..8]);
    i64::from_le_bytes(number)
}
