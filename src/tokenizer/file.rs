//! A tokenizer's file: read with a limit, unpacked, and told by its content.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;

use super::TokenizerError;

/// Bytes of a file, packed and unpacked. Vocabularies of a quarter of a million tokens take a third of it.
const LARGEST: u64 = 64 << 20;
/// What a gzip file starts with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a file is.
pub(super) enum Content {
    /// A JSON object.
    Json(Vec<u8>),
    /// Lines of text.
    Lines(String),
}

/// Reads a file, gzip or plain.
pub(super) fn read(path: &Path) -> Result<Content, TokenizerError> {
    let io_error = |source| TokenizerError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = limited(File::open(path).map_err(io_error)?, path)?;
    if bytes.starts_with(&GZIP) {
        bytes = limited(MultiGzDecoder::new(bytes.as_slice()), path)?;
    }
    let text = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let neither = || TokenizerError::Unknown {
        path: path.to_owned(),
    };
    match text {
        None => Err(TokenizerError::Empty {
            path: path.to_owned(),
        }),
        Some(b'{') => Ok(Content::Json(bytes)),
        Some(_) => String::from_utf8(bytes)
            .map(Content::Lines)
            .map_err(|_| neither()),
    }
}

/// Reads a JSON file beside the tokenizer's; none where there is none.
pub(super) fn read_beside<T: DeserializeOwned>(
    tokenizer: &Path,
    name: &str,
) -> Result<Option<T>, TokenizerError> {
    let path = tokenizer.with_file_name(name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(TokenizerError::Read { path, source }),
    };
    serde_json::from_slice(&limited(file, &path)?)
        .map(Some)
        .map_err(|source| TokenizerError::Beside { path, source })
}

/// All bytes, and never more than the limit in memory.
fn limited(source: impl Read, path: &Path) -> Result<Vec<u8>, TokenizerError> {
    let mut bytes = Vec::new();
    let read = source.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|source| TokenizerError::Read {
        path: path.to_owned(),
        source,
    })?;
    if bytes.len() as u64 > LARGEST {
        return Err(TokenizerError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(bytes)
}
