//! Shards near the processor: those in a local folder where they are, those in an object store copied once.

use std::path::{Component, Path, PathBuf};

use super::bars::Bars;
use super::failure::Failure;
use crate::artefact::{NewFile, ORIGIN_FILE, sha256_of};
use crate::store::Store;

/// The origin of what is being copied; that of what is copied whole is called as everywhere.
const BEGUN: &str = "origin.begun.toml";

/// The local folder of the shards at `data`. Those of an object store are copied into `work`, or into a folder of the
/// system's for temporary files; what a call before has copied stays, unless the store has other shards by now.
pub(super) fn nearby(data: &Path, work: Option<&Path>, bars: &Bars) -> Result<PathBuf, Failure> {
    let Some(url) = Store::url_of(data) else {
        if let Some(work) = work {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "--work {} is for --data in an object store, and {} is a local folder",
                work.display(),
                data.display()
            )));
        }
        return Ok(data.to_owned());
    };
    let store = Store::open(&url)?;
    let name = format!("ticclip-{}", &sha256_of(url.as_str())[..16]);
    let folder = work.map_or_else(|| std::env::temp_dir().join(name), Path::to_owned);
    let failed = |error: std::io::Error| {
        Failure::failed(anyhow::anyhow!(
            "cannot copy shards to {}: {error}",
            folder.display()
        ))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let there = folder.join("origin.there.toml");
    if !store.get(ORIGIN_FILE, &there)? {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{url} has no {ORIGIN_FILE}: there are no finished shards in it"
        )));
    }
    let origin = std::fs::read(&there).map_err(failed)?;
    std::fs::remove_file(&there).map_err(failed)?;
    let is = |name: &str| std::fs::read(folder.join(name)).is_ok_and(|bytes| bytes == origin);
    if is(ORIGIN_FILE) {
        return Ok(folder);
    }
    if !is(BEGUN) {
        clear(&folder, &url)?;
        std::fs::create_dir_all(&folder).map_err(failed)?;
        NewFile::write_whole(&folder.join(BEGUN), &origin)?;
    }
    let names = store.names()?;
    let bar = bars.bar("copy", names.len() as u64, "files");
    for name in names.iter().filter(|name| *name != ORIGIN_FILE) {
        let path = Path::new(name);
        if !path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Failure::wrong_input(anyhow::anyhow!(
                "{url} has a file {name:?}, which leads out of its folder"
            )));
        }
        let into = folder.join(path);
        if !into.exists() {
            std::fs::create_dir_all(into.parent().unwrap_or(&folder)).map_err(failed)?;
            store.get(name, &into)?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    NewFile::write_whole(&folder.join(ORIGIN_FILE), &origin)?;
    std::fs::remove_file(folder.join(BEGUN)).map_err(failed)?;
    Ok(folder)
}

/// Empties a folder of earlier copies; what somebody else has put there is not touched.
fn clear(folder: &Path, url: &url::Url) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(anyhow::anyhow!(
            "cannot empty {}: {error}",
            folder.display()
        ))
    };
    let empty = std::fs::read_dir(folder).map_err(failed)?.next().is_none();
    let ours = [ORIGIN_FILE, BEGUN]
        .iter()
        .any(|name| folder.join(name).is_file());
    if !empty && !ours {
        return Err(Failure::wrong_input(anyhow::anyhow!(
            "{} holds something else than a copy of {url}; give another folder with --work",
            folder.display()
        )));
    }
    std::fs::remove_dir_all(folder).map_err(failed)
}
