//! Uid rows: the uid of every sample with its tar, in any order and any number, put in order with bounded memory.

use rayon::slice::ParallelSliceMut;
use std::path::Path;

use super::set::Tar;
use crate::artefact::{ArtefactError, NewFolder};
use crate::shard::{Samples, uid_of};
use crate::split::buckets::{Buckets, Hand, Ranges};
use crate::uid::Uid;

/// Uid, number of the tar, number of the sample.
const ROW_BYTES: usize = 24;
/// Rows held in memory; the rest waits on disk.
const MEMORY_BYTES: u64 = 512 << 20;
/// The heads of so many tars say how uids are spread.
const TARS_LOOKED_INTO: usize = 256;
const SAMPLES_LOOKED_AT: usize = 32;
/// A sample has two members at least, each of two blocks.
const LEAST_SAMPLE_BYTES: u64 = 2048;

/// Rows of uids.
pub(super) struct UidRows {
    ranges: Ranges,
    buckets: Buckets<ROW_BYTES>,
    _folder: NewFolder,
}

impl UidRows {
    /// Rows for the samples of `tars`, which should be about `samples`; what is too much for memory goes into a folder at `work`
    /// that goes away with them.
    pub(super) fn new(work: &Path, tars: &[&Tar], samples: u64) -> Result<Self, ArtefactError> {
        let bytes: u64 = tars
            .iter()
            .map(|tar| tar.path.metadata().map_or(0, |tar| tar.len()))
            .sum();
        let rows = samples.min(bytes / LEAST_SAMPLE_BYTES);
        let every = tars.len().div_ceil(TARS_LOOKED_INTO).max(1);
        let some = tars.iter().step_by(every).flat_map(|tar| head(tar));
        let ranges = Ranges::new(rows * ROW_BYTES as u64, MEMORY_BYTES, some.collect());
        let folder = NewFolder::create(work)?;
        let buckets = Buckets::new(folder.folder().to_owned(), ranges.len(), MEMORY_BYTES)?;
        Ok(Self {
            ranges,
            buckets,
            _folder: folder,
        })
    }

    /// A thread's hand that adds rows.
    pub(super) fn hand(&self) -> RowHand<'_> {
        RowHand {
            ranges: &self.ranges,
            hand: self.buckets.hand(),
        }
    }

    /// Gives all rows to `each`, uid by uid, each with the tars that have it.
    pub(super) fn in_order<E: From<ArtefactError>>(
        self,
        mut each: impl FnMut(Uid, &[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut rows, mut tars) = (Vec::new(), Vec::new());
        for bucket in 0..self.ranges.len() {
            rows.clear();
            rows.extend(self.buckets.take(bucket)?.iter().copied());
            rows.par_sort_unstable();
            for of_uid in rows.chunk_by(|a, b| uid(a) == uid(b)) {
                tars.clear();
                tars.extend(of_uid.iter().map(tar));
                each(uid(&of_uid[0]), &tars)?;
            }
        }
        Ok(())
    }
}

/// What one thread adds.
pub(super) struct RowHand<'a> {
    ranges: &'a Ranges,
    hand: Hand<'a, ROW_BYTES>,
}

impl RowHand<'_> {
    pub(super) fn add(&mut self, uid: Uid, tar: u32, sample: u32) -> Result<(), ArtefactError> {
        let mut row = [0; ROW_BYTES];
        row[..16].copy_from_slice(&uid.to_be_bytes());
        row[16..20].copy_from_slice(&tar.to_be_bytes());
        row[20..].copy_from_slice(&sample.to_be_bytes());
        self.hand.throw(self.ranges.bucket(uid), row)
    }

    /// Puts the rest where it belongs.
    pub(super) fn finish(self) -> Result<(), ArtefactError> {
        self.hand.finish()
    }
}

fn uid(row: &[u8; ROW_BYTES]) -> Uid {
    let mut uid = [0; 16];
    uid.copy_from_slice(&row[..16]);
    Uid::from_be_bytes(uid)
}

fn tar(row: &[u8; ROW_BYTES]) -> u32 {
    u32::from_be_bytes([row[16], row[17], row[18], row[19]])
}

/// Uids of the first samples of a tar; what is wrong with it is told when it is read.
fn head(tar: &Tar) -> Vec<Uid> {
    let samples = Samples::open(&tar.path).map(Samples::without_images);
    let samples = samples.into_iter().flatten().take(SAMPLES_LOOKED_AT);
    samples
        .filter_map(|sample| {
            let sample = sample.ok()?;
            uid_of(&sample.key, sample.member("json")).ok()
        })
        .collect()
}
