//! Uid file: uids as other programs keep them, read and written row by row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{FixedSizeBinaryArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use thiserror::Error;
use ticclip_fetchers::pickle::{self, Entry, Leaf, PickleError};

use super::{Uid, UidListError, UidListReader, UidListWriter};
use crate::artefact::{ArtefactError, NewFile};
use crate::manifest::{DateTable, ManifestReadError, ParquetFileError, ParquetWriter};

/// Longer lines hold no uid.
const MAX_LINE_BYTES: u64 = 4096;
/// Rows of a Parquet batch.
const BATCH_ROWS: usize = 8192;

/// How a file keeps uids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UidFileFormat {
    /// NumPy's `.npy` of dtype `[('f0', '<u8'), ('f1', '<u8')]`.
    Npy,
    /// The same rows without a header, as DataComp's tools map into memory.
    Raw,
    /// A line of 32 hex digits each.
    Text,
    /// Parquet with a column `uid`.
    Parquet,
    /// One of TiC-CLIP's released pickles.
    Pickle,
}

/// Why uids cannot be read or written.
#[derive(Debug, Error)]
pub enum UidFileError {
    /// The format cannot be told from the name.
    #[error("{}: what it is cannot be told from its name; allowed are .npy, .bin (rows without a header), .txt, .parquet and, to be read, .pkl", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A pickle is read with its keys, which a list has not.
    #[error("{}: a pickle cannot be {what}; convert it to .npy", path.display())]
    Pickle {
        /// The file.
        path: PathBuf,
        /// What was wanted.
        what: &'static str,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A row is no uid.
    #[error("{}: row {row}: {message}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row, the first being 1.
        row: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The pickle cannot be read.
    #[error("{}: {source}", path.display())]
    Unpickle {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: PickleError,
    },
    /// A list cannot be read or written.
    #[error(transparent)]
    List(#[from] UidListError),
    /// A Parquet file cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestReadError),
    /// A Parquet file cannot be written.
    #[error(transparent)]
    Parquet(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

impl UidFileFormat {
    /// The format that a file's name says.
    ///
    /// # Errors
    /// When it says none.
    pub fn of(path: &Path) -> Result<Self, UidFileError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("npy") => Ok(Self::Npy),
            Some("bin") => Ok(Self::Raw),
            Some("txt") => Ok(Self::Text),
            Some("parquet") => Ok(Self::Parquet),
            Some("pkl" | "pickle") => Ok(Self::Pickle),
            _ => Err(UidFileError::Format {
                path: path.to_owned(),
            }),
        }
    }
}

/// The uids of a file in its order; ends after the first error.
pub struct AnyUids {
    rows: Box<dyn Iterator<Item = Result<Uid, UidFileError>>>,
}

impl AnyUids {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or is a pickle, whose uids have keys: see [`AnyUids::pickled`].
    pub fn open(path: &Path) -> Result<Self, UidFileError> {
        let rows: Box<dyn Iterator<Item = _>> = match UidFileFormat::of(path)? {
            UidFileFormat::Npy => {
                let list = UidListReader::open(path)?.in_any_order();
                Box::new(list.map(|uid| uid.map_err(UidFileError::from)))
            }
            UidFileFormat::Raw => Box::new(raw(path)?),
            UidFileFormat::Text => Box::new(lines(path)?),
            UidFileFormat::Parquet => Box::new(columns(path)?),
            UidFileFormat::Pickle => {
                return Err(UidFileError::Pickle {
                    path: path.to_owned(),
                    what: "read as one list",
                });
            }
        };
        Ok(Self { rows })
    }

    /// Gives the uids of a released pickle to `each` with their outermost key, such as the year; `None` where the pickle
    /// has none. A uid is a value in a list, or the key of a number.
    ///
    /// # Errors
    /// When the file cannot be read, is no pickle of uids, or `each` fails.
    pub fn pickled(
        path: &Path,
        mut each: impl FnMut(Option<String>, Uid) -> Result<(), UidFileError>,
    ) -> Result<(), UidFileError> {
        let file = File::open(path).map_err(io_at(path))?;
        let (mut row, mut failed) = (0, None);
        let mut entry = |entry: Entry<'_>| {
            row += 1;
            let text = match (entry.key, entry.value) {
                (None, Leaf::Text(text)) => text,
                (Some(Leaf::Text(text)), Leaf::Int(_)) => text,
                _ => "",
            };
            let group = entry.path.first().map(|key| match key {
                pickle::Key::Text(text) => text.clone(),
                pickle::Key::Int(number) => number.to_string(),
                pickle::Key::Other(kind) => (*kind).to_owned(),
            });
            let given = parse(path, row, text).and_then(|uid| each(group, uid));
            given.map_err(|error| {
                failed = Some(error);
                io::Error::other("stopped")
            })
        };
        let read = pickle::read(BufReader::new(file), &mut entry);
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, read) => read.map_err(|source| UidFileError::Unpickle {
                path: path.to_owned(),
                source,
            }),
        }
    }
}

