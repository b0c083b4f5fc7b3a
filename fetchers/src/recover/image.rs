//! The head of an image file: as much of it as a source looks at.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::source::exif::MAX_IMAGE_BYTES;

/// The image file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("read {}: {error}", path.display())]
pub(super) struct Unreadable {
    path: PathBuf,
    error: io::Error,
}

pub(super) fn read_head(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_IMAGE_BYTES as u64).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| Unreadable {
        path: path.to_owned(),
        error,
    })
}
