//! Buckets: rows cut by ranges of uids into pieces that fit into memory, the rest of them on disk until it is their turn.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::artefact::ArtefactError;
use crate::uid::Uid;

/// What a thread collects for a bucket before it gives it away.
const BLOCK_BYTES: usize = 16 << 10;
/// More buckets would need more open files and memory than they save.
const MAX_BUCKETS: usize = 1024;
/// A bucket is sorted in memory, on each of several threads, best where caches reach: so many of them are in the budget.
const BUCKETS_IN_BUDGET: u64 = 64;

/// So many first bits of a uid are looked up before it is compared.
const PREFIX_BITS: u32 = 16;

/// The range of uids of each bucket.
#[derive(Debug, Clone)]
pub(crate) struct Ranges {
    /// The first uid of each bucket but the first.
    starts: Vec<Uid>,
    /// For each prefix how many starts are no greater than its first uid: hashes are spread evenly, so that few are left to
    /// compare with.
    before: Vec<u16>,
}

impl Ranges {
    /// Ranges that cut `bytes` of rows into buckets of which some fit into `budget`; `sample` are some of the uids, from
    /// anywhere: by them the buckets are equally full, whatever the uids are.
    pub(crate) fn new(bytes: u64, budget: u64, mut sample: Vec<Uid>) -> Self {
        let buckets = (bytes * BUCKETS_IN_BUDGET).div_ceil(budget.max(1));
        let buckets = (buckets.clamp(1, MAX_BUCKETS as u64) as usize).min(sample.len().max(1));
        sample.sort_unstable();
        let mut starts: Vec<Uid> = (1..buckets)
            .map(|bucket| sample[bucket * sample.len() / buckets])
            .collect();
        starts.dedup();
        let first_uid = |prefix: u128| Uid(prefix << (128 - PREFIX_BITS));
        let before = (0..1 << PREFIX_BITS)
            .map(|prefix| starts.partition_point(|&start| start <= first_uid(prefix)) as u16)
            .chain([starts.len() as u16]);
        Self {
            before: before.collect(),
            starts,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() + 1
    }

    pub(crate) fn bucket(&self, uid: Uid) -> usize {
        let prefix = (uid.0 >> (128 - PREFIX_BITS)) as usize;
        let (first, last) = (self.before[prefix], self.before[prefix + 1]);
        let near = &self.starts[first.into()..last.into()];
        usize::from(first) + near.partition_point(|&start| start <= uid)
    }

    /// The first uid of a bucket and the first behind it; `None` where there is no end.
    pub(crate) fn range(&self, bucket: usize) -> (Uid, Option<Uid>) {
        let first = bucket.checked_sub(1).map_or(Uid(0), |at| self.starts[at]);
        (first, self.starts.get(bucket).copied())
    }
}

/// Rows of `N` bytes in buckets.
#[derive(Debug)]
pub(crate) struct Buckets<const N: usize> {
    folder: PathBuf,
    buckets: Vec<Mutex<Bucket>>,
    /// Bytes in memory, and how many there may be.
    held: AtomicUsize,
    budget: usize,
}

/// Blocks stay as they come: a bucket that grew in one piece would be copied again and again.
#[derive(Debug, Default)]
struct Bucket {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
    spilled: bool,
}

fn lock(bucket: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<const N: usize> Buckets<N> {
    /// Empty buckets, which hold `budget` bytes in memory; what is more goes into `folder`.
    pub(crate) fn new(folder: PathBuf, count: usize, budget: u64) -> Result<Self, ArtefactError> {
        std::fs::create_dir_all(&folder).map_err(ArtefactError::io(&folder))?;
        Ok(Self {
            folder,
            buckets: (0..count).map(|_| Mutex::default()).collect(),
            held: AtomicUsize::new(0),
            budget: usize::try_from(budget).unwrap_or(usize::MAX),
        })
    }

    /// A thread's hand that throws rows into the buckets.
    pub(crate) fn hand(&self) -> Hand<'_, N> {
        Hand {
            buckets: self,
            local: vec![Vec::new(); self.buckets.len()],
        }
    }

    fn add(&self, bucket: usize, block: Vec<u8>) -> Result<(), ArtefactError> {
        let mut into = lock(&self.buckets[bucket]);
        let held = self.held.fetch_add(block.len(), Ordering::Relaxed) + block.len();
        into.bytes += block.len();
        into.blocks.push(block);
        // Whoever is over the budget writes out the bucket at hand, if that is worth a write.
        let share = self.budget / self.buckets.len() / 2;
        if held > self.budget && into.bytes >= share.max(BLOCK_BYTES) {
            let path = self.file(bucket);
            let blocks = std::mem::take(&mut into.blocks);
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)
                .and_then(|mut file| blocks.iter().try_for_each(|block| file.write_all(block)))
                .map_err(ArtefactError::io(&path))?;
            into.spilled = true;
            self.held.fetch_sub(into.bytes, Ordering::Relaxed);
            into.bytes = 0;
        }
        Ok(())
    }

