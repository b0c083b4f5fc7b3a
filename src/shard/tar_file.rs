//! A tar that depends on nothing but its members: they belong to nobody and have no time.

use std::io;
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use super::{Samples, ShardError};
use crate::artefact::NewFile;

/// A tar that appears when it is finished.
pub(crate) struct TarFile {
    path: PathBuf,
    builder: Builder<NewFile>,
}

impl TarFile {
    /// Begins the tar at `path`.
    pub(crate) fn create(path: &Path) -> Result<Self, ShardError> {
        Ok(Self {
            path: path.to_owned(),
            builder: Builder::new(NewFile::create(path)?),
        })
    }

    /// Adds a file.
    pub(crate) fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), ShardError> {
        let header = member_header(name, bytes.len());
        header
            .and_then(|header| self.builder.append(&header, bytes))
            .map_err(|source| ShardError::Io {
                path: self.path.clone(),
                source,
            })
    }

    /// Gives the tar its name.
    pub(crate) fn finish(self) -> Result<(), ShardError> {
        let file = self.builder.into_inner().map_err(|source| ShardError::Io {
            path: self.path,
            source,
        })?;
        Ok(file.finish()?)
    }
}

/// Writes the samples of the tar at `from` whose keys are not `unwanted` to `to`, which may be the same; answers how many they
/// are.
///
/// # Errors
/// When the tar is damaged, or the disk refuses.
pub(super) fn copy_without(
    from: &Path,
    to: &Path,
    unwanted: impl Fn(&str) -> bool,
) -> Result<u64, ShardError> {
    let mut file = TarFile::create(to)?;
    let mut samples = 0;
    for sample in Samples::open(from)? {
        let sample = sample?;
        if unwanted(&sample.key) {
            continue;
        }
        for (extension, bytes) in &sample.members {
            file.append(&format!("{}.{extension}", sample.key), bytes)?;
        }
        samples += 1;
    }
    file.finish()?;
    Ok(samples)
}

/// The header of a member that belongs to nobody and has no time.
pub(super) fn member_header(name: &str, bytes: usize) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(name)?;
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(bytes as u64);
    header.set_cksum();
    Ok(header)
}
