//! Artefact: what one command writes into one folder, whole or not at all, with its origin beside it.

mod folder_lock;
mod json_file;
mod new_file;
mod origin;
mod place;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(crate) use folder_lock::FolderLock;
pub use json_file::write_json;
pub use new_file::{NewFile, NewFolder};
pub use origin::{ORIGIN_FILE, Origin, sha256_of_file};
pub(crate) use origin::{hex, sha256_of};
pub use place::place;

/// The origin of an artefact that is not finished.
pub(crate) const UNFINISHED_FILE: &str = ".unfinished.toml";

/// Why an artefact could not be begun or put in place.
#[derive(Debug, Error)]
pub enum ArtefactError {
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something that is no folder has the name of one.
    #[error("{}: there already, and no folder; name another one", path.display())]
    NotFolder {
        /// What is there.
        path: PathBuf,
    },
    /// An origin file cannot be understood.
    #[error("{}: {message}", path.display())]
    Origin {
        /// The origin file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The folder holds an artefact of other inputs or parameters.
    #[error("{} was made otherwise ({}); use --overwrite to make it anew", folder.display(), differences.join(", "))]
    Different {
        /// The folder.
        folder: PathBuf,
        /// What differs.
        differences: Vec<String>,
    },
    /// Another process is writing there.
    #[error("another ticclip is writing to {}; wait for it, or name another folder", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds files of these names that no command of ours has made.
    #[error("{} has a `{entry}` but no {ORIGIN_FILE} beside it: not ours to replace; name another folder", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The first such name.
        entry: String,
    },
}

impl ArtefactError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Makes a folder, and those above it, where there is none.
///
/// # Errors
/// When something else has its name, or the disk refuses.
pub(crate) fn make_folder(folder: &Path) -> Result<(), ArtefactError> {
    std::fs::create_dir_all(folder).map_err(|error| {
        // What is in the way may be above; a link to nowhere is no folder either.
        let in_the_way = folder
            .ancestors()
            .find(|path| path.symlink_metadata().is_ok())
            .filter(|path| !path.is_dir());
        match in_the_way {
            Some(path) => ArtefactError::NotFolder {
                path: path.to_owned(),
            },
            None => ArtefactError::io(folder)(error),
        }
    })
}

/// What a command finds in the folder it shall write to.
#[derive(Debug)]
pub enum Opened {
    /// The same command has finished there: nothing to do.
    Finished,
    /// There is work to do; what an interrupted run has finished is still there.
    Open(Artefact),
}

/// A folder whose contents are being made.
#[derive(Debug)]
pub struct Artefact {
    folder: PathBuf,
    origin: Origin,
    _lock: FolderLock,
}

impl Artefact {
    /// What was made, or begun, in `folder`.
    ///
    /// # Errors
    /// When an origin file cannot be read.
    pub(crate) fn before(folder: &Path) -> Result<Option<Origin>, ArtefactError> {
        let begun = Origin::read(&folder.join(UNFINISHED_FILE))?;
        Ok(match begun {
            Some(begun) => Some(begun),
            None => Origin::read(&folder.join(ORIGIN_FILE))?,
        })
    }

    /// Looks into `folder` and begins, continues or declines the work described by `origin`.
    ///
    /// `entries` are the names the command makes in the folder. Only those are removed when `overwrite` is set,
    /// and only where an origin says that they are ours.
    ///
    /// # Errors
    /// When the folder holds an artefact of another origin, or files that are not ours, another process writes there, or
    /// the disk refuses.
    pub fn open(
        folder: &Path,
        entries: &[&str],
        origin: Origin,
        overwrite: bool,
    ) -> Result<Opened, ArtefactError> {
        make_folder(folder)?;
        let lock = FolderLock::take(folder)?;
        let finished = Origin::read(&folder.join(ORIGIN_FILE))?;
        let unfinished = Origin::read(&folder.join(UNFINISHED_FILE))?;
        match (finished, unfinished) {
            (None, None) => refuse_foreign(folder, entries)?,
            _ if overwrite => remove(folder, entries)?,
            (_, Some(before)) => refuse_different(folder, &before, &origin)?,
            (Some(before), None) => {
                refuse_different(folder, &before, &origin)?;
                return Ok(Opened::Finished);
            }
        }
        origin.write(&folder.join(UNFINISHED_FILE))?;
        Ok(Opened::Open(Self {
            folder: folder.to_owned(),
            origin,
            _lock: lock,
        }))
    }

    /// The folder to write to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes back that something is being made here, if a failed run has left none of `entries`: the next call may be
    /// another one. What is there stays for the same call to go on with.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn abandon(self, entries: &[&str]) -> Result<(), ArtefactError> {
        let there = |entry: &&str| self.folder.join(entry).symlink_metadata().is_ok();
        if entries.iter().any(there) {
            return Ok(());
        }
        let unfinished = self.folder.join(UNFINISHED_FILE);
        std::fs::remove_file(&unfinished).map_err(ArtefactError::io(&unfinished))
    }

    /// Says that everything is there: the origin gets its final name.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<(), ArtefactError> {
        self.origin.write(&self.folder.join(ORIGIN_FILE))?;
        let unfinished = self.folder.join(UNFINISHED_FILE);
        std::fs::remove_file(&unfinished).map_err(ArtefactError::io(&unfinished))
    }
}