    /// Takes the rows of a bucket out, in no order.
    pub(crate) fn take(&self, bucket: usize) -> Result<Rows<N>, ArtefactError> {
        let mut from = lock(&self.buckets[bucket]);
        let mut blocks = std::mem::take(&mut from.blocks);
        self.held.fetch_sub(from.bytes, Ordering::Relaxed);
        if from.spilled {
            let path = self.file(bucket);
            let spilled = std::fs::read(&path).map_err(ArtefactError::io(&path))?;
            if spilled.len() % N != 0 {
                let error = io::ErrorKind::InvalidData.into();
                return Err(ArtefactError::io(&path)(error));
            }
            blocks.push(spilled);
            std::fs::remove_file(&path).map_err(ArtefactError::io(&path))?;
        }
        Ok(Rows(blocks))
    }

    fn file(&self, bucket: usize) -> PathBuf {
        self.folder.join(format!("{bucket}.rows"))
    }
}

/// What one thread has collected for all buckets.
pub(crate) struct Hand<'a, const N: usize> {
    buckets: &'a Buckets<N>,
    local: Vec<Vec<u8>>,
}

impl<const N: usize> Hand<'_, N> {
    pub(crate) fn throw(&mut self, bucket: usize, row: [u8; N]) -> Result<(), ArtefactError> {
        let local = &mut self.local[bucket];
        if local.len() + N > local.capacity() {
            let full = std::mem::replace(local, Vec::with_capacity(BLOCK_BYTES));
            if !full.is_empty() {
                self.buckets.add(bucket, full)?;
            }
        }
        local.extend_from_slice(&row);
        Ok(())
    }

    /// Puts the rest into the buckets.
    pub(crate) fn finish(self) -> Result<(), ArtefactError> {
        for (bucket, mut block) in self.local.into_iter().enumerate() {
            block.shrink_to_fit();
            self.buckets.add(bucket, block)?;
        }
        Ok(())
    }
}

/// The rows of a bucket.
#[derive(Debug)]
pub(crate) struct Rows<const N: usize>(Vec<Vec<u8>>);

impl<const N: usize> Rows<N> {
    #[cfg(test)]
    pub(crate) fn new(blocks: Vec<Vec<u8>>) -> Self {
        Self(blocks)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|bytes| bytes.len() / N).sum()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8; N]> {
        self.0.iter().flat_map(|bytes| bytes.as_chunks::<N>().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> impl Iterator<Item = [u8; 24]> {
        (0..count).map(|row| {
            let mut bytes = [0; 24];
            bytes[..8].copy_from_slice(&row.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            bytes
        })
    }

    fn uid(row: &[u8; 24]) -> Uid {
        let mut uid = [0; 16];
        uid.copy_from_slice(&row[..16]);
        Uid::from_be_bytes(uid)
    }

    #[test]
    fn every_row_comes_back_from_its_bucket_whatever_fits_into_memory() {
        let dir = tempfile::tempdir().expect("a folder");
        for budget in [1, 100_000, u64::MAX >> 8] {
            let sample = rows(500).map(|row| uid(&row)).collect();
            let ranges = Ranges::new(24 * 20_000, 4_000_000, sample);
            assert_eq!(ranges.len(), 8);
            let folder = dir.path().join(budget.to_string());
            let buckets = Buckets::<24>::new(folder.clone(), ranges.len(), budget).expect("made");
            std::thread::scope(|scope| {
                for half in 0..2 {
                    let (buckets, ranges) = (&buckets, &ranges);
                    scope.spawn(move || {
                        let mut hand = buckets.hand();
                        for row in rows(20_000).skip(half * 10_000).take(10_000) {
                            hand.throw(ranges.bucket(uid(&row)), row).expect("thrown");
                        }
                        hand.finish().expect("finished");
                    });
                }
            });
            let spilled = std::fs::read_dir(&folder).expect("there").count();
            assert_eq!(spilled > 0, budget < u64::MAX >> 8, "{budget}");
            let mut found = Vec::new();
            for bucket in 0..ranges.len() {
                let taken = buckets.take(bucket).expect("taken");
                let (first, end) = ranges.range(bucket);
                let mut of_bucket: Vec<Uid> = taken.iter().map(uid).collect();
                assert_eq!(of_bucket.len(), taken.len());
                assert!(
                    of_bucket.len() < 20_000 / ranges.len() * 3,
                    "{}",
                    of_bucket.len()
                );
                of_bucket.sort_unstable();
                assert!(
                    of_bucket
                        .iter()
                        .all(|&uid| first <= uid && end.is_none_or(|end| uid < end))
                );
                found.extend(of_bucket);
            }
            let mut expected: Vec<Uid> = rows(20_000).map(|row| uid(&row)).collect();
            expected.sort_unstable();
            assert!(found == expected);
            assert_eq!(std::fs::read_dir(&folder).expect("there").count(), 0);
        }
    }

    #[test]
    fn uids_that_are_all_alike_share_a_bucket() {
        let ranges = Ranges::new(1 << 30, 1 << 20, vec![Uid(5); 1000]);
        assert_eq!(ranges.bucket(Uid(5)), ranges.len() - 1);
        assert_eq!(Ranges::new(0, 0, Vec::new()).len(), 1);
    }
}
