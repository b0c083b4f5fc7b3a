//! Table: the files that list a dataset's pairs, read row by row.
//!
//! A format is a [`RowReader`] in a file of its own: CSV and TSV, JSON lines, RedCaps' annotations, Parquet. None holds
//! more than one row, or one batch of Parquet, at a time.

mod annotations;
mod braces;
mod cells;
mod columns;
mod delimited;
mod error;
mod files;
mod json;
mod json_lines;
mod parquet_rows;
mod rule;
mod stream;

use std::io;
use std::path::{Path, PathBuf};

pub use cells::Cells;
pub use error::{BadRow, TableError};
pub(crate) use files::{expand_braces, find as matching_files};
pub use rule::TableRule;

use annotations::Annotations;
use columns::Wanted;
use delimited::{Delimited, Delimiter};
use json_lines::JsonLines;
use parquet_rows::ParquetRows;

/// The rows of one file.
trait RowReader: Send {
    /// The next row's values in the order of the columns, or what is wrong with it; `None` after the last.
    ///
    /// # Errors
    /// When nothing after this can be read.
    fn next_row(&mut self) -> io::Result<Option<Result<Cells, BadRow>>>;
}

/// The files of a dataset's table, in the order they are read, all with the same columns.
#[derive(Debug, Clone)]
pub struct Tables {
    files: Vec<PathBuf>,
    columns: Vec<String>,
    rule: TableRule,
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The file, an index into [`Tables::files`].
    pub file: usize,
    /// Its number, the first after the header being 1.
    pub number: u64,
    /// Its values, in the order of [`Tables::columns`], or what is wrong with it.
    pub values: Result<Cells, BadRow>,
}

impl Row {
    /// How much text it has.
    pub fn bytes(&self) -> usize {
        self.values.as_ref().map_or(0, Cells::bytes)
    }
}

impl Tables {
    /// Finds the files of `table`, paths or globs relative to `folder`, and the columns of the first.
    ///
    /// # Errors
    /// When there is no such file, or its columns cannot be used.
    pub fn open(folder: &Path, table: impl Into<TableRule>) -> Result<Self, TableError> {
        let rule = table.into();
        let files = files::find(folder, &rule.patterns)?;
        let Some(first) = files.first() else {
            return Err(TableError::NoMatch {
                pattern: folder.to_owned(),
            });
        };
        let (columns, _) = open(first, &rule, None)?;
        Ok(Self {
            files,
            columns,
            rule,
        })
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
            row: 0,
        }
    }
}

/// The rows of a dataset's tables.
pub struct Rows {
    tables: Tables,
    next_file: usize,
    current: Option<Box<dyn RowReader>>,
    /// Rows of the current file that were read.
    row: u64,
}

impl Rows {
    fn open_next(&mut self) -> Result<(), TableError> {
        let wanted = Wanted {
            columns: &self.tables.columns,
            first: &self.tables.files[0],
        };
        let path = &self.tables.files[self.next_file];
        let (_, reader) = open(path, &self.tables.rule, Some(&wanted))?;
        self.current = Some(reader);
        self.next_file += 1;
        self.row = 0;
        Ok(())
    }

    fn read_row(&mut self) -> Result<Option<Row>, TableError> {
        loop {
            let Some(reader) = &mut self.current else {
                if self.next_file == self.tables.files.len() {
                    return Ok(None);
                }
                self.open_next()?;
                continue;
            };
            let file = self.next_file - 1;
            let row = reader
                .next_row()
                .map_err(|source| TableError::io(&self.tables.files[file], self.row)(source))?;
            if let Some(values) = row {
                self.row += 1;
                return Ok(Some(Row {
                    file,
                    number: self.row,
                    values,
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

type Opened = (Vec<String>, Box<dyn RowReader>);

/// Opens a file by its name: its columns, in the order in which its rows give their values, and its rows.
fn open(path: &Path, rule: &TableRule, wanted: Option<&Wanted<'_>>) -> Result<Opened, TableError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let unpacked = name.strip_suffix(".gz").unwrap_or(&name);
    let delimiter = match unpacked.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => Delimiter::Comma,
        Some("tsv") => Delimiter::Tab,
        _ => return open_with_names(path, unpacked, rule, wanted),
    };
    let header = rule.header.as_deref();
    boxed(Delimited::open(path, delimiter, header, wanted)?)
}

/// Opens a file of a format that cannot be without names for its columns.
fn open_with_names(
    path: &Path,
    unpacked: &str,
    rule: &TableRule,
    wanted: Option<&Wanted<'_>>,
) -> Result<Opened, TableError> {
    if rule.header.is_some() {
        let message = "`columns` is for .csv and .tsv files whose first row does not name them; this file has its own";
        return Err(TableError::header(path, message));
    }
    let is_packed = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    match unpacked.rsplit_once('.').map(|(_, extension)| extension) {
        Some("jsonl" | "ndjson") => boxed(JsonLines::open(path, &rule.named, wanted)?),
        Some("json") => boxed(Annotations::open(path, &rule.named, wanted)?),
        Some("parquet") if !is_packed => boxed(ParquetRows::open(path, wanted)?),
        _ => Err(TableError::Format {
            path: path.to_owned(),
        }),
    }
}

fn boxed((columns, rows): (Vec<String>, impl RowReader + 'static)) -> Result<Opened, TableError> {
    Ok((columns, Box::new(rows)))
}

#[cfg(test)]
mod tests;
