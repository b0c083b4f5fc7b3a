//! JSON file: a record that appears whole, for people to read as well.

use std::path::Path;

use serde::Serialize;

use super::{ArtefactError, NewFile};

/// Writes a value, indented, with a line feed at the end.
///
/// # Errors
/// When it is no JSON, or the disk refuses.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ArtefactError> {
    let json = serde_json::to_vec_pretty(value)
        .map_err(|error| ArtefactError::io(path)(std::io::Error::other(error)))?;
    NewFile::write_whole(path, &[json.as_slice(), b"\n"].concat())
}
