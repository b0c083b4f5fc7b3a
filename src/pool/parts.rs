//! The parts of a pool, downloaded by several processes, and how they become one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::PoolError;
use super::finished::ShardFiles;
use super::run::conclude;
use super::stats::{PoolStats, STATS_FILE};
use crate::artefact::{place, write_json};
use crate::part::{Part, arrange};

/// In a part's folder, which part it is.
pub const PART_FILE: &str = "part.json";

/// What a part says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartNote {
    pub(super) part: Part,
    /// How many shards all parts have together.
    pub(super) shards: u64,
    /// A checksum of all that decides the bytes but the part.
    pub(super) run: String,
}

impl PartNote {
    pub(super) fn write(&self, folder: &Path) -> Result<(), PoolError> {
        Ok(write_json(&folder.join(PART_FILE), self)?)
    }

    fn read(folder: &Path) -> Result<Self, PoolError> {
        let path = folder.join(PART_FILE);
        let wrong = |message: String| PoolError::Part {
            path: path.clone(),
            message,
        };
        let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
    }
}

/// All parts of one pool.
#[derive(Debug)]
pub struct PoolParts {
    note: PartNote,
    /// Which folder has each shard.
    shards: Vec<PathBuf>,
}

impl PoolParts {
    /// Checks that these are all parts of one run, and that every shard is there.
    ///
    /// # Errors
    /// When a part or a shard is missing, is there twice, or is of another run.
    pub fn open(folders: &[PathBuf]) -> Result<Self, PoolError> {
        let mut notes = Vec::new();
        for folder in folders {
            notes.push((PartNote::read(folder)?, folder));
        }
        let note = notes[0].0.clone();
        for (other, folder) in &notes {
            let wrong = |message: String| PoolError::Part {
                path: (*folder).clone(),
                message,
            };
            if (other.part.of, other.shards, &other.run) != (note.part.of, note.shards, &note.run) {
                let first = folders[0].display();
                return Err(wrong(format!("not a part of the same run as {first}")));
            }
        }
        let parts = notes.into_iter().map(|(note, folder)| (note.part, folder));
        let folders = arrange(parts.collect()).map_err(|message| PoolError::Part {
            path: folders[0].clone(),
            message,
        })?;
        let mut shards = Vec::new();
        for shard in 0..note.shards {
            let folder = folders[(shard % note.part.of) as usize];
            let files = ShardFiles::new(folder, shard);
            if files.read_stats().is_none() {
                return Err(PoolError::Part {
                    path: files.stats,
                    message: "not there or not whole: run its part again".to_owned(),
                });
            }
            shards.push(folder.clone());
        }
        Ok(Self { note, shards })
    }

    /// The run that all parts are of.
    pub fn run(&self) -> &str {
        &self.note.run
    }

    /// How many shards there are.
    pub fn shards(&self) -> u64 {
        self.note.shards
    }

    /// What became of all rows.
    pub fn stats(&self) -> PoolStats {
        let mut sum = PoolStats::default();
        for (index, folder) in (0..).zip(&self.shards) {
            let stats = ShardFiles::new(folder, index).read_stats();
            sum.add(&stats.unwrap_or_default());
        }
        sum
    }

    /// How many rows may be had another time.
    pub fn failed(&self) -> u64 {
        self.stats().outcomes.get("failed").copied().unwrap_or(0)
    }

    /// The names of the files that [`PoolParts::write`] writes.
    pub fn entries(&self) -> impl Iterator<Item = String> {
        let shard = |index| {
            let ours = [".tar", ".parquet", "_stats.json"].map(|end| format!("{index:08}{end}"));
            ours.into_iter()
                .chain([format!("claims/{index:08}.parquet")])
        };
        let sums = ["sizes.json", STATS_FILE].map(str::to_owned);
        (0..self.note.shards).flat_map(shard).chain(sums)
    }

    /// Puts all shards into one folder: linked where the file system can, else copied. `done` is called for each.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, into: &Path, done: &dyn Fn()) -> Result<PoolStats, PoolError> {
        let claims = into.join("claims");
        std::fs::create_dir_all(&claims).map_err(PoolError::io(&claims))?;
        let mut by_shard = std::collections::BTreeMap::new();
        for (index, folder) in (0..).zip(&self.shards) {
            let (from, to) = (ShardFiles::new(folder, index), ShardFiles::new(into, index));
            for (from, to) in [
                (&from.tar, &to.tar),
                (&from.table, &to.table),
                (&from.claims, &to.claims),
                (&from.stats, &to.stats),
            ] {
                place(from, to)?;
            }
            by_shard.insert(index, from.read_stats().unwrap_or_default());
            done();
        }
        conclude(into, &by_shard)
    }
}
