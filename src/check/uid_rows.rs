//! Uid rows: the uid of every sample with its tar, in any order and any number, put in order with bounded memory.

use std::path::Path;

use rayon::slice::ParallelSliceMut;

use super::set::Tar;
use crate::artefact::{ArtefactError, NewFolder};
use crate::shard::{Samples, uid_of};
use crate::split::buckets::{Buckets, Hand, Ranges};
use crate::uid::Uid;

/// Uid, number of the tar, number of the sample.
const ROW_BYTES: usize = 24;
/// Rows held in memory; the rest waits on disk.
pub(super) const UID_MEMORY_BYTES: u64 = 512 << 20;
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
    /// Rows for the samples of `tars`, which should be about `samples`, of which `memory` bytes are held; the rest goes into a folder
    /// at `work` that goes away with them.
    pub(super) fn new(
        work: &Path,
        tars: &[&Tar],
        samples: u64,
        memory: u64,
    ) -> Result<Self, ArtefactError> {
        let bytes: u64 = tars
            .iter()
            .map(|tar| tar.path.metadata().map_or(0, |tar| tar.len()))
            .sum();
        let rows = samples.min(bytes / LEAST_SAMPLE_BYTES);
        let every = tars.len().div_ceil(TARS_LOOKED_INTO).max(1);
        let some = tars.iter().step_by(every).flat_map(|tar| head(tar));
        let ranges = Ranges::new(rows * ROW_BYTES as u64, memory, some.collect());
        let folder = NewFolder::create(work)?;
        let buckets = Buckets::new(folder.folder().to_owned(), ranges.len(), memory)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::TarFile;

    fn uid_of_number(number: u32) -> Uid {
        Uid::from_values([number.to_string().as_str()])
    }

    #[test]
    fn uids_come_in_order_with_their_tars_whatever_the_memory() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("0.tar");
        let mut file = TarFile::create(&path).expect("created");
        for number in 0..40 {
            let name = format!("{}-0.txt", uid_of_number(number));
            file.append(&name, &[b'x'; 3000]).expect("added");
        }
        file.finish().expect("finished");
        let tar = Tar {
            path,
            name: String::new(),
            claims: Vec::new(),
        };
        for (memory, several) in [(1, true), (UID_MEMORY_BYTES, false)] {
            let work = dir.path().join("work");
            let rows = UidRows::new(&work, &[&tar], 60, memory).expect("made");
            assert_eq!(rows.ranges.len() > 10, several);
            let mut hands = [rows.hand(), rows.hand()];
            let mut expected = std::collections::BTreeMap::<Uid, Vec<u32>>::new();
            for number in 0..5000 {
                let (uid, tar) = (uid_of_number(number % 3000), number % 7);
                let hand = &mut hands[number as usize % 2];
                hand.add(uid, tar, number).expect("added");
                expected.entry(uid).or_default().push(tar);
            }
            for hand in hands {
                hand.finish().expect("finished");
            }
            expected.values_mut().for_each(|tars| tars.sort_unstable());
            let mut found = Vec::new();
            let read = rows.in_order::<ArtefactError>(|uid, tars| {
                found.push((uid, tars.to_vec()));
                Ok(())
            });
            read.expect("read");
            assert!(found == expected.into_iter().collect::<Vec<_>>());
            assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 1);
        }
    }
}
