//! Parts: shards that several processes have written from shares of one pool, and how they become one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::inspect::uid_of_key;
use super::job::{FOUND_FILE, MISSING_FILE};
use super::open_set::Meta;
use crate::artefact::{ArtefactError, NewFile, NewFolder, place, remove_all, write_json};
use crate::manifest::{RejectedWriter, read_rejected};
use crate::part::{Part, arrange};
use crate::shard::evaluation::{CLASSES_FILE, TEMPLATES_FILE, TYPE_FILE};
use crate::shard::samples::{Group, Groups};
use crate::shard::set_kind::SetKind;
use crate::shard::set_writer::{Layout, REJECTED_FILE, TarStats};
use crate::shard::tar_file::copy_without;
use crate::shard::{STEPS_FILE, ShardError, StepsRecord, tars_of};
use crate::uid::{Uid, UidListReader, UidListWriter};

/// In a part's folder, which part it is.
pub const SHARD_PART_FILE: &str = "shard-part.json";

/// What a part says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardPart {
    /// Which one.
    pub part: Part,
    /// A checksum of all that decides the bytes but the part.
    pub run: String,
    /// The uid lists of all sets, by the folders of the sets.
    pub lists: BTreeMap<String, PathBuf>,
}

/// All parts of one pool's shards.
#[derive(Debug)]
pub struct ShardParts {
    folders: Vec<PathBuf>,
    note: ShardPart,
}

/// A set in one part.
struct SetPart {
    tars: Vec<PathBuf>,
    /// Pairs that an earlier part has, too.
    unwanted: HashSet<Uid>,
}

impl ShardPart {
    /// Writes the note into a part's folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), ShardError> {
        Ok(write_json(&folder.join(SHARD_PART_FILE), self)?)
    }

    fn read(folder: &Path) -> Result<Self, ShardError> {
        let path = folder.join(SHARD_PART_FILE);
        let bytes = std::fs::read(&path).map_err(ArtefactError::io(&path))?;
        serde_json::from_slice(&bytes).map_err(|source| ShardError::Json { path, source })
    }
}

impl ShardParts {
    /// Checks that these are all parts of one run.
    ///
    /// # Errors
    /// When one is missing, is there twice, is not finished, or is of another run.
    pub fn open(folders: &[PathBuf]) -> Result<Self, ShardError> {
        let wrong = |folder: &Path, message: String| ShardError::Parts {
            path: folder.to_owned(),
            message,
        };
        let mut parts = Vec::new();
        let first = ShardPart::read(&folders[0])?;
        for folder in folders {
            let note = ShardPart::read(folder)?;
            if note.run != first.run || note.part.of != first.part.of {
                let message = format!("not a part of the same run as {}", folders[0].display());
                return Err(wrong(folder, message));
            }
            if !folder.join(STEPS_FILE).is_file() {
                return Err(wrong(folder, "not finished: run its part again".to_owned()));
            }
            parts.push((note.part, folder.clone()));
        }
        Ok(Self {
            folders: arrange(parts).map_err(|message| wrong(&folders[0], message))?,
            note: first,
        })
    }

    /// The run that all parts are of.
    pub fn run(&self) -> &str {
        &self.note.run
    }

    /// Puts the sets of all parts into one folder: tars are linked where the file system can, and numbered through. Where
    /// two parts have the same pair, the tar of the later one is written anew without it.
    ///
    /// # Errors
    /// When a part or list cannot be read, the disk refuses, or no part has a pair to train on in some step.
    pub fn write(&self, into: &Path) -> Result<StepsRecord, ShardError> {
        let records: Vec<StepsRecord> = self
            .folders
            .iter()
            .map(|folder| StepsRecord::read(folder))
            .collect::<Result<_, _>>()?;
        let mut record = records[0].clone();
        record.rejected = self.rejected(into)?;
        for step in &mut record.steps {
            for kind in SetKind::ALL {
                let below = kind.folder(Path::new(""), &step.name);
                let Some(list) = self.note.lists.get(&*below.to_string_lossy()) else {
                    continue;
                };
                let set = into.join(&below);
                remove_all(&set)?;
                let new = NewFolder::create(&set)?;
                let (parts, missing, repeated) = self.set(&below, list, new.folder())?;
                let samples =
                    write_set(kind, &below, &self.folders, &parts, missing, new.folder())?;
                for (reason, pairs) in [("missing", missing), ("duplicate-uid", repeated)] {
                    if pairs > 0 {
                        *record.rejected.entry(reason.to_owned()).or_default() += pairs;
                    }
                }
                match kind {
                    SetKind::Training => step.train = samples,
                    SetKind::Retrieval => step.held_out = samples,
                    SetKind::Classification => {}
                }
                if samples > 0 {
                    new.finish()?;
                } else if kind == SetKind::Training {
                    return Err(ShardError::Empty {
                        set: kind.name(),
                        step: step.name.clone(),
                        rows: missing as usize,
                        rejected: record.rejected,
                    });
                }
            }
        }
        write_json(&into.join(STEPS_FILE), &record)?;
        Ok(record)
    }

