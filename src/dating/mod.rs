//! Dating: the pairs of a dataset's table are dated chunk by chunk, and the chunks become one manifest.
//!
//! A chunk is a run of rows of the table, always the same ones (`chunk`). Every chunk is dated on its own and written
//! into a folder of its own (`piece`), so that memory does not grow with the table and an interrupted run goes on where it
//! was. What servers answer is kept in a journal for each chunk until no row of it fails any more. When all chunks are
//! there, pairs that repeat the uid of an earlier one are found and taken out (`repeats`), and the pieces are put together.

mod chunk;
mod piece;
mod repeats;
mod work;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use chrono::{DateTime, Utc};
use thiserror::Error;
use ticclip_fetchers::lookup::Wanted;
use ticclip_fetchers::recover::{AnswersError, RecoverError, Recovery};

use self::chunk::{Chunk, Chunks};
use self::piece::Dater;
use self::work::Work;
use crate::artefact::ArtefactError;
use crate::manifest::{
    Assembly, AssemblyError, Dataset, ManifestMeta, ManifestWriteError, PairTable, PartNote, Stats,
    TableError,
};
use crate::part::Part;

/// Chunks that are dated at once when servers are asked: a slow host holds up one, not all.
const CHUNKS_ONLINE: usize = 4;

/// Why a dataset could not be dated.
#[derive(Debug, Error)]
pub enum DatingError {
    /// The table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The sources cannot be asked.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The answers cannot be kept.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// A piece of the manifest cannot be written.
    #[error(transparent)]
    Write(#[from] ManifestWriteError),
    /// The pieces cannot be put together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// A folder cannot be made or put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The working files cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A working file is not what was written.
    #[error("{}: {message}; remove the folder it is in to begin anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

impl DatingError {
    /// Whether the call or its input is to blame, not the machine.
    pub fn is_wrong_input(&self) -> bool {
        matches!(
            self,
            Self::Table(_)
                | Self::Recover(RecoverError::Config(_) | RecoverError::NoColumn { .. })
                | Self::Recover(RecoverError::Lookup(_))
        )
    }
}

pub(crate) fn io_at(path: &Path) -> impl FnOnce(std::io::Error) -> DatingError + use<> {
    let path = path.to_owned();
    move |source| DatingError::Io { path, source }
}

/// One dataset to be dated into one folder.
pub struct DatingJob<'a> {
    /// The dataset.
    pub dataset: &'a Dataset,
    /// Its table.
    pub table: &'a PairTable,
    /// Its sources.
    pub recovery: Recovery,
    /// Where the manifest is to be.
    pub folder: &'a Path,
    /// Which chunks of the table are dated here.
    pub part: Part,
    /// A checksum of all that decides the bytes but the part.
    pub run: String,
    /// How many chunks are dated at once.
    pub threads: usize,
}

/// What is told while the work goes on.
pub trait Progress: Sync {
    /// So many more rows are done.
    fn rows(&self, rows: u64);
    /// What is being done now.
    fn stage(&self, stage: &'static str);
}

/// The time of a first run, which a later one that goes on keeps: dates after it are in the future.
///
/// # Errors
/// The working folder cannot be read or written.
pub fn not_after(folder: &Path) -> Result<DateTime<Utc>, DatingError> {
    Work::open(folder)?.begun()
}

impl DatingJob<'_> {
    /// Dates what is not dated yet, and writes the manifest.
    ///
    /// # Errors
    /// The table cannot be read to its end, an archive cannot be read, or the disk refuses.
    pub fn run(mut self, progress: &dyn Progress) -> Result<Stats, DatingError> {
        let work = Work::open(self.folder)?;
        self.read_archives(&work, progress)?;
        let meta = ManifestMeta::new(self.dataset, self.folder)?;
        let dater = Dater {
            dataset: self.dataset,
            table: self.table,
            recovery: &self.recovery,
            work: &work,
            meta: &meta,
            progress,
        };
        progress.stage("dating");
        let mut repeats = work.repeats()?;
        let chunks = self.date(&dater, &repeats, false)?;
        let found = repeats::find(&work, chunks, self.part)?;
        if found != repeats {
            work.keep_repeats(&found)?;
            repeats = found;
            progress.stage("repeated uids");
            self.date(&dater, &repeats, true)?;
        }
        progress.stage("writing");
        let own = (0..chunks).filter(|&chunk| self.part.takes(chunk));
        let assembly = Assembly::of_folders(own.map(|chunk| work.piece(chunk)))?;
        let part = (!self.part.is_whole()).then(|| PartNote::new(self.part, chunks, self.run));
        Ok(assembly.write(self.folder, None, part)?)
    }

    /// Forgets what is only needed while rows fail.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn clear(folder: &Path) -> Result<(), DatingError> {
        Ok(crate::artefact::remove_all(
            &folder.join(work::WORK_FOLDER),
        )?)
    }

    /// Reads the archives once, for the keys of all rows of this part.
    fn read_archives(&mut self, work: &Work, progress: &dyn Progress) -> Result<(), DatingError> {
        if !self.recovery.has_archives() {
            return Ok(());
        }
        let mut wanted = Wanted::builder();
        if !work.archives_are_read() {
            progress.stage("keys of the rows");
            for chunk in Chunks::new(self.table.rows()) {
                let chunk = chunk?;
                if self.part.takes(chunk.index) {
                    chunk.for_each_row(self.table, |row| {
                        self.recovery.keys(row).for_each(|key| wanted.insert(key));
                    });
                }
                progress.rows(chunk.rows.len() as u64);
            }
            progress.stage("archives");
        }
        let folder = work.lookups();
        self.recovery
            .read_archives(&self.dataset.folder, &wanted.finish(), &folder)?;
        work.say_archives_are_read()
    }

    /// Dates every chunk of this part that is not dated, on several threads, and notes the uids of the others. Answers how
    /// many chunks there are.
    fn date(
        &self,
        dater: &Dater<'_>,
        repeats: &BTreeMap<u64, Vec<u32>>,
        again: bool,
    ) -> Result<u64, DatingError> {
        let threads = if self.recovery.is_online() {
            self.threads.max(CHUNKS_ONLINE)
        } else {
            self.threads
        };
        let result = Mutex::new(Ok(()));
        let (send, receive) = sync_channel::<Chunk>(1);
        let receive = Mutex::new(receive);
        let mut chunks = 0;
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let next = lock(&receive).recv();
                        let Ok(chunk) = next else { return };
                        let none = Vec::new();
                        let repeated = repeats.get(&chunk.index).unwrap_or(&none);
                        let dated = dater.date(chunk, repeated, self.part);
                        if let Err(error) = dated {
                            let mut result = lock(&result);
                            if result.is_ok() {
                                *result = Err(error);
                            }
                        }
                    }
                });
            }
            for chunk in Chunks::new(self.table.rows()) {
                if lock(&result).is_err() {
                    break;
                }
                match chunk {
                    Ok(chunk) => {
                        chunks = chunk.index + 1;
                        if again && !repeats.contains_key(&chunk.index) {
                            continue;
                        }
                        // All workers are gone only when one panicked, which the scope reports.
                        if send.send(chunk).is_err() {
                            break;
                        }
                    }
                    Err(error) => {
                        *lock(&result) = Err(error.into());
                        break;
                    }
                }
            }
            drop(send);
        });
        result
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .map(|()| chunks)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
