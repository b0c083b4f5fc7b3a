//! Image file: a file that is one sample's image, found by its ending and read within limits.

use std::cmp::Ordering;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::limits::{IMAGE_BYTES, check};
use super::{Answer, SourceError};
use crate::shard::IMAGE_EXTENSIONS;

/// Whether the name is one of an image.
pub(super) fn is_image(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let extension = extension.to_ascii_lowercase();
    extension == "jfif" || IMAGE_EXTENSIONS.contains(&extension.as_str())
}

/// The bytes of an image file. What is wrong with it is an answer: the others may be well.
pub(super) fn read(path: &Path) -> Answer<Vec<u8>> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    check("an image", length, IMAGE_BYTES)
        .map_err(|message| format!("{}: {message}", path.display()))?;
    let mut bytes = Vec::with_capacity(length as usize);
    // A file that grows meanwhile is cut, not followed.
    file.take(IMAGE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

/// The entries of a folder in the order of their names, without hidden ones.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(SourceError::io(folder))? {
        let path = entry.map_err(SourceError::io(folder))?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        // Archives made on a Mac have its own notes in them.
        if !name.starts_with(b".") && name != b"__MACOSX" {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The order of the numbers that names end in, where what is before is the same: `9.tar` is before `10.tar`.
pub(super) fn by_number(a: &Path, b: &Path) -> Ordering {
    let parts = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let before = stem
            .trim_end_matches(|letter: char| letter.is_ascii_digit())
            .len();
        let number = stem[before..].trim_start_matches('0').to_owned();
        // Longer numbers are larger; so none is too large to compare.
        let text = stem[..before].to_owned();
        (text, number.len(), number, stem.into_owned())
    };
    parts(a).cmp(&parts(b))
}

/// A path below `folder` with `/` between its parts, as keys have it.
pub(super) fn key_below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    below
        .to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_their_size_within_one_name() {
        let mut names = [
            "b-2.tar", "a10.tar", "a9.tar", "10.tar", "9.tar", "x.tar", "010.tar",
        ]
        .map(PathBuf::from);
        names.sort_by(|a, b| by_number(a, b));
        let names = names.map(|name| name.to_string_lossy().into_owned());
        assert_eq!(
            names,
            [
                "9.tar", "010.tar", "10.tar", "a9.tar", "a10.tar", "b-2.tar", "x.tar"
            ]
        );
    }

    #[test]
    fn images_are_told_by_their_ending() {
        for name in ["a.JPEG", "b/c.png", "d.e.Tiff", "f.jfif"] {
            assert!(is_image(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "png", "a.jpg.bak"] {
            assert!(!is_image(Path::new(name)), "{name}");
        }
    }
}
