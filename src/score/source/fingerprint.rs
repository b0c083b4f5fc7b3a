//! Fingerprint: a checksum of a set that is cheap even where the set is large.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use super::SourceError;
use crate::artefact::hex;

/// The length of what is read at one place.
const SAMPLE_BYTES: u64 = 4 << 10;
/// Places in a file of any size that is larger than these.
const FEWEST: u64 = 4;
/// Places in the largest files.
const MOST: u64 = 1024;
/// In between, one place in so many bytes.
const BYTES_A_PLACE: u64 = 1 << 20;

/// Adds up what a set holds.
#[derive(Debug, Default)]
pub(super) struct Fingerprint {
    hash: Sha256,
}

impl Fingerprint {
    pub(super) fn number(&mut self, number: u64) {
        self.hash.update(number.to_le_bytes());
    }

    /// Adds a text so that two texts are not the same as one.
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.hash.update(text.as_bytes());
    }

    /// Adds files by name, size and samples of their bytes.
    pub(super) fn files(&mut self, folder: &Path, files: &[PathBuf]) -> Result<(), SourceError> {
        let digests = files
            .par_iter()
            .map(|file| digest(file).map_err(SourceError::io(file)));
        let digests: Vec<[u8; 32]> = digests.collect::<Result<_, _>>()?;
        for (file, digest) in files.iter().zip(digests) {
            let name = file.strip_prefix(folder).unwrap_or(file);
            self.text(&name.to_string_lossy());
            self.hash.update(digest);
        }
        Ok(())
    }

    /// 64 hex digits.
    pub(super) fn finish(self) -> String {
        hex(&self.hash.finalize())
    }
}

/// SHA-256 of a file's length and of bytes spread evenly over it, all if it is small.
fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut hash = Sha256::new();
    hash.update(length.to_le_bytes());
    let places = (length / BYTES_A_PLACE).clamp(FEWEST, MOST);
    if length <= places * SAMPLE_BYTES {
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(places * SAMPLE_BYTES).read_to_end(&mut bytes)?;
        hash.update(&bytes);
        return Ok(hash.finalize().into());
    }
    let mut sample = [0; SAMPLE_BYTES as usize];
    for place in 0..places {
        let last = u128::from(length - SAMPLE_BYTES);
        let at = (last * u128::from(place) / u128::from(places - 1)) as u64;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut sample)?;
        hash.update(sample);
    }
    Ok(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(folder: &Path) -> String {
        let mut fingerprint = Fingerprint::default();
        let files = [folder.join("small"), folder.join("large")];
        fingerprint.files(folder, &files).expect("two files");
        fingerprint.finish()
    }

    #[test]
    fn a_replaced_file_and_another_name_change_it_and_another_place_does_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).expect("written");
        };
        write("small", b"a");
        write("large", &[1; 100_000]);
        let before = of(dir.path());
        let moved = tempfile::tempdir().expect("a folder");
        for name in ["small", "large"] {
            std::fs::copy(dir.path().join(name), moved.path().join(name)).expect("copied");
        }
        assert_eq!(of(moved.path()), before);
        write("small", b"b");
        assert_ne!(of(dir.path()), before);
        write("small", b"a");
        assert_eq!(of(dir.path()), before);
        write("large", &[2; 100_000]);
        assert_ne!(of(dir.path()), before);
    }
}
