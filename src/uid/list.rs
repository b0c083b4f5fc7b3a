//! Uid list: a NumPy file of sorted, unique uids, as DataComp's tools read and write them.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Uid;
use super::npy_header::{header, read_header};
use crate::artefact::{ArtefactError, NewFile};

/// Why a uid list could not be read or written.
#[derive(Debug, Error)]
pub enum UidListError {
    /// The file could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The list.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a NumPy file of this dtype.
    #[error(
        "{}: {found}; a uid list is a one-dimensional .npy file of dtype [('f0', '<u8'), ('f1', '<u8')]",
        path.display()
    )]
    Header {
        /// The list.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// The file has not the bytes its header promises.
    #[error("{}: {found} bytes, but its header promises {rows} rows, which take {expected}", path.display())]
    Size {
        /// The list.
        path: PathBuf,
        /// Bytes there are.
        found: u64,
        /// Rows the header promises.
        rows: u64,
        /// Bytes there should be.
        expected: u128,
    },
    /// A row does not come after the one before it.
    #[error("{}: row {row}: {uid} {}; a uid list is sorted and unique", path.display(),
        if *repeated { "is there twice" } else { "is smaller than the row before it" })]
    Order {
        /// The list.
        path: PathBuf,
        /// The row, counted from 0 as NumPy does.
        row: u64,
        /// The uid in it.
        uid: Uid,
        /// It equals the row before it.
        repeated: bool,
    },
    /// The file could not be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// What order a reader takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Unique,
    Repeats,
    Any,
}

/// Reads a uid list row by row; ends after the first error.
#[derive(Debug)]
pub struct UidListReader {
    path: PathBuf,
    file: BufReader<File>,
    rows: u64,
    row: u64,
    before: Option<Uid>,
    order: Order,
    /// Where the first row stands.
    start: u64,
}

impl UidListReader {
    /// Opens a list and checks its header and its size.
    ///
    /// # Errors
    /// When the file cannot be read, is no uid list, or is cut off.
    pub fn open(path: &Path) -> Result<Self, UidListError> {
        let io = |source| UidListError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(io)?);
        let found = file.get_ref().metadata().map_err(io)?.len();
        let rows = read_header(&mut file)
            .map_err(io)?
            .map_err(|found| UidListError::Header {
                path: path.to_owned(),
                found,
            })?;
        let start = file.stream_position().map_err(io)?;
        let expected = u128::from(start) + 16 * u128::from(rows);
        if u128::from(found) != expected {
            return Err(UidListError::Size {
                path: path.to_owned(),
                found,
                rows,
                expected,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            rows,
            row: 0,
            before: None,
            order: Order::Unique,
            start,
        })
    }

    /// Goes to the first uid that is not before `uid`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn skip_to(&mut self, uid: Uid) -> Result<(), UidListError> {
        let io = |source| UidListError::Io {
            path: self.path.clone(),
            source,
        };
        // Past the buffer: each look would fill it.
        let file = self.file.get_mut();
        let (mut low, mut high) = (0, self.rows);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut row = [0; 16];
            file.seek(SeekFrom::Start(self.start + 16 * middle))
                .and_then(|_| file.read_exact(&mut row))
                .map_err(io)?;
            if Uid::from_row(row) < uid {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.file
            .seek(SeekFrom::Start(self.start + 16 * low))
            .map_err(io)?;
        (self.row, self.before) = (low, None);
        Ok(())
    }

    /// Takes a list that has a uid several times, as DataComp's subsets do for pairs that are to be seen more often.
    #[must_use]
    pub fn with_repeats(mut self) -> Self {
        self.order = Order::Repeats;
        self
    }

    /// Takes rows in any order.
    #[must_use]
    pub fn in_any_order(mut self) -> Self {
        self.order = Order::Any;
        self
    }

    /// How many uids the list has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    fn read_row(&mut self) -> Result<Uid, UidListError> {
        let mut row = [0; 16];
        let (path, at) = (&self.path, self.row);
        self.file
            .read_exact(&mut row)
            .map_err(|source| UidListError::Io {
                path: path.clone(),
                source,
            })?;
        let uid = Uid::from_row(row);
        let is_checked = match self.order {
            Order::Unique => true,
            Order::Repeats => self.before != Some(uid),
            Order::Any => false,
        };
        if is_checked {
            follows(path, at, self.before, uid)?;
        }
        self.before = Some(uid);
        Ok(uid)
    }
}

impl Iterator for UidListReader {
    type Item = Result<Uid, UidListError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.row == self.rows {
            return None;
        }
        let uid = self.read_row();
        self.row = if uid.is_ok() { self.row + 1 } else { self.rows };
        Some(uid)
    }
}

/// Writes a uid list row by row; the file appears when it is finished.
#[derive(Debug)]
pub struct UidListWriter {
    path: PathBuf,
    file: NewFile,
    rows: u64,
    before: Option<Uid>,
}

