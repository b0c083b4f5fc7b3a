//! A finished shard: its tar in the rows' order, its tables and its stats, written when the last row is answered.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::open_shard::{Image, Known, OpenShard};
use super::outcome::{Outcome, State, Stored};
use super::rows::PoolRow;
use super::stats::PoolStats;
use super::{PoolError, outcomes_table};
use crate::artefact::{NewFile, remove_all, write_json};
use crate::shard::{Samples, TarFile};
use crate::store::Store;

/// The working folder inside a pool.
pub(super) const WORK_FOLDER: &str = ".download";

/// Where the files of a shard are.
#[derive(Debug, Clone)]
pub(super) struct ShardFiles {
    pub(super) tar: PathBuf,
    pub(super) table: PathBuf,
    pub(super) claims: PathBuf,
    pub(super) stats: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) outcomes: PathBuf,
}

impl ShardFiles {
    pub(super) fn new(pool: &Path, index: u64) -> Self {
        let work = pool.join(WORK_FOLDER);
        Self {
            tar: pool.join(format!("{index:08}.tar")),
            table: pool.join(format!("{index:08}.parquet")),
            claims: pool.join(format!("claims/{index:08}.parquet")),
            stats: pool.join(format!("{index:08}_stats.json")),
            journal: work.join(format!("{index:08}.journal")),
            outcomes: work.join(format!("{index:08}.outcomes")),
        }
    }

    /// The stats of the shard, if it is finished.
    pub(super) fn read_stats(&self) -> Option<PoolStats> {
        serde_json::from_slice(&std::fs::read(&self.stats).ok()?).ok()
    }

