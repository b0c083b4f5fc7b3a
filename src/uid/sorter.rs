//! Sorter: uids in any order and any number into order, each once, with bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use rayon::slice::ParallelSliceMut;

use super::{Uid, UidFileError, UidListReader, write_uids};
use crate::artefact::NewFolder;

/// Collects uids; what is too much for memory goes into sorted runs on disk.
pub struct Sorter {
    held: Vec<Uid>,
    most: usize,
    folder: NewFolder,
    runs: Vec<PathBuf>,
}

impl Sorter {
    /// A sorter that holds `memory` bytes, and puts runs into a folder beside `path` that goes away with it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn new(path: &Path, memory: u64) -> Result<Self, UidFileError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".runs");
        Ok(Self {
            held: Vec::new(),
            most: usize::try_from(memory / size_of::<Uid>() as u64)
                .map_or(usize::MAX, |most| most.max(1)),
            folder: NewFolder::create(&path.with_file_name(name))?,
            runs: Vec::new(),
        })
    }

    /// Adds a uid.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, uid: Uid) -> Result<(), UidFileError> {
        if self.held.len() == self.most {
            self.sort();
            let run = self
                .folder
                .folder()
                .join(format!("{}.npy", self.runs.len()));
            write_uids(&run, &self.held)?;
            self.runs.push(run);
            self.held.clear();
        }
        self.held.push(uid);
        Ok(())
    }

    /// Gives the uids to `each` in order, each once.
    ///
    /// # Errors
    /// When a run cannot be read, or `each` fails.
    pub fn finish(
        mut self,
        mut each: impl FnMut(Uid) -> Result<(), UidFileError>,
    ) -> Result<(), UidFileError> {
        self.sort();
        let mut runs = Vec::new();
        for run in &self.runs {
            runs.push(UidListReader::open(run)?);
        }
        let mut held = self.held.iter().copied();
        let count = runs.len();
        let mut next = |run: usize| match runs.get_mut(run) {
            Some(run) => run.next().transpose(),
            None => Ok(held.next()),
        };
        let mut heads = BinaryHeap::new();
        for run in 0..=count {
            heads.extend(next(run)?.map(|uid| Reverse((uid, run))));
        }
        let mut before = None;
        while let Some(Reverse((uid, run))) = heads.pop() {
            heads.extend(next(run)?.map(|uid| Reverse((uid, run))));
            if before != Some(uid) {
                each(uid)?;
            }
            before = Some(uid);
        }
        Ok(())
    }

    fn sort(&mut self) {
        self.held.par_sort_unstable();
        self.held.dedup();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn uids_come_out_in_order_each_once_whatever_the_memory(uids in prop::collection::vec(0..50_u128, 0..200), memory in 0..1000_u64) {
            let dir = tempfile::tempdir().expect("a folder");
            let mut sorter = Sorter::new(&dir.path().join("out.npy"), memory).expect("made");
            for &uid in &uids {
                sorter.push(Uid(uid)).expect("pushed");
            }
            let mut found = Vec::new();
            sorter.finish(|uid| { found.push(uid.0); Ok(()) }).expect("sorted");
            let expected: Vec<u128> = std::collections::BTreeSet::from_iter(uids).into_iter().collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
        }
    }
}