impl UidListWriter {
    /// Begins the list at `path`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> Result<Self, UidListError> {
        let mut list = Self {
            path: path.to_owned(),
            file: NewFile::create(path)?,
            rows: 0,
            before: None,
        };
        list.write(&header(0))?;
        Ok(list)
    }

    /// Adds a uid, which must be greater than the last.
    ///
    /// # Errors
    /// When it is not, or the disk refuses.
    pub fn push(&mut self, uid: Uid) -> Result<(), UidListError> {
        follows(&self.path, self.rows, self.before, uid)?;
        self.write(&uid.to_row())?;
        self.before = Some(uid);
        self.rows += 1;
        Ok(())
    }

    /// Fills in the length and gives the file its name; answers how many uids it has.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(mut self) -> Result<u64, UidListError> {
        let rewound = self.file.seek(SeekFrom::Start(0));
        rewound.map_err(ArtefactError::io(&self.path))?;
        self.write(&header(self.rows))?;
        self.file.finish()?;
        Ok(self.rows)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), UidListError> {
        let written = self.file.write_all(bytes);
        Ok(written.map_err(ArtefactError::io(&self.path))?)
    }
}

/// Reads a whole uid list.
///
/// # Errors
/// As [`UidListReader`].
pub fn read_uids(path: &Path) -> Result<Vec<Uid>, UidListError> {
    UidListReader::open(path)?.collect()
}

/// Writes a whole uid list; `uids` must be sorted and unique.
///
/// # Errors
/// As [`UidListWriter`].
pub fn write_uids(path: &Path, uids: &[Uid]) -> Result<(), UidListError> {
    let mut list = UidListWriter::create(path)?;
    for &uid in uids {
        list.push(uid)?;
    }
    list.finish().map(drop)
}

fn follows(path: &Path, row: u64, before: Option<Uid>, uid: Uid) -> Result<(), UidListError> {
    match before {
        Some(before) if before >= uid => Err(UidListError::Order {
            path: path.to_owned(),
            row,
            uid,
            repeated: before == uid,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn refused(bytes: &[u8]) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("2016.npy");
        std::fs::write(&path, bytes).expect("written");
        let error = read_uids(&path).expect_err("refused").to_string();
        assert!(error.contains("2016.npy"), "{error}");
        error
    }

    fn list(uids: &[u128]) -> Vec<u8> {
        let mut bytes = header(uids.len() as u64);
        for &uid in uids {
            bytes.extend(((uid >> 64) as u64).to_le_bytes());
            bytes.extend((uid as u64).to_le_bytes());
        }
        bytes
    }

    #[test]
    fn header_is_numpys_own() {
        // python3 -c "import numpy; numpy.save('x.npy', numpy.zeros(7, [('f0','<u8'),('f1','<u8')]))"; head -c 128 x.npy
        let expected = b"\x93NUMPY\x01\x00\x76\x00{'descr': [('f0', '<u8'), ('f1', '<u8')], 'fortran_order': False, 'shape': (7,), }";
        let written = header(7);
        assert_eq!(&written[..expected.len()], expected);
        assert!(
            written[expected.len()..127]
                .iter()
                .all(|&byte| byte == b' ')
        );
        assert_eq!((written.len(), written[127]), (128, b'\n'));
        assert_eq!(header(u64::MAX).len(), 128);
    }

    #[test]
    fn a_bad_file_is_refused_with_its_name_and_row() {
        assert!(
            refused(&list(&[1, 2, 2]))
                .contains("row 2: 00000000000000000000000000000002 is there twice")
        );
        assert!(refused(&list(&[5, 2])).contains("row 1"));
        assert!(refused(&list(&[1, 2])[..150]).contains("promises 2 rows"));
        assert!(refused(&[list(&[1]), vec![0; 16]].concat()).contains("promises 1 rows"));
        assert!(refused(b"\x93NUM").contains("cut off"));
        assert!(refused(b"PK\x03\x04 and more of a zip").contains("not a .npy file"));
        let mut huge = header(u64::MAX);
        huge.extend([0; 16]);
        assert!(
            refused(&huge)
                .contains("promises 18446744073709551615 rows, which take 295147905179352825968")
        );
    }

    #[test]
    fn unsorted_uids_are_not_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.npy");
        assert!(write_uids(&path, &[Uid(2), Uid(1)]).is_err());
        assert_eq!(
            std::fs::read_dir(dir.path()).expect("a folder").count(),
            0,
            "nothing is left behind"
        );
    }

    proptest! {
        #[test]
        fn a_list_round_trips(uids: BTreeSet<u128>) {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("x.npy");
            let uids: Vec<_> = uids.into_iter().map(Uid).collect();
            write_uids(&path, &uids).expect("written");
            prop_assert_eq!(read_uids(&path).expect("read"), uids);
        }
    }
}