    /// One list of all samples that the parts refused.
    fn rejected(&self, into: &Path) -> Result<BTreeMap<String, u64>, ShardError> {
        let mut all = RejectedWriter::create(&into.join(REJECTED_FILE))?;
        let mut counts = BTreeMap::new();
        for folder in &self.folders {
            for row in read_rejected(&folder.join(REJECTED_FILE))? {
                crate::manifest::count(&mut counts, &row.reason);
                all.push(&row)?;
            }
        }
        all.finish()?;
        Ok(counts)
    }

    /// What each part has of a set, how many pairs of its list none has, and how many a later part has again. Lists those
    /// that are missing.
    fn set(
        &self,
        below: &Path,
        list: &Path,
        into: &Path,
    ) -> Result<(Vec<SetPart>, u64, u64), ShardError> {
        let mut parts = Vec::new();
        let mut readers = Vec::new();
        for folder in &self.folders {
            let set = folder.join(below);
            let found = set.join(FOUND_FILE);
            let is_there = found.is_file();
            readers.push(is_there.then(|| UidListReader::open(&found)).transpose()?);
            parts.push(SetPart::open(&set, is_there)?);
        }
        let mut heads = BinaryHeap::new();
        for (part, reader) in readers.iter_mut().enumerate() {
            if let Some(uid) = reader.as_mut().and_then(Iterator::next).transpose()? {
                heads.push(Reverse((uid, part)));
            }
        }
        let (mut missing, mut repeated) = (None::<UidListWriter>, 0);
        let (mut missing_pairs, mut before) = (0, None);
        for wanted in UidListReader::open(list)?.with_repeats() {
            let wanted = wanted?;
            if before.replace(wanted) == Some(wanted) {
                continue;
            }
            let mut is_there = false;
            while let Some(&Reverse((uid, part))) = heads.peek() {
                if uid > wanted {
                    break;
                }
                heads.pop();
                let next = readers[part]
                    .as_mut()
                    .and_then(Iterator::next)
                    .transpose()?;
                heads.extend(next.map(|next| Reverse((next, part))));
                if is_there {
                    parts[part].unwanted.insert(uid);
                    repeated += 1;
                }
                is_there = true;
            }
            if !is_there {
                missing_pairs += 1;
                let list = match &mut missing {
                    Some(list) => list,
                    none => none.insert(UidListWriter::create(&into.join(MISSING_FILE))?),
                };
                list.push(wanted)?;
            }
        }
        if let Some(list) = missing {
            list.finish()?;
        }
        Ok((parts, missing_pairs, repeated))
    }
}

impl SetPart {
    fn open(set: &Path, is_there: bool) -> Result<Self, ShardError> {
        let tars = if is_there { tars_of(set)? } else { Vec::new() };
        Ok(Self {
            tars,
            unwanted: HashSet::new(),
        })
    }

    /// Puts a tar to its place; answers how many samples it has.
    fn put(&self, tar: &Path, to: &Path) -> Result<u64, ShardError> {
        if self.unwanted.is_empty() {
            place(tar, to)?;
            let count = |samples, group: Result<_, _>| group.map(|_: Group| samples + 1);
            return Ok(Groups::open(tar)?.try_fold(0, count)?);
        }
        copy_without(tar, to, |key| {
            uid_of_key(key).is_some_and(|uid| self.unwanted.contains(&uid))
        })
    }
}

/// Numbers the tars of a set through and writes what stands beside them; answers how many samples there are.
fn write_set(
    kind: SetKind,
    below: &Path,
    folders: &[PathBuf],
    parts: &[SetPart],
    missing: u64,
    into: &Path,
) -> Result<u64, ShardError> {
    let layout = kind.layout();
    let mut sizes = BTreeMap::new();
    for part in parts {
        for tar in &part.tars {
            let stem = layout.stem(sizes.len());
            let to = into.join(format!("{stem}.tar"));
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder).map_err(ArtefactError::io(folder))?;
            }
            let samples = part.put(tar, &to)?;
            if layout == Layout::Training {
                let stats = TarStats {
                    successes: samples,
                    failures: 0,
                };
                write_json(&into.join(format!("{stem}_stats.json")), &stats)?;
            }
            sizes.insert(format!("{stem}.tar"), samples);
        }
    }
    let samples: u64 = sizes.values().sum();
    match layout {
        Layout::Training => write_json(&into.join("sizes.json"), &sizes)?,
        Layout::Evaluation => {
            let text =
                |name: &str, text: String| NewFile::write_whole(&into.join(name), text.as_bytes());
            text("test/nshards.txt", format!("{}\n", sizes.len()))?;
            text("test/count.txt", format!("{samples}\n"))?;
            let with_files = folders.iter().map(|folder| folder.join(below));
            let Some(first) = with_files
                .into_iter()
                .find(|set| set.join(TYPE_FILE).is_file())
            else {
                return Ok(samples);
            };
            for name in [TYPE_FILE, CLASSES_FILE, TEMPLATES_FILE] {
                if first.join(name).is_file() {
                    place(&first.join(name), &into.join(name))?;
                }
            }
        }
    }
    let meta = Meta {
        output_shard_count: sizes.len(),
        output_count: samples,
        missing_count: missing,
    };
    write_json(&into.join("meta.json"), &meta)?;
    Ok(samples)
}
