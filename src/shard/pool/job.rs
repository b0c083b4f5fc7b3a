//! Pool job: one pass over the tars of a pool that writes the shards of all steps.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use super::checkpoint::{self, Checkpoint, Found};
use super::classes::ClassesJob;
use super::inspect::Refusal;
use super::membership::Membership;
use super::open_set::OpenSet;
use super::parts::{SHARD_PART_FILE, ShardPart};
use super::reader::{Item, PoolReader};
use super::sets::{self, Set};
use crate::artefact::{ArtefactError, remove_all, write_json};
use crate::in_order::in_order;
use crate::manifest::{Rejected, RejectedWriter, read_rejected};
use crate::part::Part;
use crate::progress::Progress;
use crate::shard::set_kind::SetKind;
use crate::shard::set_writer::REJECTED_FILE;
use crate::shard::{STEPS_FILE, Sample, ShardError, StepRecord, StepsRecord};
use crate::split::SplitRecord;
use crate::timeline::Step;
use crate::uid::{Uid, UidListWriter};

/// Where the work is until it is done.
const WORK_FOLDER: &str = ".shard";
/// What a pool job makes in its folder.
pub const POOL_ENTRIES: [&str; 6] = [
    "train",
    "eval",
    REJECTED_FILE,
    STEPS_FILE,
    SHARD_PART_FILE,
    WORK_FOLDER,
];
/// How much should be read between two checkpoints: some seconds' work.
pub const BYTES_A_CHECKPOINT: u64 = 4 << 30;
/// The uids that a set wants and the pool has not.
pub(super) const MISSING_FILE: &str = "missing.npy";
/// The uids of a set that a part of the pool has.
pub(super) const FOUND_FILE: &str = "found.npy";

/// Shards to be written from a pool.
#[derive(Debug, Clone)]
pub struct PoolJob {
    /// The tars of the pool, whose order is that of the samples in the shards.
    pub tars: Vec<PathBuf>,
    /// The folder of the split.
    pub splits: PathBuf,
    /// Classification sets, beside those of the split.
    pub classes: Option<ClassesJob>,
    /// Only this share of the tars, and the run that the shares are of; shares are put together later.
    pub part: Option<(Part, String)>,
    /// Samples of a tar.
    pub shard_size: NonZeroU64,
    /// Tars that are read at once.
    pub threads: NonZeroUsize,
    /// How much is read between two checkpoints.
    pub bytes_a_checkpoint: u64,
}

impl PoolJob {
    /// Writes the sets of all steps, `rejected.parquet` and `steps.json` into `folder`. The pool is only read.
    ///
    /// An interrupted run is taken up at its last checkpoint. The bytes do not depend on the number of threads. Memory:
    /// 18 bytes for each uid of the split and some 10 MB a thread.
    ///
    /// # Errors
    /// When the split cannot be read, the disk fails, or the pool has no pair to train on in some step.
    pub fn run(&self, folder: &Path, progress: &dyn Progress) -> Result<StepsRecord, ShardError> {
        let work = folder.join(WORK_FOLDER);
        let (steps, sets) = sets::of_split(&self.splits, self.classes.as_ref())?;
        let mut record = match StepsRecord::read(&work) {
            Ok(record) => record,
            Err(_) => self.pass(&work, &steps, &sets, progress)?,
        };
        record.left_out = SplitRecord::read(&self.splits)?.rejected;
        for set in &sets {
            let (from, to) = (work.join(&set.folder), folder.join(&set.folder));
            if from.exists() {
                remove_all(&to)?;
                let above = to.parent().unwrap_or(folder);
                std::fs::create_dir_all(above)
                    .and_then(|()| std::fs::rename(&from, &to))
                    .map_err(ArtefactError::io(&to))?;
            }
        }
        if let Some((part, run)) = &self.part {
            let lists = sets
                .iter()
                .map(|set| (set.folder.to_string_lossy().into_owned(), set.list.clone()));
            let note = ShardPart {
                part: *part,
                run: run.clone(),
                lists: lists.collect(),
            };
            note.write(folder)?;
        }
        write_json(&folder.join(STEPS_FILE), &record)?;
        Ok(record)
    }

    /// The tars of the part: neighbours, so that parts put together have the pool's order.
    fn tars(&self) -> &[PathBuf] {
        let Some((part, _)) = &self.part else {
            return &self.tars;
        };
        let place = |parts: u64| {
            (self.tars.len() as u128 * u128::from(parts) / u128::from(part.of)) as usize
        };
        &self.tars[place(part.index - 1)..place(part.index)]
    }