fn refuse_different(folder: &Path, before: &Origin, origin: &Origin) -> Result<(), ArtefactError> {
    let differences = before.differences(origin);
    if differences.is_empty() {
        return Ok(());
    }
    Err(ArtefactError::Different {
        folder: folder.to_owned(),
        differences,
    })
}

fn refuse_foreign(folder: &Path, entries: &[&str]) -> Result<(), ArtefactError> {
    match entries
        .iter()
        .find(|entry| folder.join(entry).symlink_metadata().is_ok())
    {
        Some(&entry) => Err(ArtefactError::Foreign {
            folder: folder.to_owned(),
            entry: entry.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Removes what an earlier run has made. The origin goes last, so that an interruption leaves the rest ours.
fn remove(folder: &Path, entries: &[&str]) -> Result<(), ArtefactError> {
    for entry in entries.iter().chain(&[UNFINISHED_FILE, ORIGIN_FILE]) {
        remove_all(&folder.join(entry))?;
    }
    Ok(())
}

/// Removes a file or a folder with all in it; a link itself, never what it points to.
pub(crate) fn remove_all(path: &Path) -> Result<(), ArtefactError> {
    let gone = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    gone.map_err(ArtefactError::io(path))
}

/// The way from one absolute folder to another.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    if shared == 0 {
        return to.to_owned();
    }
    let up = from.components().skip(shared).map(|_| "..".as_ref());
    let down = to.components().skip(shared).map(|part| part.as_os_str());
    let path: PathBuf = up.chain(down).collect();
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: [&str; 2] = ["train", "sizes.json"];

    fn origin(seed: u64) -> Origin {
        Origin::new(["ticclip", "split"]).with_seed(seed)
    }

    fn begin(folder: &Path, seed: u64, overwrite: bool) -> Result<Opened, ArtefactError> {
        Artefact::open(folder, &ENTRIES, origin(seed), overwrite)
    }

    fn open(folder: &Path, seed: u64, overwrite: bool) -> Artefact {
        match begin(folder, seed, overwrite).expect("no conflict") {
            Opened::Open(artefact) => artefact,
            Opened::Finished => panic!("finished already"),
        }
    }

    #[test]
    fn the_same_origin_has_nothing_to_do_and_another_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        open(dir.path(), 0, false).finish().expect("finished");
        assert!(matches!(begin(dir.path(), 0, false), Ok(Opened::Finished)));
        let error = begin(dir.path(), 1, false)
            .expect_err("another seed")
            .to_string();
        assert!(
            error.contains("seed = 0, now 1") && error.contains("--overwrite"),
            "{error}"
        );
        std::fs::create_dir(dir.path().join("train")).expect("made");
        std::fs::write(dir.path().join("notes.txt"), "mine").expect("written");
        open(dir.path(), 1, true);
        assert!(!dir.path().join("train").exists());
        assert!(
            dir.path().join("notes.txt").exists(),
            "only our entries are removed"
        );
    }

    #[test]
    fn an_interrupted_run_continues_only_with_the_same_origin() {
        let dir = tempfile::tempdir().expect("a folder");
        let interrupted = open(dir.path(), 0, false);
        std::fs::write(interrupted.folder().join("sizes.json"), "{}").expect("written");
        assert!(matches!(
            begin(dir.path(), 0, true),
            Err(ArtefactError::Busy { .. })
        ));
        drop(interrupted);
        assert!(matches!(
            begin(dir.path(), 1, false),
            Err(ArtefactError::Different { .. })
        ));
        open(dir.path(), 0, false);
        assert!(dir.path().join("sizes.json").exists());
        open(dir.path(), 1, true);
        assert!(!dir.path().join("sizes.json").exists());
    }

    #[test]
    fn a_failed_run_that_made_nothing_leaves_the_folder_to_another() {
        let dir = tempfile::tempdir().expect("a folder");
        open(dir.path(), 0, false)
            .abandon(&ENTRIES)
            .expect("nothing was made");
        assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 0);
        let failed = open(dir.path(), 1, false);
        std::fs::write(failed.folder().join("sizes.json"), "{}").expect("written");
        failed.abandon(&ENTRIES).expect("something was made");
        assert!(matches!(
            begin(dir.path(), 2, false),
            Err(ArtefactError::Different { .. })
        ));
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("table.csv");
        std::fs::write(&file, "a").expect("written");
        for folder in [file.clone(), file.join("below")] {
            let error = begin(&folder, 0, true).expect_err("a file");
            assert!(
                matches!(&error, ArtefactError::NotFolder { path } if *path == file),
                "{error}"
            );
        }
    }

    #[test]
    fn a_folder_that_is_not_ours_is_never_cleared() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("train")).expect("made");
        let error = begin(dir.path(), 0, true)
            .expect_err("not ours")
            .to_string();
        assert!(
            error.contains("`train`") && dir.path().join("train").exists(),
            "{error}"
        );
    }
}
