//! A new file that goes past the system's cache, where the system lets it: as fast as the disk is, at little work.
//!
//! Through the cache, gigabytes of tensors push out the training data that is in it, and to make room for them costs
//! the processor more than to copy them. Past it, the disk takes whole blocks only, each aligned in memory and in the
//! file: so values are gathered into blocks, which a second thread gives to the disk meanwhile.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// What disks want addresses and lengths to be multiples of.
const ALIGNMENT: usize = 4096;
/// Bytes the disk is given at a time: enough to keep it at work.
const BLOCK: usize = 4 << 20;
/// One is filled while the disk has another, and one waits.
const BLOCKS: usize = 3;

/// A file in the making. Nothing is certain before [`finish`](Self::finish).
#[derive(Debug)]
pub(super) struct DiskFile {
    block: Block,
    full: Sender<Block>,
    empty: Receiver<Block>,
    thread: JoinHandle<io::Result<()>>,
}

/// Memory that the disk can read from.
#[derive(Debug)]
struct Block {
    memory: Vec<u8>,
    /// The first aligned byte.
    start: usize,
    filled: usize,
}

impl Block {
    fn new() -> Self {
        let memory = vec![0; BLOCK + ALIGNMENT];
        Self {
            // A vector that does not grow stays where it is.
            start: memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT),
            memory,
            filled: 0,
        }
    }

    /// Takes what fits and returns the rest.
    fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (head, rest) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
        let at = self.start + self.filled;
        self.memory[at..at + head.len()].copy_from_slice(head);
        self.filled += head.len();
        rest
    }

    fn bytes(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.filled]
    }
}

impl DiskFile {
    /// Begins a file at `path`, in place of one that is there.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let target = Target::create(path)?;
        let (full, filled) = channel();
        let (emptied, empty) = channel();
        for _ in 1..BLOCKS {
            emptied
                .send(Block::new())
                .expect("the receiver is on this side");
        }
        let thread = std::thread::Builder::new()
            .name("disk".to_owned())
            .spawn(move || target.take(&filled, &emptied))?;
        Ok(Self {
            block: Block::new(),
            full,
            empty,
            thread,
        })
    }

    /// Adds bytes. An error may be one of earlier bytes.
    pub(super) fn write(mut self, mut bytes: &[u8]) -> io::Result<Self> {
        loop {
            bytes = self.block.fill(bytes);
            if bytes.is_empty() {
                return Ok(self);
            }
            // Either end is gone only when the disk has refused something.
            let Ok(next) = self.empty.recv() else {
                return Err(self.failure());
            };
            let full = std::mem::replace(&mut self.block, next);
            if self.full.send(full).is_err() {
                return Err(self.failure());
            }
        }
    }

    /// Waits until all is on the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self {
            block,
            full,
            thread,
            ..
        } = self;
        // If nobody takes it, the thread says why.
        let _ = full.send(block);
        drop(full);
        joined(thread)
    }

    fn failure(self) -> io::Error {
        let ended = joined(self.thread);
        ended
            .err()
            .unwrap_or_else(|| io::Error::other("the file was given up"))
    }
}

fn joined(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the file was given up")))
}

/// The file on the disk's side.
struct Target {
    path: PathBuf,
    file: File,
    /// Whether it goes past the cache.
    direct: bool,
    written: u64,
}

impl Target {
    fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // Some file systems refuse it here, others at the first block.
        let (file, direct) = match direct(&options).map(|options| options.open(path)) {
            Some(Ok(file)) => (file, true),
            _ => (options.open(path)?, false),
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            direct,
            written: 0,
        })
    }

    /// Writes blocks and gives them back until no more come.
    fn take(mut self, filled: &Receiver<Block>, emptied: &Sender<Block>) -> io::Result<()> {
        for mut block in filled {
            self.write(block.bytes())?;
            block.filled = 0;
            // After the last block nobody wants it.
            let _ = emptied.send(block);
        }
        self.file.sync_all()
    }

    /// Writes what begins at an aligned address.
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let whole = bytes.len() / ALIGNMENT * ALIGNMENT;
            if self.direct && whole == 0 {
                self.leave_direct()?;
            }
            let next = if self.direct { whole } else { bytes.len() };
            match self.file.write(&bytes[..next]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count as u64;
                    bytes = &bytes[count..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::InvalidInput && self.direct => {
                    self.leave_direct()?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Goes on through the cache: with the last bytes, or all when the file system wants it so.
    fn leave_direct(&mut self) -> io::Result<()> {
        self.file = OpenOptions::new().write(true).open(&self.path)?;
        self.file.seek(SeekFrom::Start(self.written))?;
        self.direct = false;
        Ok(())
    }
}

/// Options to open a file past the cache, where there is such a thing.
#[cfg(target_os = "linux")]
fn direct(options: &OpenOptions) -> Option<OpenOptions> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = options.clone();
    options.custom_flags(libc::O_DIRECT);
    Some(options)
}

/// Options to open a file past the cache, where there is such a thing.
#[cfg(not(target_os = "linux"))]
fn direct(_: &OpenOptions) -> Option<OpenOptions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_any_length_hold_what_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let bytes: Vec<u8> = (0..3 * BLOCK as u32 + 5)
            .map(|at| (at % 251) as u8)
            .collect();
        let lengths = [
            0,
            1,
            ALIGNMENT,
            ALIGNMENT + 1,
            BLOCK,
            BLOCK + 9,
            bytes.len(),
        ];
        for length in lengths {
            for piece in [BLOCK + 7, 65_536, 1_000_003] {
                let file = DiskFile::create(&path).expect("begun");
                let mut pieces = bytes[..length].chunks(piece);
                let file = pieces.try_fold(file, DiskFile::write).expect("written");
                file.finish().expect("finished");
                let found = std::fs::read(&path).expect("a file");
                assert!(
                    found == bytes[..length],
                    "{length} bytes, {piece} at a time"
                );
            }
        }
    }

    #[test]
    fn a_file_system_that_changes_its_mind_loses_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let mut target = Target::create(&path).expect("begun");
        let block = Block::new();
        let bytes = &block.memory[block.start..block.start + 2 * ALIGNMENT];
        target.write(bytes).expect("written");
        // As after an address that is not aligned enough.
        target.direct = true;
        target.leave_direct().expect("opened");
        target.write(&[7; 10]).expect("written");
        drop(target);
        assert_eq!(
            std::fs::read(&path).expect("a file"),
            [bytes, &[7; 10]].concat()
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_early_or_late() {
        let path = Path::new("/dev/full");
        let file = DiskFile::create(path).expect("begun");
        let late = file.write(&[1; 10]).and_then(DiskFile::finish);
        let file = DiskFile::create(path).expect("begun");
        let early = file.write(&vec![1; 9 * BLOCK]).map(|_| ());
        for told in [late, early] {
            assert_eq!(
                told.map_err(|error| error.kind()),
                Err(ErrorKind::StorageFull)
            );
        }
    }
}