    /// Removes what is only needed until the shards are there.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn clear(folder: &Path) -> Result<(), ShardError> {
        Ok(remove_all(&folder.join(WORK_FOLDER))?)
    }

    /// Reads the pool and writes all sets into the work folder; the record of it is the last to be there.
    fn pass(
        &self,
        work: &Path,
        steps: &[Step],
        sets: &[Set],
        progress: &dyn Progress,
    ) -> Result<StepsRecord, ShardError> {
        let membership = self.membership(steps, sets)?;
        let mut pass = Pass::open(self, work, &membership, sets)?;
        let tars = self.tars();
        progress.begin("pool", tars.len() as u64);
        progress.advance(pass.checkpoint.tars as u64);
        let rest = tars.get(pass.checkpoint.tars..).unwrap_or_default();
        let membership = &membership;
        let reader = || PoolReader { membership };
        in_order(rest, self.threads.get(), reader, |tar, block| match block {
            Some(block) => block.into_iter().try_for_each(|item| pass.item(tar, item)),
            None => {
                progress.advance(1);
                pass.end(tar)
            }
        })?;
        pass.note()?;
        pass.finish(steps, sets)
    }

    fn membership(&self, steps: &[Step], sets: &[Set]) -> Result<Membership, ShardError> {
        let lists: Vec<PathBuf> = sets.iter().map(|set| set.list.clone()).collect();
        let membership = Membership::read(&lists)?;
        let layout = |set: usize| sets[set].kind.layout();
        match membership.conflict(|a, b| layout(a) != layout(b)) {
            Some((uid, set, _)) => Err(ShardError::BothSides {
                splits: self.splits.clone(),
                step: steps[sets[set].step].name.clone(),
                uid,
            }),
            None => Ok(membership),
        }
    }
}

/// The pass over the pool.
struct Pass<'a> {
    job: &'a PoolJob,
    work: &'a Path,
    membership: &'a Membership,
    sets: Vec<OpenSet<'a>>,
    checkpoint: Checkpoint,
    found: Found,
    /// Samples refused since the last checkpoint.
    rejected: Option<RejectedWriter>,
    /// Bytes of the tars done since then.
    bytes: u64,
}

impl<'a> Pass<'a> {
    /// Takes the work up where it was.
    fn open(
        job: &'a PoolJob,
        work: &'a Path,
        membership: &'a Membership,
        sets: &'a [Set],
    ) -> Result<Self, ShardError> {
        let (mut checkpoint, found) = checkpoint::read(work, membership.len())?;
        checkpoint.sets.resize_with(sets.len(), Default::default);
        let open = sets
            .iter()
            .zip(&checkpoint.sets)
            .map(|(set, state)| OpenSet::open(work, set, job.shard_size.get(), state.clone()));
        Ok(Self {
            job,
            work,
            membership,
            sets: open.collect::<Result<_, _>>()?,
            checkpoint,
            found,
            rejected: None,
            bytes: 0,
        })
    }

    fn item(&mut self, tar: &Path, item: Item) -> Result<(), ShardError> {
        match item {
            Item::Wanted {
                uid,
                entries,
                sample,
            } => {
                if self.found.has(entries.start) {
                    let refusal = Refusal {
                        reason: "duplicate-uid",
                        detail: "an earlier sample has this uid".to_owned(),
                    };
                    return self.reject(tar, Some(&sample.key), Some(uid), refusal);
                }
                self.push(uid, entries, &sample)
            }
            Item::Unwanted => {
                self.checkpoint.unwanted += 1;
                Ok(())
            }
            Item::Refused { key, uid, refusal } => self.reject(tar, key.as_deref(), uid, refusal),
        }
    }

    /// Adds a sample to all its sets, as often as each wants it.
    fn push(
        &mut self,
        uid: Uid,
        entries: std::ops::Range<usize>,
        sample: &Sample,
    ) -> Result<(), ShardError> {
        let mut before = None;
        let mut copy = 0;
        for entry in entries {
            let set = self.membership.set(entry);
            copy = if before == Some(set) { copy + 1 } else { 0 };
            before = Some(set);
            self.sets[set].push(uid, copy, sample)?;
            self.found.add(entry);
        }
        Ok(())
    }

    fn reject(
        &mut self,
        tar: &Path,
        key: Option<&str>,
        uid: Option<Uid>,
        refusal: Refusal,
    ) -> Result<(), ShardError> {
        let list = match &mut self.rejected {
            Some(list) => list,
            none => {
                let path = rejected_list(self.work, self.checkpoint.rejected_lists);
                none.insert(RejectedWriter::create(&path)?)
            }
        };
        Ok(list.push(&Rejected {
            table: Some(tar.to_string_lossy().into_owned()),
            row: None,
            uid,
            image: key.map(str::to_owned),
            reason: refusal.reason.to_owned(),
            detail: refusal.detail,
        })?)
    }

