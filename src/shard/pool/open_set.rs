//! Open set: the tars of one set while they are written, which a later run can take up where they were when noted.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::classes::ClassesOfStep;
use super::sets::Set;
use crate::artefact::{NewFile, write_json};
use crate::shard::evaluation::{CLASSES_FILE, TEMPLATES_FILE, TYPE_FILE, as_lines};
use crate::shard::set_writer::{Layout, TarStats};
use crate::shard::tar_file::member_header;
use crate::shard::{Sample, ShardError};
use crate::uid::Uid;

const BLOCK: usize = 512;
/// All sets are open at once: larger buffers would add up.
const BUFFER_BYTES: usize = 256 << 10;

/// What a set has so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetState {
    /// Samples of the tars that are closed, by name.
    sizes: BTreeMap<String, u64>,
    /// Samples of the tar that is open.
    samples: u64,
    /// Its length.
    bytes: u64,
}

/// What DataComp's resharder says about its output, as far as it applies.
#[derive(Serialize)]
pub(super) struct Meta {
    pub(super) output_shard_count: usize,
    pub(super) output_count: u64,
    pub(super) missing_count: u64,
}

/// One set.
pub(super) struct OpenSet<'a> {
    layout: Layout,
    classes: Option<&'a ClassesOfStep>,
    shard_size: u64,
    folder: PathBuf,
    state: SetState,
    tar: Option<BufWriter<File>>,
}

impl<'a> OpenSet<'a> {
    /// Takes up `set` below `work` as `state` has it; what was written later is forgotten.
    pub(super) fn open(
        work: &Path,
        set: &'a Set,
        shard_size: u64,
        state: SetState,
    ) -> Result<Self, ShardError> {
        let mut set = Self {
            layout: set.kind.layout(),
            classes: set.classes.as_ref(),
            shard_size,
            folder: work.join(&set.folder),
            state,
            tar: None,
        };
        if set.state.bytes > 0 {
            let path = set.tar_path();
            let mut file = OpenOptions::new()
                .write(true)
                .open(&path)
                .map_err(io(&path))?;
            file.set_len(set.state.bytes)
                .and_then(|()| file.seek(SeekFrom::End(0)))
                .map_err(io(&path))?;
            set.tar = Some(BufWriter::with_capacity(BUFFER_BYTES, file));
        }
        Ok(set)
    }

    /// Adds a copy of a sample.
    pub(super) fn push(
        &mut self,
        uid: Uid,
        copy: usize,
        sample: &Sample,
    ) -> Result<(), ShardError> {
        if self.state.samples == self.shard_size {
            self.close_tar()?;
        }
        let path = self.tar_path();
        let tar = match &mut self.tar {
            Some(tar) => tar,
            none => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(io(folder))?;
                }
                let file = File::create(&path).map_err(io(&path))?;
                none.insert(BufWriter::with_capacity(BUFFER_BYTES, file))
            }
        };
        let class = self.classes.and_then(|classes| classes.id(uid));
        let class = class.map(|id| id.to_string());
        let own = class.as_ref().map(|class| ("cls", class.as_bytes()));
        let members = sample
            .members
            .iter()
            .map(|(extension, bytes)| (extension.as_str(), bytes.as_slice()))
            .filter(|(extension, _)| own.is_none() || *extension != "cls");
        for (extension, bytes) in members.chain(own) {
            let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
            let header = member_header(&format!("{uid}-{copy}.{extension}"), bytes.len());
            header
                .and_then(|header| tar.write_all(header.as_bytes()))
                .and_then(|()| tar.write_all(bytes))
                .and_then(|()| tar.write_all(&[0; BLOCK][..padding]))
                .map_err(io(&path))?;
            self.state.bytes += (BLOCK + bytes.len() + padding) as u64;
        }
        self.state.samples += 1;
        Ok(())
    }

    /// Puts everything on the disk; what the set has then.
    pub(super) fn note(&mut self) -> Result<SetState, ShardError> {
        if let Some(tar) = &mut self.tar {
            tar.flush()
                .and_then(|()| tar.get_ref().sync_data())
                .map_err(io(&self.folder))?;
        }
        Ok(self.state.clone())
    }

    /// How many samples the set has.
    pub(super) fn samples(&self) -> u64 {
        self.state.sizes.values().sum::<u64>() + self.state.samples
    }

    /// Closes the last tar and writes what stands beside the tars.
    pub(super) fn finish(mut self, missing: u64) -> Result<(), ShardError> {
        self.close_tar()?;
        let file = |name: &str| self.folder.join(name);
        let text = |name: &str, text: String| NewFile::write_whole(&file(name), text.as_bytes());
        let (tars, samples) = (self.state.sizes.len(), self.samples());
        match self.layout {
            Layout::Training => write_json(&file("sizes.json"), &self.state.sizes)?,
            Layout::Evaluation => {
                text("test/nshards.txt", format!("{tars}\n"))?;
                text("test/count.txt", format!("{samples}\n"))?;
                match self.classes {
                    None => text(TYPE_FILE, "retrieval\n".to_owned())?,
                    Some(classes) => {
                        text(TYPE_FILE, "classification\n".to_owned())?;
                        text(CLASSES_FILE, as_lines(&classes.names))?;
                        text(TEMPLATES_FILE, as_lines(&classes.templates))?;
                    }
                }
            }
        }
        let meta = Meta {
            output_shard_count: tars,
            output_count: samples,
            missing_count: missing,
        };
        Ok(write_json(&file("meta.json"), &meta)?)
    }

    fn tar_path(&self) -> PathBuf {
        let stem = self.layout.stem(self.state.sizes.len());
        self.folder.join(format!("{stem}.tar"))
    }

    fn close_tar(&mut self) -> Result<(), ShardError> {
        let Some(mut tar) = self.tar.take() else {
            return Ok(());
        };
        let path = self.tar_path();
        tar.write_all(&[0; 2 * BLOCK])
            .and_then(|()| tar.flush())
            .and_then(|()| tar.get_ref().sync_data())
            .map_err(io(&path))?;
        let stem = self.layout.stem(self.state.sizes.len());
        if self.layout == Layout::Training {
            let stats = TarStats {
                successes: self.state.samples,
                failures: 0,
            };
            write_json(&self.folder.join(format!("{stem}_stats.json")), &stats)?;
        }
        self.state
            .sizes
            .insert(format!("{stem}.tar"), self.state.samples);
        (self.state.samples, self.state.bytes) = (0, 0);
        Ok(())
    }
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ShardError + use<> {
    let path = path.to_owned();
    move |source| ShardError::Io { path, source }
}
