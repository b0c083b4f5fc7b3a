//! Image root: the one folder that images are read from, and what makes a file there an image we pass on.

use std::fs::File;
use std::io::ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use thiserror::Error;

use crate::manifest::{is_url, relative_path};

/// A picture of the web is far smaller; a larger file is something else.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// Where PIL warns of a decompression bomb.
const MAX_PIXELS: u64 = 89_478_485;
/// What a decoder may take for an image of that size, at 4 bytes a pixel and as much again to work in.
const MAX_DECODE_BYTES: u64 = 8 * MAX_PIXELS;

/// The bytes of an image file that has been decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedImage {
    /// The file, byte for byte.
    pub bytes: Vec<u8>,
    /// `jpg`, `png` or `webp`, by its contents.
    pub extension: &'static str,
}

/// Why one image is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRefusal {
    /// One of a few words, by which rejections are counted.
    pub reason: &'static str,
    /// What exactly is wrong.
    pub detail: String,
}

/// Why an image was not read.
#[derive(Debug, Error)]
pub enum ImageError {
    /// It is no image we pass on; the others can be read.
    #[error("{}: {}", .0.reason, .0.detail)]
    Refused(ImageRefusal),
    /// The disk failed: going on would leave out good images.
    #[error("{}: {source}", path.display())]
    Io {
        /// The image.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn refused<T>(reason: &'static str, detail: impl ToString) -> Result<T, ImageError> {
    Err(ImageError::Refused(ImageRefusal {
        reason,
        detail: detail.to_string(),
    }))
}

/// The folder that images are read from.
#[derive(Debug, Clone)]
pub struct ImageRoot {
    folder: PathBuf,
}

impl ImageRoot {
    /// The image root at `folder`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        if folder.is_dir() {
            Ok(Self { folder })
        } else {
            Err(NotADirectory.into())
        }
    }

    /// Reads and decodes the image at `path` below the root.
    ///
    /// # Errors
    /// When it leads out of the root, is no whole JPEG, PNG or WebP image of bounded size, or the disk fails.
    pub fn read(&self, path: &str) -> Result<CheckedImage, ImageError> {
        let bytes = self.read_bytes(path)?;
        let extension = check(&bytes)?;
        Ok(CheckedImage { bytes, extension })
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, ImageError> {
        if is_url(path) {
            return refused("not-downloaded", "the image is a url");
        }
        let Ok(relative) = relative_path(path) else {
            return refused("bad-image-path", "not a path below the image root");
        };
        let io = |source: io::Error| absent_or_io(&self.folder.join(relative), source);
        let joined = self.folder.join(relative);
        let file = match joined.canonicalize() {
            Ok(file) => file,
            // A loop of links has no error kind of its own in stable Rust.
            Err(error) if error.kind() != NotFound && joined.ancestors().any(Path::is_symlink) => {
                return refused("image-missing", format!("a link leads nowhere: {error}"));
            }
            Err(error) => return Err(io(error)),
        };
        if !file.starts_with(&self.folder) {
            return refused("image-outside-root", "a link leads out of the image root");
        }
        let found = file.metadata().map_err(io)?;
        // A pipe would block, a device never end.
        if !found.is_file() {
            return refused("unreadable-image", "not a file");
        }
        if found.len() > MAX_FILE_BYTES {
            return refused(
                "image-too-large",
                format!("{} bytes, at most {MAX_FILE_BYTES}", found.len()),
            );
        }
        let mut bytes = Vec::with_capacity(found.len() as usize);
        File::open(&file)
            .and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
            .map_err(io)?;
        Ok(bytes)
    }
}

/// What says something about this one file refuses it; anything else is trouble with the disk.
fn absent_or_io(path: &Path, source: io::Error) -> ImageError {
    match source.kind() {
        NotFound | NotADirectory | InvalidFilename => ImageError::Refused(ImageRefusal {
            reason: "image-missing",
            detail: "no such file".to_owned(),
        }),
        PermissionDenied => ImageError::Refused(ImageRefusal {
            reason: "unreadable-image",
            detail: "permission denied".to_owned(),
        }),
        _ => ImageError::Io {
            path: path.to_owned(),
            source,
        },
    }
}

/// Decodes an image to see that all of it is there; answers its extension.
fn check(bytes: &[u8]) -> Result<&'static str, ImageError> {
    let extension = match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => "jpg",
        Ok(ImageFormat::Png) => "png",
        Ok(ImageFormat::WebP) => "webp",
        Ok(other) => {
            return refused(
                "unsupported-image",
                format!("{other:?}; allowed are JPEG, PNG and WebP"),
            );
        }
        Err(_) => {
            return refused(
                "unsupported-image",
                "not an image; allowed are JPEG, PNG and WebP",
            );
        }
    };
    // The decoder fills up what is missing of a JPEG with grey and says nothing.
    if extension == "jpg" && !jpeg_ends(bytes) {
        return refused("unreadable-image", "cut off: the JPEG has no end");
    }
    match decode(bytes) {
        Ok(()) => Ok(extension),
        Err(error) => refused("unreadable-image", error),
    }
}

fn decode(bytes: &[u8]) -> Result<(), image::ImageError> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    reader.limits(limits);
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        let message = format!("{width} by {height} pixels, at most {MAX_PIXELS} in all");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message).into());
    }
    DynamicImage::from_decoder(decoder).map(drop)
}

/// Whether a JPEG has its end marker. What follows the end, such as the film of a moving photo, does not matter.
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == 0xff) {
        at += next;
        match bytes.get(at + 1) {
            None => return false,
            Some(0xd9) => return true,
            // A filling byte before a marker.
            Some(0xff) => at += 1,
            // A byte of the picture, a restart, or the start: no segment follows.
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            // A segment is skipped, as a thumbnail in it has an end of its own.
            Some(_) => match bytes.get(at + 2..at + 4) {
                Some(length) => at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => return false,
            },
        }
        at = at.min(bytes.len());
    }
    false
}

#[cfg(test)]
mod tests;
