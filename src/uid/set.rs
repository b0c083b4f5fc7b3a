//! Sets of uids: sorted lists of any length joined row by row.

use std::path::{Path, PathBuf};

use super::{AnyUids, Uid, UidFileError, UidListError};

/// What becomes of several lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The uids of any.
    Union,
    /// The uids of all.
    Intersect,
    /// The uids of the first that are in no other.
    Subtract,
}

/// A sorted list, at its next uid.
struct Head {
    path: PathBuf,
    uids: AnyUids,
    next: Option<Uid>,
    row: u64,
}

impl Head {
    fn open(path: &Path) -> Result<Self, UidFileError> {
        let mut head = Self {
            path: path.to_owned(),
            uids: AnyUids::open(path)?,
            next: None,
            row: 0,
        };
        head.next = head.uids.next().transpose()?;
        Ok(head)
    }

    /// Goes behind `uid`; whether the list had it.
    fn pass(&mut self, uid: Uid) -> Result<bool, UidFileError> {
        if self.next != Some(uid) {
            return Ok(false);
        }
        self.next = self.uids.next().transpose()?;
        self.row += 1;
        if let Some(next) = self.next.filter(|&next| next <= uid) {
            return Err(UidListError::Order {
                path: self.path.clone(),
                row: self.row,
                uid: next,
                repeated: next == uid,
            }
            .into());
        }
        Ok(true)
    }
}

/// Gives the uids of the joined lists to `each`, in order. Memory does not grow with the lists.
///
/// # Errors
/// When a list cannot be read or is not sorted and unique, or `each` fails.
pub fn combine(
    operation: Operation,
    lists: &[PathBuf],
    mut each: impl FnMut(Uid) -> Result<(), UidFileError>,
) -> Result<(), UidFileError> {
    let mut heads = lists
        .iter()
        .map(|list| Head::open(list))
        .collect::<Result<Vec<_>, _>>()?;
    while let Some(uid) = heads.iter().filter_map(|head| head.next).min() {
        let (mut lists, mut in_first) = (0, false);
        for (index, head) in heads.iter_mut().enumerate() {
            if head.pass(uid)? {
                lists += 1;
                in_first |= index == 0;
            }
        }
        let is_in = match operation {
            Operation::Union => true,
            Operation::Intersect => lists == heads.len(),
            Operation::Subtract => in_first && lists == 1,
        };
        if is_in {
            each(uid)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::uid::{UidFileWriter, write_uids};

    fn combined(operation: Operation, lists: &[PathBuf]) -> Result<Vec<u128>, UidFileError> {
        let mut found = Vec::new();
        combine(operation, lists, |uid| {
            found.push(uid.0);
            Ok(())
        })?;
        Ok(found)
    }

    proptest! {
        #[test]
        fn lists_are_joined_as_sets_are(sets in prop::collection::vec(prop::collection::btree_set(0..30_u128, 0..20), 1..4)) {
            let dir = tempfile::tempdir().expect("a folder");
            let endings = ["npy", "txt", "bin", "parquet"];
            let lists: Vec<PathBuf> = sets.iter().enumerate().map(|(index, set)| {
                let path = dir.path().join(format!("{index}.{}", endings[index]));
                let mut file = UidFileWriter::create(&path).expect("begun");
                set.iter().for_each(|&uid| file.push(Uid(uid)).expect("written"));
                file.finish().expect("finished");
                path
            }).collect();
            let mut union = BTreeSet::new();
            let (mut intersection, mut difference) = (sets[0].clone(), sets[0].clone());
            for (index, set) in sets.iter().enumerate() {
                union.extend(set);
                intersection.retain(|uid| set.contains(uid));
                difference.retain(|uid| index == 0 || !set.contains(uid));
            }
            for (operation, expected) in [(Operation::Union, union), (Operation::Intersect, intersection), (Operation::Subtract, difference)] {
                prop_assert_eq!(combined(operation, &lists).expect("joined"), Vec::from_iter(expected));
            }
        }
    }

    #[test]
    fn an_unsorted_list_is_refused_with_its_row() {
        let dir = tempfile::tempdir().expect("a folder");
        let (good, bad) = (dir.path().join("a.npy"), dir.path().join("b.txt"));
        write_uids(&good, &[Uid(1), Uid(5)]).expect("written");
        std::fs::write(&bad, format!("{}\n{}\n", Uid(3), Uid(2))).expect("written");
        let error = combined(Operation::Union, &[good, bad]).expect_err("refused");
        assert!(
            error
                .to_string()
                .contains("b.txt: row 1: 00000000000000000000000000000002 is smaller"),
            "{error}"
        );
    }
}
