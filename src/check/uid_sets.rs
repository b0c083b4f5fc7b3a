//! Uid sets: which sets have a uid, asked of all uids in order.

use sha2::{Digest, Sha256};

use super::CheckError;
use super::finding::{Finding, FindingKind, Place};
use super::set::{BenchmarkSet, SetKind, Tar};
use super::split_lists::{SetList, SplitLosses};
use super::tally::Tally;
use crate::artefact::hex;
use crate::uid::Uid;

/// What is found out about the sets as uids come by.
pub(super) struct UidSets<'a> {
    sets: &'a [BenchmarkSet],
    /// All tars with the number of their set, in order.
    tars: &'a [(usize, &'a Tar)],
    lists: Vec<Option<SetList>>,
    digests: Vec<Sha256>,
    /// Uids and samples of each set.
    counts: Vec<(u64, u64)>,
    /// Uids of all sets.
    all: u64,
}

/// What was found out.
pub(super) struct UidFacts {
    /// Uids of each set.
    pub(super) pairs: Vec<u64>,
    /// Uids of all sets together, each once.
    pub(super) all_pairs: u64,
    /// See [`super::CheckRecord::fingerprint`].
    pub(super) fingerprint: String,
    pub(super) losses: Vec<SplitLosses>,
}

impl<'a> UidSets<'a> {
    pub(super) fn new(
        sets: &'a [BenchmarkSet],
        tars: &'a [(usize, &'a Tar)],
        lists: Vec<Option<SetList>>,
    ) -> Self {
        Self {
            sets,
            tars,
            lists,
            digests: sets.iter().map(|_| Sha256::new()).collect(),
            counts: vec![(0, 0); sets.len()],
            all: 0,
        }
    }

    /// Takes the next uid, with the tar of each of its samples, in order.
    pub(super) fn take(
        &mut self,
        uid: Uid,
        tars: &[u32],
        tally: &mut Tally,
    ) -> Result<(), CheckError> {
        self.all += 1;
        // The first tar of each set.
        let mut firsts: Vec<(usize, u32)> = Vec::new();
        for &tar in tars {
            let set = self.tars[tar as usize].0;
            self.digests[set].update(uid.to_be_bytes());
            self.counts[set].1 += 1;
            if firsts.last().is_none_or(|last| last.0 != set) {
                firsts.push((set, tar));
            }
        }
        for &(set, tar) in &firsts {
            self.counts[set].0 += 1;
            if let Some(list) = &mut self.lists[set]
                && !list.has(uid)?
            {
                let place = self.place(uid, tar);
                tally.add(&Finding::at(
                    FindingKind::UidNotInSplit,
                    place,
                    "the split has it not in this set",
                ))?;
            }
        }
        self.compare(uid, &firsts, tally)
    }

    fn compare(
        &self,
        uid: Uid,
        firsts: &[(usize, u32)],
        tally: &mut Tally,
    ) -> Result<(), CheckError> {
        let of_kind = |kind: SetKind| {
            let same = move |&&(set, _): &&(usize, u32)| self.sets[set].kind == kind;
            firsts.iter().filter(same).map(|&(_, tar)| tar)
        };
        let mut found = |kind, at, other, detail: String| {
            tally.add(&Finding {
                kind,
                at: Some(self.place(uid, at)),
                other: Some(self.place(uid, other)),
                detail,
            })
        };
        for kind in SetKind::ALL {
            let mut of_kind = of_kind(kind);
            if let Some(first) = of_kind.next() {
                for other in of_kind {
                    found(FindingKind::UidInTwoSteps, first, other, String::new())?;
                }
            }
        }
        let tested = firsts
            .iter()
            .find(|(set, _)| self.sets[*set].kind != SetKind::Train);
        if let (Some(&(_, tested)), Some(trained)) = (tested, of_kind(SetKind::Train).next()) {
            let kind = FindingKind::UidInTrainAndEvaluation;
            found(kind, trained, tested, String::new())?;
        }
        Ok(())
    }

    fn place(&self, uid: Uid, tar: u32) -> Place {
        let (set, tar) = self.tars[tar as usize];
        Place {
            uid: Some(uid),
            ..self.sets[set].place_of(&tar.name)
        }
    }

    pub(super) fn finish(self) -> Result<UidFacts, CheckError> {
        let mut all = Sha256::new();
        for ((set, digest), (_, samples)) in self.sets.iter().zip(self.digests).zip(&self.counts) {
            let (kind, step) = (set.kind.folder(), &set.step_name);
            if *samples > 0 {
                let digest = hex(&digest.finalize());
                all.update(format!("{kind}/{step} {samples} {digest}\n"));
            }
        }
        let losses = self.lists.into_iter().flatten().map(SetList::finish);
        Ok(UidFacts {
            pairs: self.counts.iter().map(|(pairs, _)| *pairs).collect(),
            all_pairs: self.all,
            fingerprint: hex(&all.finalize()),
            losses: losses.collect::<Result<_, _>>()?,
        })
    }
}
