//! Side: the tars of one part of a set, put together in a folder of their own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use url::Url;

use super::address::file;
use super::connection::CONNECTIONS;
use super::tar::{Tar, samples_in};
use super::{Hub, HubError, Progress};
use crate::artefact::{Artefact, NewFile, Opened, Origin};

/// How many tars there are.
pub(super) const COUNT_FILE: &str = "nshards.txt";
/// No set has more tars.
const MOST_TARS: u32 = 100_000;

/// A part of a set that a hub has.
#[derive(Debug)]
pub(super) struct Side {
    /// `test` or `train`.
    pub(super) name: &'static str,
    /// The set's address.
    pub(super) set: Url,
    /// How many tars it has.
    tars: u32,
}

/// How a side comes to a folder.
pub(super) struct SideJob<'a> {
    pub(super) hub: &'a Hub,
    pub(super) progress: &'a dyn Progress,
    /// The folder in which it is put together.
    pub(super) folder: &'a Path,
    /// Texts that go to the folder, and whether a set must have them.
    pub(super) texts: &'a [(&'static str, bool)],
    pub(super) origin: Origin,
    pub(super) overwrite: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) samples: u64,
    /// Bytes of its tars.
    pub(super) bytes: u64,
    /// Bytes that came in by this call.
    pub(super) received: u64,
}

impl Side {
    /// Asks for a part of the set at an address; answers the status if there is none.
    pub(super) fn find(
        hub: &Hub,
        set: &Url,
        name: &'static str,
    ) -> Result<Result<Self, u16>, HubError> {
        let url = file(set, &format!("{name}/{COUNT_FILE}"));
        let text = match hub.text(&url)? {
            Ok(text) => text,
            Err(status) => return Ok(Err(status)),
        };
        let tars = text.trim().parse().ok();
        let Some(tars) = tars.filter(|tars| (1..=MOST_TARS).contains(tars)) else {
            let found: String = text.trim().chars().take(64).collect();
            return Err(HubError::NoReply {
                url: Box::new(url),
                message: format!("`{found}` is not a number of tars from 1 to {MOST_TARS}"),
                passes: false,
            });
        };
        let set = set.clone();
        Ok(Ok(Self { name, set, tars }))
    }

    /// The folder of its tars within one of a set.
    pub(super) fn folder_in(&self, set: &Path) -> PathBuf {
        set.join(self.name)
    }
}

impl SideJob<'_> {
    /// Puts a side together, or what is missing of it, and calls `place` when it is whole.
    pub(super) fn run(
        self,
        side: &Side,
        place: impl FnOnce(&Path) -> Result<(), HubError>,
    ) -> Result<Sum, HubError> {
        let mut entries = vec![side.name];
        entries.extend(self.texts.iter().map(|(name, _)| *name));
        let origin = self.origin.clone();
        let sum = match Artefact::open(self.folder, &entries, origin, self.overwrite)? {
            // Killed when it was whole and had not got its place.
            Opened::Finished => Sum::of(&side.folder_in(self.folder))?,
            Opened::Open(artefact) => {
                self.fetch_texts(&side.set)?;
                let sum = self.fetch_tars(side)?;
                artefact.finish()?;
                sum
            }
        };
        // The folder is let go of: some systems move none with an open file in it.
        place(self.folder)?;
        Ok(sum)
    }

    fn fetch_texts(&self, set: &Url) -> Result<(), HubError> {
        for (name, needed) in self.texts {
            let path = self.folder.join(name);
            if path.is_file() {
                continue;
            }
            let url = file(set, name);
            match self.hub.text(&url)? {
                Ok(text) => NewFile::write_whole(&path, text.as_bytes())?,
                // Its other files can be had, so that even a refusal means that there is none.
                Err(_) if !needed => {}
                Err(status) => {
                    let url = Box::new(url);
                    return Err(HubError::Status { url, status });
                }
            }
        }
        Ok(())
    }

    /// Fetches all tars, several at once; their number is written last.
    fn fetch_tars(&self, side: &Side) -> Result<Sum, HubError> {
        let folder = side.folder_in(self.folder);
        std::fs::create_dir_all(&folder).map_err(HubError::io(&folder))?;
        let name = self
            .folder
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        self.progress.begin(&name, side.tars);
        let (next, stopped) = (AtomicU32::new(0), AtomicBool::new(false));
        let (samples, received) = (AtomicU64::new(0), AtomicU64::new(0));
        let failed = Mutex::new(None);
        let one = |number: u32| {
            let tar = Tar {
                hub: self.hub,
                url: file(&side.set, &format!("{}/{number}.tar", side.name)),
                path: folder.join(format!("{number}.tar")),
                progress: self.progress,
                stopped: &stopped,
                received: &received,
            };
            match tar.fetch() {
                Ok(found) => {
                    samples.fetch_add(found.unwrap_or(0), Ordering::Relaxed);
                }
                Err(error) => {
                    stopped.store(true, Ordering::Relaxed);
                    let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(error);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS.min(side.tars as usize) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= side.tars || stopped.load(Ordering::Relaxed) {
                            return;
                        }
                        one(number);
                    }
                });
            }
        });
        if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        NewFile::write_whole(&folder.join(COUNT_FILE), side.tars.to_string().as_bytes())?;
        Ok(Sum {
            samples: samples.into_inner(),
            received: received.into_inner(),
            bytes: bytes_in(&folder)?,
        })
    }
}

impl Sum {
    /// Of tars that are there.
    pub(super) fn of(folder: &Path) -> Result<Self, HubError> {
        let mut samples = 0;
        for tar in tars_in(folder)? {
            samples += samples_in(&tar).map_err(|error| HubError::Io {
                path: tar.clone(),
                source: std::io::Error::other(error),
            })?;
        }
        Ok(Self {
            samples,
            bytes: bytes_in(folder)?,
            received: 0,
        })
    }
}

/// The tars in a folder.
pub(super) fn tars_in(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    let mut tars = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(HubError::io(folder))? {
        let path = entry.map_err(HubError::io(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "tar") {
            tars.push(path);
        }
    }
    tars.sort();
    Ok(tars)
}

fn bytes_in(folder: &Path) -> Result<u64, HubError> {
    let size = |tar: &PathBuf| Ok(tar.metadata().map_err(HubError::io(tar))?.len());
    tars_in(folder)?.iter().map(size).sum()
}
