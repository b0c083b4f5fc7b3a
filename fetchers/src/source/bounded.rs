//! A reader that gives up when one record of a file goes on for too long, so that no file fills the memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::ArchiveError;

/// No record of a text archive is longer, in bytes; real ones have a few thousand.
const MAX_RECORD_BYTES: usize = 16 << 20;

/// Counts the bytes since the last record began.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordStart(Rc<Cell<usize>>);

impl RecordStart {
    /// A record begins here, or a little before: readers read ahead.
    pub(super) fn mark(&self) {
        self.0.set(0);
    }
}

/// Reads until a record is too long.
pub(super) struct Bounded<R> {
    inner: R,
    since: RecordStart,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(inner: R) -> (Self, RecordStart) {
        let since = RecordStart::default();
        let reader = Self {
            inner,
            since: since.clone(),
        };
        (reader, since)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let since = self.since.0.get() + read;
        self.since.0.set(since);
        if since > MAX_RECORD_BYTES + buffer.len() {
            let message = format!("a record is longer than {MAX_RECORD_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(read)
    }
}

/// Opens a file; what is gzip by its first bytes is decompressed, all members of it.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, ArchiveError> {
    let io = |error| ArchiveError::Io {
        path: path.to_owned(),
        error,
    };
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(io)?);
    let gzip = file.fill_buf().map_err(io)?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip {
        Box::new(BufReader::with_capacity(1 << 18, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}
