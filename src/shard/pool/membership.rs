//! Membership: the sets that a uid belongs to, looked up in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::path::PathBuf;

use crate::uid::{Uid, UidListError, UidListReader};

/// About so many uids share a place in the table of beginnings.
const UIDS_A_PLACE: usize = 8;

/// The uids of all sets in order, 18 bytes each. A uid is there once for each set, and as often as a set lists it.
pub(super) struct Membership {
    uids: Vec<Uid>,
    sets: Vec<u16>,
    /// Where the uids begin whose first bits are the place's number; one more for the end.
    starts: Vec<usize>,
    /// How far a uid's first 64 bits are moved to give its place.
    shift: u32,
}

impl Membership {
    /// Reads the lists, of which each is a set of its own. A list may have a uid several times: so often is it wanted.
    ///
    /// # Errors
    /// When a list cannot be read or is not sorted.
    pub(super) fn read(lists: &[PathBuf]) -> Result<Self, UidListError> {
        let mut readers = Vec::new();
        for list in lists {
            readers.push(UidListReader::open(list)?.with_repeats());
        }
        let total = readers.iter().map(|reader| reader.rows() as usize).sum();
        let (mut uids, mut sets) = (Vec::with_capacity(total), Vec::with_capacity(total));
        let mut heads = BinaryHeap::new();
        for (set, reader) in readers.iter_mut().enumerate() {
            if let Some(uid) = reader.next().transpose()? {
                heads.push(Reverse((uid, set)));
            }
        }
        while let Some(Reverse((uid, set))) = heads.pop() {
            uids.push(uid);
            // Two lists a step, and a timeline has far fewer steps.
            sets.push(set as u16);
            if let Some(next) = readers[set].next().transpose()? {
                heads.push(Reverse((next, set)));
            }
        }
        Ok(Self::new(uids, sets))
    }

    fn new(uids: Vec<Uid>, sets: Vec<u16>) -> Self {
        let bits = (uids.len() / UIDS_A_PLACE)
            .next_power_of_two()
            .trailing_zeros();
        let mut membership = Self {
            shift: 63 - bits,
            starts: vec![0; (1 << (bits + 1)) + 1],
            uids,
            sets,
        };
        for at in 0..membership.uids.len() {
            let place = membership.place(membership.uids[at]);
            membership.starts[place + 1] = at + 1;
        }
        for place in 1..membership.starts.len() {
            membership.starts[place] = membership.starts[place].max(membership.starts[place - 1]);
        }
        membership
    }

    fn place(&self, uid: Uid) -> usize {
        ((uid.0 >> 64) as u64 >> self.shift) as usize
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.uids.len()
    }

    /// The entries of a uid; empty where no set has it.
    pub(super) fn find(&self, uid: Uid) -> Range<usize> {
        let place = self.place(uid);
        let (start, end) = (self.starts[place], self.starts[place + 1]);
        let near = &self.uids[start..end];
        let first = near.partition_point(|&there| there < uid);
        let same = near[first..].iter().take_while(|&&there| there == uid);
        start + first..start + first + same.count()
    }

    /// The set of an entry.
    pub(super) fn set(&self, entry: usize) -> usize {
        self.sets[entry].into()
    }

    /// The uid of an entry.
    pub(super) fn uid(&self, entry: usize) -> Uid {
        self.uids[entry]
    }

    /// The first uid that is in two sets of which `conflict` says that they have none in common.
    pub(super) fn conflict(
        &self,
        conflict: impl Fn(usize, usize) -> bool,
    ) -> Option<(Uid, usize, usize)> {
        let mut start = 0;
        while start < self.len() {
            let uid = self.uids[start];
            let mut end = start;
            while self.uids.get(end) == Some(&uid) {
                let (first, last) = (self.set(start), self.set(end));
                if conflict(first, last) {
                    return Some((uid, first, last));
                }
                end += 1;
            }
            start = end;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_uid_is_found_in_every_set_that_has_it(
            mut entries in prop::collection::vec((prop_oneof![0..40_u128, any::<u128>()], 0..3_u16), 0..200),
            others in prop::collection::vec(prop_oneof![0..40_u128, any::<u128>()], 20),
        ) {
            entries.sort_unstable();
            let uids: Vec<Uid> = entries.iter().map(|entry| Uid(entry.0)).collect();
            let membership = Membership::new(uids, entries.iter().map(|entry| entry.1).collect());
            for uid in others.into_iter().chain(entries.iter().map(|entry| entry.0)) {
                let found: Vec<u16> = membership.find(Uid(uid)).map(|entry| membership.set(entry) as u16).collect();
                let expected: Vec<u16> = entries.iter().filter(|entry| entry.0 == uid).map(|entry| entry.1).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
