//! Repeats: pairs whose uid an earlier chunk has already, found in bounded memory.

use std::collections::BTreeMap;
use std::path::Path;

use super::work::Work;
use super::{DatingError, io_at};
use crate::artefact::NewFile;
use crate::part::Part;
use crate::uid::Uid;

/// So many uids are compared at once: 24 bytes each. More make several sweeps over the lists on disk.
const COMPARED_AT_ONCE: u64 = 4 << 20;

/// A uid of one pair, in halves so that it takes 24 bytes with its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    uid: (u64, u64),
    chunk: u32,
    pair: u32,
}

/// Writes the uids of a chunk's pairs, which are different from each other.
pub(super) fn write(path: &Path, uids: &[Uid]) -> Result<(), DatingError> {
    let bytes: Vec<u8> = uids.iter().flat_map(|uid| uid.0.to_le_bytes()).collect();
    Ok(NewFile::write_whole(path, &bytes)?)
}

fn read(path: &Path) -> Result<impl Iterator<Item = u128>, DatingError> {
    let bytes = std::fs::read(path).map_err(io_at(path))?;
    if bytes.len() % 16 != 0 {
        return Err(DatingError::Damaged {
            path: path.to_owned(),
            message: format!("{} bytes are no whole number of uids", bytes.len()),
        });
    }
    Ok((0..bytes.len() / 16).map(move |at| {
        let mut uid = [0; 16];
        uid.copy_from_slice(&bytes[16 * at..16 * at + 16]);
        u128::from_le_bytes(uid)
    }))
}

/// By chunk of this part, the positions (among the chunk's pairs) of those whose uid an earlier chunk has.
pub(super) fn find(
    work: &Work,
    chunks: u64,
    part: Part,
) -> Result<BTreeMap<u64, Vec<u32>>, DatingError> {
    let mut pairs = 0;
    for chunk in 0..chunks {
        let path = work.uids(chunk);
        pairs += path.metadata().map_err(io_at(&path))?.len() / 16;
    }
    let sweeps = pairs.div_ceil(COMPARED_AT_ONCE).max(1);
    let mut repeats: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for sweep in 0..sweeps {
        let mut placed = Vec::new();
        for chunk in 0..chunks {
            for (pair, uid) in read(&work.uids(chunk))?.enumerate() {
                if sweep_of(uid, sweeps) == sweep {
                    placed.push(Placed {
                        uid: ((uid >> 64) as u64, uid as u64),
                        // Both are far below: a chunk has at most some ten thousand pairs.
                        chunk: chunk as u32,
                        pair: pair as u32,
                    });
                }
            }
        }
        placed.sort_unstable();
        for same in placed.chunk_by(|a, b| a.uid == b.uid) {
            for repeat in &same[1..] {
                if part.takes(repeat.chunk.into()) {
                    repeats
                        .entry(repeat.chunk.into())
                        .or_default()
                        .push(repeat.pair);
                }
            }
        }
    }
    for pairs in repeats.values_mut() {
        pairs.sort_unstable();
    }
    Ok(repeats)
}

/// Uids may be anything, even numbers in a row, so they are spread before they are told apart.
fn sweep_of(uid: u128, sweeps: u64) -> u64 {
    let mixed = ((uid >> 64) as u64 ^ uid as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((u128::from(mixed) * u128::from(sweeps)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_of_an_earlier_chunk_is_a_repeat_wherever_it_stands() {
        let dir = tempfile::tempdir().expect("a folder");
        let work = Work::open(dir.path()).expect("made");
        for (chunk, uids) in [[1, 2, 3], [4, 2, 5], [3, 2, 6]].iter().enumerate() {
            let uids: Vec<Uid> = uids.iter().map(|&uid| Uid(uid)).collect();
            write(&work.uids(chunk as u64), &uids).expect("written");
        }
        let all = BTreeMap::from([(1, vec![1]), (2, vec![0, 1])]);
        assert_eq!(find(&work, 3, Part::WHOLE).expect("found"), all);
        let second: Part = "2/2".parse().expect("a part");
        let of_second = BTreeMap::from([(1, vec![1])]);
        assert_eq!(find(&work, 3, second).expect("found"), of_second);
    }

    #[test]
    fn numbers_in_a_row_are_spread_over_the_sweeps() {
        let mut counts = [0; 7];
        (0..70_000).for_each(|uid| counts[sweep_of(uid, 7) as usize] += 1);
        assert!(
            counts.iter().all(|count| (8_000..12_000).contains(count)),
            "{counts:?}"
        );
    }
}
