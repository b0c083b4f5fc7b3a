//! Member: one file inside a tar, found without trusting what the tar says about itself.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tar::{EntryType, Header};
use thiserror::Error;

const BLOCK: u64 = 512;
/// Larger than any image that is written to a shard; a larger size is an error in the tar.
const MAX_MEMBER_BYTES: u64 = 256 << 20;
/// A long name, or the attributes of one file.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

/// Why a shard cannot be read.
#[derive(Debug, Error)]
pub enum ShardReadError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The tar.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no tar, or is cut off.
    #[error("{}: at byte {offset}: {message}", path.display())]
    Damaged {
        /// The tar.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong there.
        message: String,
    },
}

/// A file inside a tar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Where its bytes begin.
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The files inside a tar, in order. Reads only headers unless asked for more.
#[derive(Debug)]
pub(super) struct Members {
    path: PathBuf,
    file: BufReader<File>,
    length: u64,
    /// Where the next header is.
    next: u64,
}

impl Members {
    pub(super) fn open(path: &Path) -> Result<Self, ShardReadError> {
        let io = |source| ShardReadError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        Ok(Self {
            path: path.to_owned(),
            file: BufReader::with_capacity(1 << 16, file),
            length,
            next: 0,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The next file; `None` after the last.
    pub(super) fn next_member(&mut self) -> Result<Option<Member>, ShardReadError> {
        let mut long_name = None;
        let mut long_size = None;
        loop {
            let at = self.next;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let stated = header
                .entry_size()
                .map_err(|error| self.damaged(at, error.to_string()))?;
            let kind = header.entry_type();
            let is_file = matches!(kind, EntryType::Regular | EntryType::Continuous);
            let size = long_size.filter(|_| is_file).unwrap_or(stated);
            let offset = self.reserve(at, size)?;
            match kind {
                EntryType::GNULongName => long_name = Some(self.long_name(offset, size)?),
                EntryType::XHeader => (long_name, long_size) = self.attributes(offset, size)?,
                EntryType::GNUSparse => {
                    return Err(self.damaged(at, "a sparse file, which no WebDataset has"));
                }
                _ if is_file => {
                    let name = long_name
                        .take()
                        .unwrap_or_else(|| header.path_bytes().into_owned());
                    let name = String::from_utf8(name)
                        .map_err(|_| self.damaged(at, "a name that is not UTF-8"))?;
                    if size > MAX_MEMBER_BYTES {
                        let message = format!(
                            "`{name}` has {size} bytes, at most {MAX_MEMBER_BYTES} are allowed"
                        );
                        return Err(self.damaged(at, message));
                    }
                    return Ok(Some(Member { name, offset, size }));
                }
                // Folders, links and notes about the whole archive.
                _ => (long_name, long_size) = (None, None),
            }
        }
    }

    /// The bytes of a member of this tar.
    pub(super) fn read(&mut self, member: &Member) -> Result<Vec<u8>, ShardReadError> {
        self.bytes(member.offset, member.size)
    }

    /// The header at `next`, which moves behind it; `None` at the mark that ends an archive.
    fn header(&mut self) -> Result<Option<Header>, ShardReadError> {
        let at = self.next;
        if at + BLOCK > self.length {
            return Err(self.damaged(at, "ends without the mark that ends a tar: it is cut off"));
        }
        let block = self.bytes(at, BLOCK)?;
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        // The checksum field counts as spaces.
        let sum = block.iter().enumerate().map(|(i, &byte)| {
            if (148..156).contains(&i) {
                32
            } else {
                u32::from(byte)
            }
        });
        if header.cksum().ok() != Some(sum.sum()) {
            return Err(self.damaged(at, "not a tar header"));
        }
        Ok(Some(header))
    }

    /// Checks that `size` bytes follow the header at `at`; answers where, and moves `next` behind them.
    fn reserve(&mut self, at: u64, size: u64) -> Result<u64, ShardReadError> {
        let offset = at + BLOCK;
        let end = offset.checked_add(size).filter(|&end| end <= self.length);
        let Some(end) = end else {
            let message = format!(
                "a member of {size} bytes, but only {} follow: it is cut off",
                self.length - offset
            );
            return Err(self.damaged(at, message));
        };
        self.next = end.next_multiple_of(BLOCK);
        Ok(offset)
    }

    fn long_name(&mut self, offset: u64, size: u64) -> Result<Vec<u8>, ShardReadError> {
        let mut name = self.extension(offset, size)?;
        while name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    /// Name and size from PAX attributes: lines of `LENGTH KEY=VALUE`.
    fn attributes(
        &mut self,
        offset: u64,
        size: u64,
    ) -> Result<(Option<Vec<u8>>, Option<u64>), ShardReadError> {
        let bytes = self.extension(offset, size)?;
        let (mut name, mut length) = (None, None);
        for attribute in tar::PaxExtensions::new(&bytes) {
            let attribute = attribute.map_err(|error| self.damaged(offset, error.to_string()))?;
            match attribute.key_bytes() {
                b"path" => name = Some(attribute.value_bytes().to_vec()),
                b"size" => length = attribute.value().ok().and_then(|value| value.parse().ok()),
                _ => {}
            }
        }
        Ok((name, length))
    }

    fn extension(&mut self, offset: u64, size: u64) -> Result<Vec<u8>, ShardReadError> {
        if size > MAX_EXTENSION_BYTES {
            return Err(self.damaged(offset, format!("a name or attributes of {size} bytes")));
        }
        self.bytes(offset, size)
    }

    /// `size` bytes at `offset`; the caller has checked that they are there.
    fn bytes(&mut self, offset: u64, size: u64) -> Result<Vec<u8>, ShardReadError> {
        let mut bytes = vec![0; size as usize];
        let read = move_to(&mut self.file, offset).and_then(|()| self.file.read_exact(&mut bytes));
        read.map_err(|source| ShardReadError::Io {
            path: self.path.clone(),
            source,
        })?;
        Ok(bytes)
    }

    fn damaged(&self, offset: u64, message: impl Into<String>) -> ShardReadError {
        ShardReadError::Damaged {
            path: self.path.clone(),
            offset,
            message: message.into(),
        }
    }
}

/// Goes to `offset`, keeping what is buffered where it can be used.
fn move_to(file: &mut BufReader<File>, offset: u64) -> io::Result<()> {
    let by = i128::from(offset) - i128::from(file.stream_position()?);
    match i64::try_from(by) {
        Ok(by) => file.seek_relative(by),
        Err(_) => file.seek(SeekFrom::Start(offset)).map(drop),
    }
}

#[cfg(test)]
mod tests;
