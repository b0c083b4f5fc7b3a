//! Image store: the images beside a table, in a folder or in a zip archive, found by the names that the table has.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::fingerprint::Fingerprint;
use super::image_file::{self, entries, is_image};
use super::limits::{IMAGE_BYTES, check};
use super::{Answer, SourceError};
use crate::manifest::relative_path;

/// Names that are tried before a place counts as the images' or not: some images may be missing.
const TRIES: usize = 64;
/// Entries of the largest archive.
const MOST_ENTRIES: usize = 10_000_000;

/// The images beside a table.
#[derive(Debug)]
pub(super) enum ImageStore {
    /// Files below a folder.
    Folder(PathBuf),
    /// Entries of an archive.
    Zip {
        path: PathBuf,
        /// Places by whole name, and by the name without folders where only one entry has it.
        places: HashMap<String, usize>,
    },
}

impl ImageStore {
    /// Where the images called `names` are, below `folder`: in it, in a folder in it or one deeper, or in an archive in it.
    pub(super) fn find<'a>(
        folder: &Path,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Self>, SourceError> {
        let names: Vec<&str> = names.take(TRIES).collect();
        let mut places = vec![folder.to_owned()];
        let mut archives = Vec::new();
        for path in entries(folder)? {
            if path.is_dir() {
                let deeper = entries(&path)?;
                places.push(path);
                places.extend(deeper.into_iter().filter(|path| path.is_dir()));
            } else if path.extension().is_some_and(|ending| ending == "zip") {
                archives.push(path);
            }
        }
        let stores = places.into_iter().map(|place| Ok(Self::Folder(place)));
        for store in stores.chain(archives.iter().map(|path| Self::zip(path))) {
            let store = store?;
            if names.iter().any(|name| store.has(name)) {
                return Ok(Some(store));
            }
        }
        Ok(None)
    }

    fn zip(path: &Path) -> Result<Self, SourceError> {
        let archive = archive(path)?;
        if archive.len() > MOST_ENTRIES {
            let message = format!(
                "{} entries, at most {MOST_ENTRIES} are allowed",
                archive.len()
            );
            return Err(SourceError::damaged(path, message));
        }
        let mut places = HashMap::new();
        let mut short: HashMap<String, Option<usize>> = HashMap::new();
        for place in 0..archive.len() {
            let Some(Ok(name)) = archive.name_for_index(place) else {
                continue;
            };
            if is_image(Path::new(name.as_ref())) {
                let last = name.rsplit('/').next().unwrap_or(&name).to_owned();
                let unique = |there: &mut Option<usize>| *there = None;
                short.entry(last).and_modify(unique).or_insert(Some(place));
                places.insert(name.into_owned(), place);
            }
        }
        for (name, place) in short {
            if let Some(place) = place {
                places.entry(name).or_insert(place);
            }
        }
        Ok(Self::Zip {
            path: path.to_owned(),
            places,
        })
    }

    /// Whether there is an image of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Folder(folder) => {
                relative_path(name).is_ok_and(|path| is_image(path) && folder.join(path).is_file())
            }
            Self::Zip { places, .. } => places.contains_key(name),
        }
    }

    /// The images of these names; only a damaged archive is an error.
    pub(super) fn read(&self, names: &[&str]) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        match self {
            Self::Folder(folder) => {
                Ok(names.iter().map(|name| from_folder(folder, name)).collect())
            }
            Self::Zip { path, places } => {
                let mut archive = archive(path)?;
                let one = |name: &&str| match places.get(*name) {
                    Some(&place) => from_zip(&mut archive, place),
                    None => Err(format!("{}: no image `{name}` in it", path.display())),
                };
                Ok(names.iter().map(one).collect())
            }
        }
    }

    /// Adds the images to a checksum.
    pub(super) fn add_to(
        &self,
        fingerprint: &mut Fingerprint,
        names: impl Iterator<Item = String>,
    ) -> Result<(), SourceError> {
        match self {
            Self::Folder(folder) => {
                let mut there: Vec<PathBuf> = names
                    .filter(|name| self.has(name))
                    .map(|name| folder.join(name))
                    .collect();
                there.dedup();
                fingerprint.files(folder, &there)
            }
            Self::Zip { path, .. } => {
                let folder = path.parent().unwrap_or(Path::new(""));
                fingerprint.files(folder, std::slice::from_ref(path))
            }
        }
    }
}

fn archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, SourceError> {
    let file = File::open(path).map_err(SourceError::io(path))?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| SourceError::damaged(path, error))
}

fn from_folder(folder: &Path, name: &str) -> Answer<Vec<u8>> {
    let path = relative_path(name).map_err(|error| error.to_string())?;
    image_file::read(&folder.join(path))
}

fn from_zip(archive: &mut ZipArchive<BufReader<File>>, place: usize) -> Answer<Vec<u8>> {
    let entry = archive.by_index(place).map_err(|error| error.to_string())?;
    check("an image", entry.size(), IMAGE_BYTES)?;
    let mut bytes = Vec::new();
    // The size is what the archive says, not what comes out.
    entry
        .take(IMAGE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    check("an image", bytes.len() as u64, IMAGE_BYTES)?;
    Ok(bytes)
}
