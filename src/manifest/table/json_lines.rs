//! JSON lines: a table with an object a line.
//!
//! Its columns are those that the dataset's rules name and then the other keys of its first row. A key that a later row
//! lacks is empty there; one that only a later row has is passed over.

use std::io;
use std::path::Path;

use memchr::memchr;

use super::columns::Wanted;
use super::json::{self, ObjectRows};
use super::stream::Stream;
use super::{BadRow, Cells, RowReader, TableError};

/// Bad rows before the first good one that are looked at for its keys.
const BAD_FIRST_ROWS: usize = 1000;

/// The rows of a file of JSON lines.
pub(super) struct JsonLines {
    lines: Lines,
    rows: ObjectRows,
}

struct Lines {
    stream: Stream,
    /// Bytes of the line that was given last.
    given: usize,
}

impl JsonLines {
    /// Opens a table. `named` are the columns that the dataset's rules name.
    pub(super) fn open(
        path: &Path,
        named: &[String],
        wanted: Option<&Wanted<'_>>,
    ) -> Result<(Vec<String>, Self), TableError> {
        let columns = match wanted {
            Some(wanted) => wanted.columns.to_vec(),
            None => columns(named, &mut Lines::open(path)?, path)?,
        };
        let table = Self {
            lines: Lines::open(path)?,
            rows: ObjectRows::new(columns.clone()),
        };
        Ok((columns, table))
    }
}

impl RowReader for JsonLines {
    fn next_row(&mut self) -> io::Result<Option<Result<Cells, BadRow>>> {
        let line = self.lines.next()?;
        Ok(line.map(|line| self.rows.cells(line)))
    }
}

fn columns(named: &[String], lines: &mut Lines, path: &Path) -> Result<Vec<String>, TableError> {
    let first = (0..BAD_FIRST_ROWS)
        .map_while(|_| match lines.next() {
            Ok(line) => line.map(|line| Ok(json::keys(line))),
            Err(error) => Some(Err(error)),
        })
        .find(|keys| !matches!(keys, Ok(Err(_))));
    let keys = match first {
        None => Vec::new(),
        Some(keys) => keys.map_err(TableError::io(path, 0))?.unwrap_or_default(),
    };
    joined(named, keys).ok_or_else(|| TableError::header(path, "no row has a key to name a column"))
}

/// The columns that are named and after them the keys that are not.
pub(super) fn joined(named: &[String], keys: Vec<String>) -> Option<Vec<String>> {
    let mut columns = named.to_vec();
    columns.extend(keys.into_iter().filter(|key| !named.contains(key)));
    (!columns.is_empty()).then_some(columns)
}

impl Lines {
    fn open(path: &Path) -> Result<Self, TableError> {
        let stream = Stream::open(path).map_err(TableError::io(path, 0))?;
        Ok(Self { stream, given: 0 })
    }

    /// The next line that is not blank.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.stream.consume(std::mem::take(&mut self.given));
            let bytes = self.stream.bytes();
            match memchr(b'\n', bytes) {
                Some(end) => self.given = end + 1,
                None if self.stream.is_at_end() => self.given = bytes.len(),
                None => {
                    self.stream.fill()?;
                    continue;
                }
            }
            let is_blank = bytes[..self.given].iter().all(u8::is_ascii_whitespace);
            if !is_blank {
                return Ok(Some(&self.stream.bytes()[..self.given]));
            }
            if self.stream.is_at_end() && self.given == bytes.len() {
                return Ok(None);
            }
        }
    }
}
