//! The folder of states: their names, their order, and which of them stay.

use std::path::{Path, PathBuf};

use crate::artefact::{ArtefactError, remove_all};

/// Where a state is before it is whole.
pub(super) const PARTIAL: &str = "state.partial";

/// A whole state, by the number of updates done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kept {
    pub(super) update: u64,
    pub(super) path: PathBuf,
}

/// The folder's name for the state after so many updates.
pub(super) fn name(update: u64) -> String {
    format!("state-{update:012}")
}

/// The states under `folder`, the oldest first.
pub(super) fn states(folder: &Path) -> Result<Vec<Kept>, ArtefactError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(ArtefactError::io(folder))? {
        let path = entry.map_err(ArtefactError::io(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let digits = name
            .and_then(|name| name.strip_prefix("state-"))
            .filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(update) = digits.and_then(|digits| digits.parse().ok()) {
            found.push(Kept { update, path });
        }
    }
    found.sort();
    Ok(found)
}

/// Gives a finished folder the name of the state after `update` updates, for good.
pub(super) fn place(partial: &Path, folder: &Path, update: u64) -> Result<PathBuf, ArtefactError> {
    let path = folder.join(name(update));
    sync(partial)?;
    // Only a damaged one can be in the way.
    remove_all(&path)?;
    std::fs::rename(partial, &path).map_err(ArtefactError::io(&path))?;
    sync(folder)?;
    // The folder of states may be as new as its first state.
    if let Some(above) = folder.parent().filter(|above| above.is_dir()) {
        sync(above)?;
    }
    Ok(path)
}

/// Removes what the state after `update` updates makes superfluous, the oldest first.
///
/// That are all but the newest `keep`, and states of more updates: training went on from an older one, because they are
/// damaged.
pub(super) fn prune(folder: &Path, update: u64, keep: usize) -> Result<(), ArtefactError> {
    let states = states(folder)?;
    let (older, newer): (Vec<_>, Vec<_>) =
        states.into_iter().partition(|state| state.update <= update);
    let superfluous = older.len().saturating_sub(keep);
    for state in older[..superfluous].iter().chain(&newer) {
        remove_all(&state.path)?;
    }
    Ok(())
}

/// Puts the names in a folder on the disk, as a file's own `sync_all` does not.
pub(super) fn sync(folder: &Path) -> Result<(), ArtefactError> {
    // Elsewhere a folder is no file that can be opened.
    if cfg!(unix) {
        let file = std::fs::File::open(folder).map_err(ArtefactError::io(folder))?;
        file.sync_all().map_err(ArtefactError::io(folder))?;
    }
    Ok(())
}
