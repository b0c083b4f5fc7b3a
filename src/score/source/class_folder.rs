//! Class folder: a folder for every class with the images of the class in it, however deep, as ImageNet has them.
//!
//! The folders are in `test/`, `validation/`, `valid/` or `val/`, or in the dataset's folder itself. The class of an image
//! is the place of its folder among the names in order, empty folders included; where all names are numbers from 0 it is
//! the number, as in ImageNet-V2. Samples are in the order of classes, then of paths.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fingerprint::Fingerprint;
use super::image_file::{entries, is_image, key_below, read};
use super::text_file::{CLASSES_FILE, TEMPLATES_FILE, lines_if_there};
use super::{Answer, Kind, Set, Side, Source, SourceError, Target, Wanted};

/// Folders within a class.
const DEPTH: usize = 16;

/// The images in the folders of classes.
#[derive(Debug)]
struct ClassFolder {
    folder: PathBuf,
    classes: Vec<usize>,
    images: Vec<PathBuf>,
}

/// Opens the folders of classes in `folder`, if there are any with images.
pub(super) fn open(folder: &Path, wanted: &Wanted) -> Result<Option<Set>, SourceError> {
    let Some(place) = place(folder, wanted.side)? else {
        return Ok(None);
    };
    let folders = folders(&place)?;
    let mut source = ClassFolder {
        folder: place.clone(),
        classes: Vec::new(),
        images: Vec::new(),
    };
    let ids = ids(&folders);
    for (place, class) in folders.iter().enumerate() {
        collect(class, DEPTH, &mut source.images)?;
        let id = ids.as_ref().map_or(place, |ids| ids[place]);
        source.classes.resize(source.images.len(), id);
    }
    if source.images.is_empty() {
        return Ok(None);
    }
    let names = beside(folder, &place, CLASSES_FILE)?;
    if let Some((path, names)) = &names {
        let needed = ids
            .as_ref()
            .map_or(folders.len(), |ids| ids.iter().max().map_or(0, |id| id + 1));
        let fits = match ids {
            Some(_) => names.len() >= needed,
            None => names.len() == needed,
        };
        if !fits {
            return Err(SourceError::Line {
                path: path.clone(),
                line: names.len() as u64,
                message: format!(
                    "is the last, but {} has {needed} classes",
                    source.folder.display()
                ),
            });
        }
    }
    let classes = names.map(|(_, names)| names).or_else(|| speaking(&folders));
    Ok(Some(Set {
        source: Box::new(source),
        kind: Kind::Classification,
        classes,
        templates: beside(folder, &place, TEMPLATES_FILE)?.map(|(_, templates)| templates),
        path: folder.to_owned(),
    }))
}

/// The folder that the folders of classes are in.
fn place(folder: &Path, side: Side) -> Result<Option<PathBuf>, SourceError> {
    // A class may be called `train`: then it has images in it, not folders.
    let is_side =
        |place: &Path| Ok::<_, SourceError>(place.is_dir() && !folders(place)?.is_empty());
    for name in side.names() {
        let place = folder.join(name);
        if is_side(&place)? {
            return Ok(Some(place));
        }
    }
    for name in Side::Train.names() {
        if is_side(&folder.join(name))? {
            return Ok(None);
        }
    }
    Ok(side.is_the_rest().then(|| folder.to_owned()))
}

/// The folders in a folder, in order: of their numbers where all are numbers, else of their names.
fn folders(place: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut folders = entries(place)?;
    folders.retain(|path| path.is_dir());
    if folders.iter().all(|folder| number(folder).is_some()) {
        folders.sort_by_key(|folder| number(folder));
    }
    Ok(folders)
}

fn number(folder: &Path) -> Option<usize> {
    let name = folder.file_name()?.to_str()?;
    let digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| name.parse().ok()).flatten()
}

/// The class ids that folders are named by: numbers from 0, each once.
fn ids(folders: &[PathBuf]) -> Option<Vec<usize>> {
    let ids: Vec<usize> = folders
        .iter()
        .map(|folder| number(folder))
        .collect::<Option<_>>()?;
    let distinct = ids.windows(2).all(|pair| pair[0] < pair[1]);
    (ids.first() == Some(&0) && distinct).then_some(ids)
}

/// The names of folders as class names, unless they are numbers or WordNet's ids, which say nothing to a model.
fn speaking(folders: &[PathBuf]) -> Option<Vec<String>> {
    let name = |folder: &PathBuf| {
        let name = folder.file_name()?.to_str()?;
        let digits = name.strip_prefix('n').unwrap_or(name);
        let speaks = !digits.bytes().all(|byte| byte.is_ascii_digit());
        speaks.then(|| name.replace('_', " "))
    };
    folders.iter().map(name).collect()
}

/// Adds the images of a folder and the folders in it.
fn collect(folder: &Path, depth: usize, images: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    for path in entries(folder)? {
        if !path.is_dir() {
            if is_image(&path) {
                images.push(path);
            }
        } else if depth > 0 && !path.is_symlink() {
            // A link to a folder may lead back here.
            collect(&path, depth - 1, images)?;
        }
    }
    Ok(())
}

/// The lines of a list, and where it is: beside the classes, or at the root.
fn beside(
    folder: &Path,
    place: &Path,
    name: &str,
) -> Result<Option<(PathBuf, Vec<String>)>, SourceError> {
    for folder in [place, folder] {
        let path = folder.join(name);
        if let Some(lines) = lines_if_there(&path)? {
            return Ok(Some((path, lines)));
        }
    }
    Ok(None)
}

impl Source for ClassFolder {
    fn path(&self) -> &Path {
        &self.folder
    }

    fn len(&self) -> usize {
        self.images.len()
    }

    fn key(&self, sample: usize) -> String {
        key_below(&self.folder, &self.images[sample])
    }

    fn images(&self, samples: Range<usize>) -> Result<Vec<Answer<Vec<u8>>>, SourceError> {
        Ok(self.images[samples].iter().map(|path| read(path)).collect())
    }

    fn targets(&self, kind: Kind) -> Result<Vec<Answer<Target>>, SourceError> {
        if kind != Kind::Classification {
            return Err(self.lacks(&format!("answers to a {} task", kind.name())));
        }
        let classes = self.classes.iter();
        Ok(classes.map(|&class| Ok(Target::Class(class))).collect())
    }

    fn fingerprint(&self) -> Result<String, SourceError> {
        let mut fingerprint = Fingerprint::default();
        fingerprint.files(&self.folder, &self.images)?;
        // Without the class, an empty folder more would not count.
        for &class in &self.classes {
            fingerprint.number(class as u64);
        }
        Ok(fingerprint.finish())
    }
}

#[cfg(test)]
mod tests;
