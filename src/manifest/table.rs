//! Table: the CSV and TSV files that list a dataset's pairs, read row by row.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, StringRecord};
use thiserror::Error;

/// A row that is longer has an open quote somewhere; without a bound it would swallow the rest of the file.
const MAX_ROW_BYTES: u64 = 64 << 20;
/// Read at once; the bound above is exceeded by at most so much.
const BUFFER_BYTES: usize = 1 << 20;

/// Why a table cannot be read on.
#[derive(Debug, Error)]
pub enum TableError {
    /// The glob is malformed.
    #[error("table `{pattern}` is not a path or glob: {message}")]
    Pattern {
        /// The glob.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// No file has such a name.
    #[error("no file matches table `{}`", pattern.display())]
    NoMatch {
        /// Where was looked.
        pattern: PathBuf,
    },
    /// The name ends in nothing we read.
    #[error("{}: a table's name ends in .csv or .tsv", path.display())]
    Format {
        /// The table.
        path: PathBuf,
    },
    /// The table cannot be read.
    #[error("{}: after row {row}: {source}", path.display())]
    Io {
        /// The table.
        path: PathBuf,
        /// The last row that was read, 0 being the header.
        row: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The header is not usable.
    #[error("{}: {message}", path.display())]
    Header {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A column that is needed is not there.
    #[error("{}: no column `{column}`; there are {}", path.display(), quoted(columns))]
    MissingColumn {
        /// The table.
        path: PathBuf,
        /// The column.
        column: String,
        /// The columns there are.
        columns: Vec<String>,
    },
}

fn quoted(columns: &[String]) -> String {
    columns
        .iter()
        .map(|column| format!("`{column}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The files of a dataset's table, in order of their names, all with the same columns.
#[derive(Debug, Clone)]
pub struct Tables {
    files: Vec<PathBuf>,
    columns: Vec<String>,
}

/// One row of a table.
#[derive(Debug)]
pub struct Row {
    /// The file, an index into [`Tables::files`].
    pub file: usize,
    /// Its number, the first after the header being 1.
    pub number: u64,
    /// Its values, in the order of [`Tables::columns`], or what is wrong with it.
    pub values: Result<StringRecord, BadRow>,
}

/// What is wrong with one row; the rows after it can be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BadRow {
    /// It has too few or too many fields.
    #[error("{found} fields, where the header has {expected}")]
    FieldCount {
        /// Fields it has.
        found: usize,
        /// Columns there are.
        expected: usize,
    },
    /// A field is not UTF-8.
    #[error("field {field} is not UTF-8")]
    NotUtf8 {
        /// The field, counted from 1.
        field: usize,
    },
}

impl Tables {
    /// Finds the files of `table`, a path or glob relative to `folder`, and reads the header of the first.
    ///
    /// # Errors
    /// When there is no such file, or its header cannot be used.
    pub fn open(folder: &Path, table: &str) -> Result<Self, TableError> {
        let files = find(folder, table)?;
        let columns = header(&files[0])?.1;
        Ok(Self { files, columns })
    }

    /// The files in the order they are read.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The names of the columns, as the first file orders them.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Where `column` is.
    ///
    /// # Errors
    /// When there is no such column; the error lists those there are.
    pub fn index_of(&self, column: &str) -> Result<usize, TableError> {
        let missing = || TableError::MissingColumn {
            path: self.files[0].clone(),
            column: column.to_owned(),
            columns: self.columns.clone(),
        };
        self.columns
            .iter()
            .position(|name| name == column)
            .ok_or_else(missing)
    }

    /// The rows of all files; ends after the first error.
    pub fn rows(&self) -> Rows {
        Rows {
            tables: self.clone(),
            next_file: 0,
            current: None,
        }
    }
}

/// The rows of a dataset's tables.
pub struct Rows {
    tables: Tables,
    next_file: usize,
    current: Option<OpenTable>,
}

struct OpenTable {
    reader: csv::Reader<Bounded>,
    left: Arc<AtomicU64>,
    /// Where this file has each of the columns.
    order: Vec<usize>,
    record: ByteRecord,
    row: u64,
}

impl Rows {
    fn open_next(&mut self) -> Result<(), TableError> {
        let path = &self.tables.files[self.next_file];
        let (reader, found, left) = header(path)?;
        let order = order(path, &self.tables.columns, found, &self.tables.files[0])?;
        self.current = Some(OpenTable {
            reader,
            left,
            order,
            record: ByteRecord::new(),
            row: 0,
        });
        self.next_file += 1;
        Ok(())
    }

    fn read_row(&mut self) -> Result<Option<Row>, TableError> {
        loop {
            let Some(table) = &mut self.current else {
                if self.next_file == self.tables.files.len() {
                    return Ok(None);
                }
                self.open_next()?;
                continue;
            };
            let file = self.next_file - 1;
            table.left.store(MAX_ROW_BYTES, Ordering::Relaxed);
            let there = table
                .reader
                .read_byte_record(&mut table.record)
                .map_err(|error| TableError::Io {
                    path: self.tables.files[file].clone(),
                    row: table.row,
                    source: error.into(),
                })?;
            if there {
                table.row += 1;
                return Ok(Some(Row {
                    file,
                    number: table.row,
                    values: values(&table.record, &table.order),
                }));
            }
            self.current = None;
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.read_row();
        if row.is_err() {
            self.current = None;
            self.next_file = self.tables.files.len();
        }
        row.transpose()
    }
}

fn values(record: &ByteRecord, order: &[usize]) -> Result<StringRecord, BadRow> {
    if record.len() != order.len() {
        return Err(BadRow::FieldCount {
            found: record.len(),
            expected: order.len(),
        });
    }
    let ordered: ByteRecord = order.iter().map(|&index| &record[index]).collect();
    StringRecord::from_byte_record(ordered).map_err(|error| {
        let field = error.utf8_error().field();
        BadRow::NotUtf8 {
            field: order[field] + 1,
        }
    })
}

/// Where `found` has each of `columns`; both have the same names, or the error says which is missing or unknown.
fn order(
    path: &Path,
    columns: &[String],
    found: Vec<String>,
    first: &Path,
) -> Result<Vec<usize>, TableError> {
    if let Some(extra) = found.iter().find(|name| !columns.contains(name)) {
        let message = format!(
            "column `{extra}` is not in {}; the tables must have the same columns",
            first.display()
        );
        return Err(TableError::Header {
            path: path.to_owned(),
            message,
        });
    }
    let position = |column: &String| {
        found
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| TableError::MissingColumn {
                path: path.to_owned(),
                column: column.clone(),
                columns: found.clone(),
            })
    };
    columns.iter().map(position).collect()
}

fn find(folder: &Path, table: &str) -> Result<Vec<PathBuf>, TableError> {
    let literal = folder.join(table);
    // A file may have brackets in its name.
    if literal.is_file() {
        return Ok(vec![literal]);
    }
    let absolute = Path::new(table).is_absolute();
    let escaped = Path::new(&glob::Pattern::escape(&folder.to_string_lossy())).join(table);
    let pattern = if absolute {
        table.to_owned()
    } else {
        escaped.to_string_lossy().into_owned()
    };
    let wrong = |message: String| TableError::Pattern {
        pattern: table.to_owned(),
        message,
    };
    let matches = glob::glob(&pattern).map_err(|error| wrong(error.to_string()))?;
    let mut files = matches
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    files.retain(|file| file.is_file());
    files.sort();
    if files.is_empty() {
        return Err(TableError::NoMatch { pattern: literal });
    }
    Ok(files)
}

type Header = (csv::Reader<Bounded>, Vec<String>, Arc<AtomicU64>);

/// Opens a table and reads the names of its columns.
fn header(path: &Path) -> Result<Header, TableError> {
    let io = |source| TableError::Io {
        path: path.to_owned(),
        row: 0,
        source,
    };
    let wrong = |message: String| TableError::Header {
        path: path.to_owned(),
        message,
    };
    let mut format = csv::ReaderBuilder::new();
    match path
        .extension()
        .map(|extension| extension.to_ascii_lowercase())
    {
        Some(extension) if extension == "csv" => {}
        // TSV has no quotes: a `"` at the beginning of a title is a part of it.
        Some(extension) if extension == "tsv" => drop(format.delimiter(b'\t').quoting(false)),
        _ => {
            return Err(TableError::Format {
                path: path.to_owned(),
            });
        }
    }
    let left = Arc::new(AtomicU64::new(MAX_ROW_BYTES));
    let file = Bounded {
        file: File::open(path).map_err(io)?,
        left: Arc::clone(&left),
    };
    let mut reader = format
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(file);
    let names = reader
        .byte_headers()
        .map_err(|error| io(error.into()))?
        .clone();
    let names = StringRecord::from_byte_record(names)
        .map_err(|_| wrong("the header is not UTF-8".to_owned()))?;
    let names: Vec<String> = names.iter().map(str::to_owned).collect();
    if names.is_empty() {
        return Err(wrong(
            "the table is empty: its first row must name the columns".to_owned(),
        ));
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(wrong(format!("two columns are named `{name}`")));
        }
    }
    Ok((reader, names, left))
}

/// A file that stops when one row takes too many bytes.
struct Bounded {
    file: File,
    left: Arc<AtomicU64>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let message =
                format!("the next row is longer than {MAX_ROW_BYTES} bytes; is a quote left open?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let read = self.file.read(buffer)?;
        self.left
            .store(left.saturating_sub(read as u64), Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