    fn end(&mut self, tar: &Path) -> Result<(), ShardError> {
        self.checkpoint.tars += 1;
        // A tar that is not there was listed.
        self.bytes += tar.metadata().map_or(0, |tar| tar.len());
        if self.bytes >= self.job.bytes_a_checkpoint {
            self.note()?;
        }
        Ok(())
    }

    /// Puts everything on the disk and notes how far the pass is.
    fn note(&mut self) -> Result<(), ShardError> {
        if let Some(list) = self.rejected.take() {
            list.finish()?;
            self.checkpoint.rejected_lists += 1;
        }
        let states = self.sets.iter_mut().map(OpenSet::note);
        self.checkpoint.sets = states.collect::<Result<_, _>>()?;
        self.bytes = 0;
        checkpoint::write(self.work, &self.checkpoint, &self.found)
    }

    /// Closes all sets, lists what is missing, and writes the record.
    fn finish(self, steps: &[Step], sets: &[Set]) -> Result<StepsRecord, ShardError> {
        // What a part has not, another may have.
        let is_part = self.job.part.is_some();
        let missing = if is_part {
            self.list(sets, FOUND_FILE, true)?;
            vec![0; sets.len()]
        } else {
            self.list(sets, MISSING_FILE, false)?
        };
        let mut rejected = merge_rejected(self.work, self.checkpoint.rejected_lists)?;
        let sum: u64 = missing.iter().sum();
        if sum > 0 {
            rejected.insert("missing".to_owned(), sum);
        }
        let records = steps.iter().map(|step| StepRecord {
            name: step.name.clone(),
            from: step.from,
            to: step.to,
            train: 0,
            held_out: 0,
        });
        let mut record = StepsRecord {
            steps: records.collect(),
            rejected,
            ..StepsRecord::default()
        };
        for ((open, set), missing) in self.sets.into_iter().zip(sets).zip(missing) {
            let (samples, step) = (open.samples(), &mut record.steps[set.step]);
            if samples == 0 && set.kind == SetKind::Training && !is_part {
                return Err(ShardError::Empty {
                    set: set.kind.name(),
                    step: step.name.clone(),
                    rows: missing as usize,
                    rejected: record.rejected,
                });
            }
            if samples > 0 {
                open.finish(missing)?;
            }
            match set.kind {
                SetKind::Training => step.train = samples,
                SetKind::Retrieval => step.held_out = samples,
                SetKind::Classification => {}
            }
        }
        write_json(&self.work.join(STEPS_FILE), &record)?;
        Ok(record)
    }

    /// Lists for each set the uids that it wants and that were found, or were not; answers how many they are.
    fn list(&self, sets: &[Set], file: &str, found: bool) -> Result<Vec<u64>, ShardError> {
        let mut lists: Vec<Option<UidListWriter>> = sets.iter().map(|_| None).collect();
        let mut counts = vec![0; sets.len()];
        let mut before = None;
        for entry in 0..self.membership.len() {
            let (uid, set) = (self.membership.uid(entry), self.membership.set(entry));
            if self.found.has(entry) != found || before == Some((uid, set)) {
                continue;
            }
            before = Some((uid, set));
            counts[set] += 1;
            let list = match &mut lists[set] {
                Some(list) => list,
                none => {
                    let path = self.work.join(&sets[set].folder).join(file);
                    none.insert(UidListWriter::create(&path)?)
                }
            };
            list.push(uid)?;
        }
        for list in lists.into_iter().flatten() {
            list.finish()?;
        }
        Ok(counts)
    }
}

fn rejected_list(work: &Path, number: usize) -> PathBuf {
    work.join(format!("rejected-{number}.parquet"))
}

/// One list of all refused samples, beside the work folder, and how many for which reason.
fn merge_rejected(work: &Path, lists: usize) -> Result<BTreeMap<String, u64>, ShardError> {
    let folder = work.parent().unwrap_or(work);
    let mut all = RejectedWriter::create(&folder.join(REJECTED_FILE))?;
    let mut counts = BTreeMap::new();
    for number in 0..lists {
        for row in read_rejected(&rejected_list(work, number))? {
            crate::manifest::count(&mut counts, &row.reason);
            all.push(&row)?;
        }
    }
    all.finish()?;
    Ok(counts)
}

#[cfg(test)]
mod tests;