impl Iterator for AnyUids {
    type Item = Result<Uid, UidFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let uid = self.rows.next();
        if matches!(uid, Some(Err(_))) {
            self.rows = Box::new(std::iter::empty());
        }
        uid
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> UidFileError + use<> {
    let path = path.to_owned();
    move |source| UidFileError::Io { path, source }
}

fn parse(path: &Path, row: u64, text: &str) -> Result<Uid, UidFileError> {
    text.parse()
        .map_err(|error: super::ParseUidError| UidFileError::Row {
            path: path.to_owned(),
            row,
            message: error.to_string(),
        })
}

fn raw(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Uid, UidFileError>> + use<>, UidFileError> {
    let file = File::open(path).map_err(io_at(path))?;
    let length = file.metadata().map_err(io_at(path))?.len();
    if length % 16 != 0 {
        let error = io::Error::other(format!("{length} bytes are no rows of 16"));
        return Err(io_at(path)(error));
    }
    let mut file = BufReader::with_capacity(1 << 20, file);
    let path = path.to_owned();
    Ok((0..length / 16).map(move |_| {
        let mut row = [0; 16];
        file.read_exact(&mut row).map_err(io_at(&path))?;
        Ok(Uid::from_row(row))
    }))
}

fn lines(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Uid, UidFileError>> + use<>, UidFileError> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(io_at(path))?);
    let (path, mut row, mut line) = (path.to_owned(), 0, String::new());
    Ok(std::iter::from_fn(move || {
        loop {
            line.clear();
            row += 1;
            match (&mut file).take(MAX_LINE_BYTES).read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => return Some(parse(&path, row, line.trim())),
                Err(error) => return Some(Err(io_at(&path)(error))),
            }
        }
    }))
}

fn columns(
    path: &Path,
) -> Result<impl Iterator<Item = Result<Uid, UidFileError>> + use<>, UidFileError> {
    let table = DateTable::open(path, false)?;
    let groups = 0..table.groups();
    let of_group = move |group| {
        let mut uids = Vec::new();
        let read = table.read(group, |row| {
            uids.push(Ok(row.uid));
            true
        });
        if let Err(error) = read {
            uids.push(Err(UidFileError::from(error)));
        }
        uids
    };
    Ok(groups.flat_map(of_group))
}

/// Writes uids, sorted and unique, into a file that appears when it is finished.
pub struct UidFileWriter {
    path: PathBuf,
    inner: Inner,
    rows: u64,
}

enum Inner {
    Npy(UidListWriter),
    Raw(NewFile),
    Text(NewFile),
    Parquet(Box<ParquetWriter>, Vec<Uid>),
}

impl UidFileWriter {
    /// Begins the file at `path`, whose name says the format.
    ///
    /// # Errors
    /// When it says none that is written, or the disk refuses.
    pub fn create(path: &Path) -> Result<Self, UidFileError> {
        let inner = match UidFileFormat::of(path)? {
            UidFileFormat::Npy => Inner::Npy(UidListWriter::create(path)?),
            UidFileFormat::Raw => Inner::Raw(NewFile::create(path)?),
            UidFileFormat::Text => Inner::Text(NewFile::create(path)?),
            UidFileFormat::Parquet => Inner::Parquet(
                Box::new(ParquetWriter::create(path, schema(), Vec::new())?),
                Vec::new(),
            ),
            UidFileFormat::Pickle => {
                return Err(UidFileError::Pickle {
                    path: path.to_owned(),
                    what: "written",
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            inner,
            rows: 0,
        })
    }

    /// Adds a uid, which is greater than the last.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn push(&mut self, uid: Uid) -> Result<(), UidFileError> {
        self.rows += 1;
        match &mut self.inner {
            Inner::Npy(list) => list.push(uid)?,
            Inner::Raw(file) => file
                .write_all(&uid.to_row())
                .map_err(ArtefactError::io(&self.path))?,
            Inner::Text(file) => {
                writeln!(file, "{uid}").map_err(ArtefactError::io(&self.path))?;
            }
            Inner::Parquet(file, pending) => {
                pending.push(uid);
                if pending.len() == BATCH_ROWS {
                    write_batch(&self.path, file, pending)?;
                }
            }
        }
        Ok(())
    }

    /// Gives the file its name; answers how many uids it has.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self) -> Result<u64, UidFileError> {
        match self.inner {
            Inner::Npy(list) => drop(list.finish()?),
            Inner::Raw(file) | Inner::Text(file) => file.finish()?,
            Inner::Parquet(mut file, mut pending) => {
                write_batch(&self.path, &mut file, &mut pending)?;
                file.finish()?;
            }
        }
        Ok(self.rows)
    }
}

fn schema() -> Arc<Schema> {
    let uid = Field::new("uid", DataType::FixedSizeBinary(16), false);
    Arc::new(Schema::new(vec![uid]))
}

fn write_batch(
    path: &Path,
    file: &mut ParquetWriter,
    uids: &mut Vec<Uid>,
) -> Result<(), ParquetFileError> {
    if uids.is_empty() {
        return Ok(());
    }
    let column = FixedSizeBinaryArray::try_from_iter(uids.drain(..).map(Uid::to_be_bytes));
    let column = column.map_err(ParquetFileError::arrow(path))?;
    let batch = RecordBatch::try_new(schema(), vec![Arc::new(column)]);
    file.write(&batch.map_err(ParquetFileError::arrow(path))?)
}