    /// What an earlier run has learnt about the rows of a finished shard of which some failed.
    pub(super) fn earlier(&self) -> Result<Vec<Outcome>, PoolError> {
        if !self.tar.exists() || !self.outcomes.exists() {
            return Ok(Vec::new());
        }
        let file = File::open(&self.outcomes).map_err(PoolError::io(&self.outcomes))?;
        let mut outcomes = Vec::new();
        for line in BufReader::new(file).lines() {
            let line = line.map_err(PoolError::io(&self.outcomes))?;
            let outcome = serde_json::from_str(&line).map_err(|error| PoolError::Damaged {
                path: self.outcomes.clone(),
                message: error.to_string(),
            })?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Names in the pool and local files of what a finished shard leaves, the stats last.
    pub(super) fn all(&self) -> [(String, &PathBuf); 5] {
        let pool = self.tar.parent().unwrap_or(Path::new(""));
        let name = |file: &PathBuf| {
            let name = file.strip_prefix(pool).unwrap_or(file);
            name.to_string_lossy().into_owned()
        };
        [
            &self.tar,
            &self.table,
            &self.claims,
            &self.outcomes,
            &self.stats,
        ]
        .map(|file| (name(file), file))
    }

    /// Puts the shard into the store and keeps no more of it than its stats.
    pub(super) fn push(&self, store: &Store) -> Result<(), PoolError> {
        for (name, file) in self.all() {
            if file.is_file() {
                store.put(file, &name)?;
            }
        }
        for file in [&self.tar, &self.table, &self.claims, &self.outcomes] {
            remove_all(file)?;
        }
        Ok(())
    }

    /// Brings the stats of a shard that the store has.
    pub(super) fn pull_stats(&self, store: &Store) -> Result<(), PoolError> {
        if !self.stats.exists() {
            let [.., (name, stats)] = self.all();
            store.get(&name, stats)?;
        }
        Ok(())
    }

    /// Brings what is needed to ask for the failed rows of a finished shard again.
    pub(super) fn pull_earlier(&self, store: &Store) -> Result<(), PoolError> {
        let [tar, _, _, outcomes, _] = self.all();
        for (name, file) in [tar, outcomes] {
            if !file.exists() {
                store.get(&name, file)?;
            }
        }
        Ok(())
    }

    /// Writes the shard. The stats come last: where they are, the rest is.
    pub(super) fn write(&self, shard: &OpenShard) -> Result<PoolStats, PoolError> {
        let mut known = shard.known();
        self.write_tar(shard, &mut known)?;
        let rows = || {
            let outcome = |(row, (outcome, _)): (&u32, &(Outcome, Image))| {
                // Rows are numbered by their place.
                (&shard.rows.rows[*row as usize], outcome.clone())
            };
            known.outcomes.iter().map(outcome).collect::<Vec<_>>()
        };
        let rows = rows();
        let pairs = || rows.iter().map(|(row, outcome)| (*row, outcome));
        outcomes_table::write(&self.table, pairs())?;
        outcomes_table::write_claims(&self.claims, pairs())?;
        let stats = PoolStats::of(rows.iter().map(|(_, outcome)| outcome));
        let failed = stats.has_failures();
        if failed {
            self.write_outcomes(rows.iter().map(|(_, outcome)| outcome))?;
        }
        write_json(&self.stats, &stats)?;
        remove_all(&self.journal)?;
        if !failed {
            remove_all(&self.outcomes)?;
        }
        Ok(stats)
    }

    fn write_outcomes<'a>(
        &self,
        outcomes: impl Iterator<Item = &'a Outcome>,
    ) -> Result<(), PoolError> {
        let mut file = NewFile::create(&self.outcomes)?;
        for outcome in outcomes {
            let line = to_json(&self.outcomes, outcome)?;
            file.write_all(&line)
                .and_then(|()| file.write_all(b"\n"))
                .map_err(PoolError::io(&self.outcomes))?;
        }
        Ok(file.finish()?)
    }

    fn write_tar(&self, shard: &OpenShard, known: &mut Known) -> Result<(), PoolError> {
        let mut tar = TarFile::create(&self.tar)?;
        let mut earlier = EarlierTar::new(&self.tar);
        let images: Vec<(u32, Stored, Image, serde_json::Value)> = known
            .outcomes
            .iter()
            .filter_map(|(&row, (outcome, image))| match &outcome.state {
                State::Downloaded(stored) => {
                    let note = note(&shard.rows.rows[row as usize], stored, outcome);
                    Some((row, stored.clone(), *image, note))
                }
                _ => None,
            })
            .collect();
        for (row, stored, image, note) in images {
            let row = &shard.rows.rows[row as usize];
            let bytes = match image {
                Image::Journal(place, image_at) => known.image(place, image_at)?,
                Image::EarlierTar => earlier.image(&row.uid.to_string())?,
                Image::None => Vec::new(),
            };
            let json = to_json(&self.tar, &note)?;
            tar.append(&format!("{}.{}", row.uid, stored.extension), &bytes)?;
            tar.append(&format!("{}.json", row.uid), &json)?;
            tar.append(&format!("{}.txt", row.uid), row.caption.as_bytes())?;
        }
        Ok(tar.finish()?)
    }
}

/// The tar of an earlier run, read from its beginning to its end.
struct EarlierTar {
    path: PathBuf,
    samples: Option<Samples>,
}

impl EarlierTar {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            samples: None,
        }
    }

    /// The image of this key, which is behind the one asked for before.
    fn image(&mut self, key: &str) -> Result<Vec<u8>, PoolError> {
        let mut samples = match self.samples.take() {
            Some(samples) => samples,
            None => Samples::open(&self.path)?,
        };
        let damaged = |message: String| PoolError::Damaged {
            path: self.path.clone(),
            message,
        };
        for sample in &mut samples {
            let sample = sample?;
            if sample.key == key {
                let image = sample
                    .image()
                    .map_err(|error| damaged(error.to_string()))?
                    .to_vec();
                self.samples = Some(samples);
                return Ok(image);
            }
        }
        Err(damaged(format!("`{key}` is not in it any more")))
    }
}

/// What is kept in the tar about an image, in img2dataset's words as far as they apply.
fn note(row: &PoolRow, stored: &Stored, outcome: &Outcome) -> serde_json::Value {
    json!({
        "uid": row.uid.to_string(),
        "key": row.uid.to_string(),
        "url": row.url,
        "caption": row.caption,
        "status": "success",
        "width": stored.width,
        "height": stored.height,
        "original_width": stored.original_width,
        "original_height": stored.original_height,
        "sha256": stored.sha256,
        "final_url": outcome.final_url,
        "claims": outcome.claims,
    })
}

fn to_json(path: &Path, value: &impl serde::Serialize) -> Result<Vec<u8>, PoolError> {
    serde_json::to_vec(value).map_err(|error| PoolError::Damaged {
        path: path.to_owned(),
        message: error.to_string(),
    })
}
