//! A journal: records appended to one file, of which a kill at any moment loses at most the one being written.
//!
//! A record is its length and a checksum, four bytes each, and its bytes. Opening a journal reads it through and cuts off
//! what an interruption left at its end. Records reach the system when they are appended, so they survive the end of the
//! process; they are not forced onto the disk one by one, as what a power cut loses is only asked again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Length and checksum.
const HEAD_BYTES: u64 = 8;
/// No record is longer: a larger length is damage.
const MAX_RECORD_BYTES: u32 = 1 << 30;

/// A journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct JournalError {
    path: PathBuf,
    error: io::Error,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
}

/// Where a record's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    offset: u64,
    length: u32,
}

impl Journal {
    /// Opens the journal at `path`, or begins it, and shows every whole record to `replay`, in order.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn open(path: &Path, mut replay: impl FnMut(Place, &[u8])) -> Result<Self, JournalError> {
        let failed = failed(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(&failed)?;
        let length = file.metadata().map_err(&failed)?.len();
        let mut reader = BufReader::with_capacity(1 << 18, &file);
        let (mut end, mut record) = (0, Vec::new());
        while read_record(&mut reader, length - end, &mut record).map_err(&failed)? {
            let place = Place {
                offset: end + HEAD_BYTES,
                // Not longer than the largest record, which was checked.
                length: record.len() as u32,
            };
            replay(place, &record);
            end = place.offset + record.len() as u64;
        }
        drop(reader);
        let mut journal = Self {
            path: path.to_owned(),
            file,
            end,
        };
        journal.cut().map_err(&failed)?;
        Ok(journal)
    }

    /// Adds a record.
    ///
    /// # Errors
    /// The disk refuses. What was written of the record is taken back, so that the journal can be appended to.
    pub fn append(&mut self, record: &[u8]) -> Result<Place, JournalError> {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        if length > MAX_RECORD_BYTES {
            let error = io::Error::other("the record is longer than a journal takes");
            return Err(failed(&self.path)(error));
        }
        let mut bytes = Vec::with_capacity(HEAD_BYTES as usize + record.len());
        bytes.extend(length.to_le_bytes());
        bytes.extend(crc32fast::hash(record).to_le_bytes());
        bytes.extend(record);
        if let Err(error) = self.file.write_all(&bytes) {
            // What stays behind is found broken when the journal is opened.
            let _ = self.cut();
            return Err(failed(&self.path)(error));
        }
        let offset = self.end + HEAD_BYTES;
        self.end = offset + u64::from(length);
        Ok(Place { offset, length })
    }

    /// Reads a record again.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn read(&mut self, place: Place) -> Result<Vec<u8>, JournalError> {
        let mut record = vec![0; place.length as usize];
        let read = self
            .file
            .seek(SeekFrom::Start(place.offset))
            .and_then(|_| self.file.read_exact(&mut record))
            .and_then(|()| self.file.seek(SeekFrom::Start(self.end)));
        read.map(|_| record).map_err(failed(&self.path))
    }

    /// Ends the file after the last whole record, and stands there.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end)).map(drop)
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> JournalError {
    let path = path.to_owned();
    move |error| JournalError {
        path: path.clone(),
        error,
    }
}

/// Reads the next record; false at the end and at the first that is not whole. `left` bytes are left in the file.
fn read_record(file: &mut impl Read, left: u64, record: &mut Vec<u8>) -> io::Result<bool> {
    if left < HEAD_BYTES {
        return Ok(false);
    }
    let (mut length, mut checksum) = ([0; 4], [0; 4]);
    file.read_exact(&mut length)?;
    file.read_exact(&mut checksum)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_RECORD_BYTES || left - HEAD_BYTES < u64::from(length) {
        return Ok(false);
    }
    record.resize(length as usize, 0);
    file.read_exact(record)?;
    Ok(crc32fast::hash(record) == u32::from_le_bytes(checksum))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "the tests' own files can be read")]
    use super::*;
    use proptest::prelude::*;

    fn records(path: &Path) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        Journal::open(path, |_, record| records.push(record.to_vec())).unwrap();
        records
    }

    proptest! {
        #[test]
        fn whatever_is_cut_off_or_broken_the_records_before_it_stay(
            written in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..8),
            cut in 0_u64..400,
            broken in any::<Option<proptest::sample::Index>>(),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("journal");
            let mut ends = Vec::new();
            let mut journal = Journal::open(&path, |_, _| {}).unwrap();
            for record in &written {
                let place = journal.append(record).unwrap();
                prop_assert_eq!(&journal.read(place).unwrap(), record);
                ends.push(place.offset + u64::from(place.length));
            }
            drop(journal);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.truncate(cut as usize);
            let mut good = bytes.len() as u64;
            if let Some(at) = broken.filter(|_| !bytes.is_empty()) {
                let at = at.index(bytes.len());
                bytes[at] ^= 1;
                good = at as u64;
            }
            std::fs::write(&path, &bytes).unwrap();
            let whole = ends.iter().filter(|&&end| end <= good).count();
            prop_assert_eq!(records(&path), &written[..whole]);
            let mut journal = Journal::open(&path, |_, _| {}).unwrap();
            journal.append(b"more").unwrap();
            drop(journal);
            let found = records(&path);
            prop_assert_eq!(found.last().map(Vec::as_slice), Some(&b"more"[..]));
            prop_assert_eq!(found.len(), whole + 1);
        }
    }
}
