//! Split lists: the uids that a split has for each set, met in order beside those that the shards have.

use std::iter::Peekable;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CheckError;
use super::set::{BenchmarkSet, SetKind};
use crate::shard::StepRecord;
use crate::split::{Side, SplitRecord, evaluation_list, list_path};
use crate::timeline::Step;
use crate::uid::{Uid, UidListReader};

/// How many uids of a set's list are in no shard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitLosses {
    /// The kind of the set.
    pub set: SetKind,
    /// The step.
    pub step: String,
    /// Uids of the list.
    pub listed: u64,
    /// Those that are in no shard.
    pub lost: u64,
}

/// The list of one set, read as far as uids have come.
pub(super) struct SetList {
    list: Peekable<UidListReader>,
    losses: SplitLosses,
}

/// The lists of the split in `folder` for training and retrieval sets, in the order of `sets`.
pub(super) fn open(
    folder: &Path,
    steps: &[StepRecord],
    sets: &[BenchmarkSet],
) -> Result<Vec<Option<SetList>>, CheckError> {
    let split = SplitRecord::read(folder)?.timeline()?;
    let same = |(ours, theirs): (&StepRecord, &Step)| {
        ours.name == theirs.name && ours.from == theirs.from && ours.to == theirs.to
    };
    if steps.len() != split.steps().len() || !steps.iter().zip(split.steps()).all(same) {
        return Err(CheckError::OtherSplit {
            folder: folder.to_owned(),
        });
    }
    let list = |set: &BenchmarkSet| {
        let step = set.step_name.as_str();
        let path = match set.kind {
            SetKind::Train => folder.join(list_path(Side::Train, step)),
            SetKind::Retrieval => evaluation_list(folder, step),
            SetKind::Classification => return Ok(None),
        };
        if set.kind == SetKind::Retrieval && set.tars.is_empty() && !path.exists() {
            return Ok(None);
        }
        Ok(Some(SetList {
            list: UidListReader::open(&path)?.with_repeats().peekable(),
            losses: SplitLosses {
                set: set.kind,
                step: step.to_owned(),
                listed: 0,
                lost: 0,
            },
        }))
    };
    sets.iter().map(list).collect()
}

impl SetList {
    /// Whether the list has `uid`; those before it that were not asked for are lost. Uids must come in order.
    pub(super) fn has(&mut self, uid: Uid) -> Result<bool, CheckError> {
        while let Some(next) = self.next_up_to(Some(uid))? {
            if next == uid {
                return Ok(true);
            }
            self.losses.lost += 1;
        }
        Ok(false)
    }

    /// What is lost; the rest of the list is.
    pub(super) fn finish(mut self) -> Result<SplitLosses, CheckError> {
        while self.next_up_to(None)?.is_some() {
            self.losses.lost += 1;
        }
        Ok(self.losses)
    }

    /// The next uid, its repeats passed over, unless it is behind `last`.
    fn next_up_to(&mut self, last: Option<Uid>) -> Result<Option<Uid>, CheckError> {
        let ahead = |next: &Result<Uid, _>| match (next, last) {
            (Ok(next), Some(last)) => *next <= last,
            _ => true,
        };
        let Some(uid) = self.list.next_if(ahead).transpose()? else {
            return Ok(None);
        };
        self.losses.listed += 1;
        let repeat = |next: &Result<Uid, _>| matches!(next, Ok(next) if *next == uid);
        while self.list.next_if(repeat).is_some() {}
        Ok(Some(uid))
    }
}
