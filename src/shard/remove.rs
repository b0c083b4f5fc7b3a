//! Removal: pairs taken out of finished shards, whose tars are written anew only where they hold one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use serde_json::{Map, Value};

use super::pool::uid_of_key;
use super::samples::Groups;
use super::set_kind::SetKind;
use super::tar_file::copy_without;
use super::{STEPS_FILE, ShardError, StepsRecord, tars_of};
use crate::artefact::{NewFile, write_json};
use crate::progress::Progress;
use crate::uid::{Uid, read_uids, write_uids};

/// The uids that were taken out of a folder of shards.
pub const REMOVED_FILE: &str = "removed.npy";
/// By which they are counted in `steps.json`.
const REASON: &str = "removed";

/// Pairs to be taken out of a folder of shards.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The folder, which has a `steps.json`.
    pub shards: PathBuf,
    /// The pairs, sorted.
    pub uids: Vec<Uid>,
}

/// What a removal did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Pairs that were asked for and found.
    pub pairs: u64,
    /// Samples of them, in all sets, with their copies.
    pub samples: u64,
    /// Tars that were written anew.
    pub rewritten: u64,
    /// Tars that there are.
    pub tars: u64,
}

/// One set and the step it belongs to.
struct Set {
    step: usize,
    kind: SetKind,
    folder: PathBuf,
    tars: Vec<Tar>,
}

/// What a tar holds.
struct Tar {
    path: PathBuf,
    samples: u64,
    /// Those to be removed, and their pairs.
    unwanted: u64,
    uids: BTreeSet<Uid>,
}

impl Removal {
    /// Removes the pairs. All tars are looked through before the first is changed; each appears whole in place of the old
    /// one, and the counts beside it follow. A run that was interrupted is ended by the next, whatever that removes.
    ///
    /// # Errors
    /// When the folder has no `steps.json`, a tar is damaged, or the disk refuses.
    pub fn run(&self, progress: &dyn Progress) -> Result<Removed, ShardError> {
        let mut record = StepsRecord::read(&self.shards)?;
        let mut sets = self.scan(&record, progress)?;
        let mut removed = Removed::default();
        let mut pairs = BTreeSet::new();
        for tar in sets.iter().flat_map(|set| &set.tars) {
            removed.tars += 1;
            removed.rewritten += u64::from(tar.unwanted > 0);
            removed.samples += tar.unwanted;
            pairs.extend(&tar.uids);
        }
        removed.pairs = pairs.len() as u64;
        // Noted first: what has begun to go is in the list.
        let all = self.note(pairs)?;
        progress.begin("rewrite", removed.rewritten);
        let tars = sets.iter_mut().flat_map(|set| &mut set.tars);
        let hit: Vec<&mut Tar> = tars.filter(|tar| tar.unwanted > 0).collect();
        hit.into_par_iter().try_for_each(|tar| {
            let is_unwanted = |key: &str| self.is_unwanted(uid_of_key(key)).is_some();
            copy_without(&tar.path, &tar.path, is_unwanted)?;
            progress.advance(1);
            Ok::<_, ShardError>(())
        })?;
        for set in &sets {
            set.count(&mut record)?;
        }
        if all > 0 {
            record.rejected.insert(REASON.to_owned(), all);
        }
        write_json(&self.shards.join(STEPS_FILE), &record)?;
        Ok(removed)
    }

    fn is_unwanted(&self, uid: Option<Uid>) -> Option<Uid> {
        uid.filter(|uid| self.uids.binary_search(uid).is_ok())
    }

    /// Looks through the headers of all tars.
    fn scan(&self, record: &StepsRecord, progress: &dyn Progress) -> Result<Vec<Set>, ShardError> {
        let mut sets = Vec::new();
        for (step, of) in record.steps.iter().enumerate() {
            for kind in SetKind::ALL {
                let folder = kind.folder(&self.shards, &of.name);
                if folder.is_dir() {
                    sets.push((step, kind, tars_of(&folder)?, folder));
                }
            }
        }
        progress.begin("look", sets.iter().map(|set| set.2.len() as u64).sum());
        let sets = sets.into_iter().map(|(step, kind, tars, folder)| {
            let tars = tars.par_iter().map(|tar| {
                let tar = self.look(tar)?;
                progress.advance(1);
                Ok::<_, ShardError>(tar)
            });
            Ok(Set {
                step,
                kind,
                tars: tars.collect::<Result<_, _>>()?,
                folder,
            })
        });
        sets.collect()
    }

    fn look(&self, path: &Path) -> Result<Tar, ShardError> {
        let mut tar = Tar {
            path: path.to_owned(),
            samples: 0,
            unwanted: 0,
            uids: BTreeSet::new(),
        };
        for group in Groups::open(path)? {
            match self.is_unwanted(uid_of_key(&group?.key)) {
                Some(uid) => {
                    tar.unwanted += 1;
                    tar.uids.insert(uid);
                }
                None => tar.samples += 1,
            }
        }
        Ok(tar)
    }

    /// Adds to the list of what was removed; answers how long it is.
    fn note(&self, pairs: BTreeSet<Uid>) -> Result<u64, ShardError> {
        let path = self.shards.join(REMOVED_FILE);
        let mut all = pairs;
        if path.exists() {
            all.extend(read_uids(&path)?);
        }
        let all: Vec<Uid> = all.into_iter().collect();
        if !all.is_empty() {
            write_uids(&path, &all)?;
        }
        Ok(all.len() as u64)
    }
}

impl Set {
    /// Writes how many samples there are wherever that stands.
    fn count(&self, record: &mut StepsRecord) -> Result<(), ShardError> {
        let samples: u64 = self.tars.iter().map(|tar| tar.samples).sum();
        let step = &mut record.steps[self.step];
        match self.kind {
            SetKind::Training => step.train = samples,
            SetKind::Retrieval => step.held_out = samples,
            SetKind::Classification => {}
        }
        if self.kind == SetKind::Training {
            let mut sizes = Map::new();
            for tar in &self.tars {
                let name = tar.path.file_name().unwrap_or_default().to_string_lossy();
                sizes.insert(name.into_owned(), tar.samples.into());
                let mut stats = tar.path.with_extension("").into_os_string();
                stats.push("_stats.json");
                replace(Path::new(&stats), "successes", tar.samples)?;
            }
            write_json(&self.folder.join("sizes.json"), &sizes)?;
        } else {
            let path = self.folder.join("test/count.txt");
            NewFile::write_whole(&path, format!("{samples}\n").as_bytes())?;
        }
        replace(&self.folder.join("meta.json"), "output_count", samples)
    }
}

/// Gives a number in a JSON file, where there is such a file, another value.
fn replace(path: &Path, name: &str, value: u64) -> Result<(), ShardError> {
    if !path.exists() {
        return Ok(());
    }
    let io = |source| ShardError::Io {
        path: path.to_owned(),
        source,
    };
    let bytes = std::fs::read(path).map_err(io)?;
    let mut object: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|source| ShardError::Json {
            path: path.to_owned(),
            source,
        })?;
    if object.insert(name.to_owned(), value.into()) == Some(value.into()) {
        return Ok(());
    }
    Ok(write_json(path, &object)?)
}
