//! Set writer: the tars of one set of samples, the same bytes for the same samples.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::{ShardError, TarFile};
use crate::artefact::{NewFile, NewFolder, write_json};
use crate::manifest::{Rejected, RejectedWriter};
use crate::uid::Uid;

/// The rows that a set left out.
pub(super) const REJECTED_FILE: &str = "rejected.parquet";

/// How a set names its tars and what it keeps beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `00000000.tar` with `00000000_stats.json`, and `sizes.json`, as img2dataset and DataComp do.
    Training,
    /// `test/0.tar`, `test/nshards.txt` and `test/count.txt`, as CLIP_benchmark reads.
    Evaluation,
}

/// What img2dataset says about a tar, as far as it applies.
#[derive(Serialize)]
pub(super) struct TarStats {
    pub(super) successes: u64,
    pub(super) failures: u64,
}

/// Writes the samples of one set.
pub(super) struct SetWriter {
    layout: Layout,
    shard_size: u64,
    folder: NewFolder,
    /// Made for the first row that is left out.
    rejected: Option<RejectedWriter>,
    current: Option<Tar>,
    sizes: BTreeMap<String, u64>,
    /// Rows left out since the last tar was closed.
    failures: u64,
}

struct Tar {
    stem: String,
    file: TarFile,
    samples: u64,
}

impl Layout {
    /// What the tar of this number is called, without `.tar`.
    pub(super) fn stem(self, number: usize) -> String {
        match self {
            Self::Training => format!("{number:08}"),
            Self::Evaluation => format!("test/{number}"),
        }
    }
}

impl SetWriter {
    /// Begins the set that will be the folder at `path`, with at most `shard_size` samples a tar.
    pub(super) fn create(path: &Path, layout: Layout, shard_size: u64) -> Result<Self, ShardError> {
        let folder = NewFolder::create(path)?;
        let (current, sizes, rejected) = (None, BTreeMap::new(), None);
        Ok(Self {
            layout,
            shard_size,
            folder,
            rejected,
            current,
            sizes,
            failures: 0,
        })
    }

    /// Adds a sample of these extensions and bytes.
    pub(super) fn push(&mut self, uid: Uid, members: &[(&str, &[u8])]) -> Result<(), ShardError> {
        // Only now, so that rows left out after a tar's last sample count for it.
        if self
            .current
            .as_ref()
            .is_some_and(|tar| tar.samples == self.shard_size)
        {
            self.close_tar()?;
        }
        let mut tar = match self.current.take() {
            Some(tar) => tar,
            None => self.open_tar()?,
        };
        for (extension, bytes) in members {
            tar.file.append(&format!("{uid}-0.{extension}"), bytes)?;
        }
        tar.samples += 1;
        self.current = Some(tar);
        Ok(())
    }

    /// Lists a row that is left out.
    pub(super) fn reject(&mut self, rejected: &Rejected) -> Result<(), ShardError> {
        self.failures += 1;
        let path = self.folder.folder().join(REJECTED_FILE);
        let mut list = match self.rejected.take() {
            Some(list) => list,
            None => RejectedWriter::create(&path)?,
        };
        list.push(rejected)?;
        self.rejected = Some(list);
        Ok(())
    }

    /// How many samples were added.
    pub(super) fn samples(&self) -> u64 {
        self.sizes.values().sum::<u64>() + self.current.as_ref().map_or(0, |tar| tar.samples)
    }

    /// Adds a file of text beside the tars' folder.
    pub(super) fn write_text(&self, name: &str, text: &str) -> Result<(), ShardError> {
        Ok(NewFile::write_whole(
            &self.folder.folder().join(name),
            text.as_bytes(),
        )?)
    }

    /// Gives the set its name and answers how many samples it has.
    pub(super) fn finish(mut self) -> Result<u64, ShardError> {
        self.close_tar()?;
        let samples = self.samples();
        match self.layout {
            Layout::Training => {
                write_json(&self.folder.folder().join("sizes.json"), &self.sizes)?;
            }
            Layout::Evaluation => {
                self.write_text("test/nshards.txt", &format!("{}\n", self.sizes.len()))?;
                self.write_text("test/count.txt", &format!("{samples}\n"))?;
            }
        }
        if let Some(list) = self.rejected {
            list.finish()?;
        }
        self.folder.finish()?;
        Ok(samples)
    }

    fn open_tar(&self) -> Result<Tar, ShardError> {
        let stem = self.layout.stem(self.sizes.len());
        let path = self.folder.folder().join(format!("{stem}.tar"));
        Ok(Tar {
            file: TarFile::create(&path)?,
            stem,
            samples: 0,
        })
    }

    fn close_tar(&mut self) -> Result<(), ShardError> {
        let Some(tar) = self.current.take() else {
            return Ok(());
        };
        tar.file.finish()?;
        if self.layout == Layout::Training {
            let stats = TarStats {
                successes: tar.samples,
                failures: self.failures,
            };
            write_json(
                &self
                    .folder
                    .folder()
                    .join(format!("{}_stats.json", tar.stem)),
                &stats,
            )?;
        }
        self.failures = 0;
        self.sizes.insert(format!("{}.tar", tar.stem), tar.samples);
        Ok(())
    }
}
