//! Delimited tables: CSV, and TSV, which knows no quotes.
//!
//! CSV is read as RFC 4180 says, and what that leaves open as the `csv` crate reads it: rows end in a line feed, a
//! carriage return or both; empty lines are no rows; a quote counts only where a field begins, and what follows a closing
//! quote belongs to the field.

use std::io;
use std::path::Path;

use memchr::{memchr, memchr3};

use super::columns::{Wanted, checked_names};
use super::stream::Stream;
use super::{BadRow, Cells, RowReader, TableError};

/// How the fields of a row are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// Commas, and quotes around fields that have one.
    Comma,
    /// Tabs; a quote is a character as any other, which titles begin with.
    Tab,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Tab => b'\t',
        }
    }
}

/// The rows of a CSV or TSV file.
pub(super) struct Delimited {
    stream: Stream,
    delimiter: Delimiter,
    fields: Fields,
    /// Where the file has each column; `None` when it has them in the order they are wanted in.
    order: Option<Vec<usize>>,
    columns: usize,
}

/// The fields of one row, one after another, and where each ends.
#[derive(Default)]
struct Fields {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Delimited {
    /// Opens a table, whose first row names the columns unless `names` do.
    pub(super) fn open(
        path: &Path,
        delimiter: Delimiter,
        names: Option<&[String]>,
        wanted: Option<&Wanted<'_>>,
    ) -> Result<(Vec<String>, Self), TableError> {
        let io = TableError::io(path, 0);
        let mut rows = Self {
            stream: Stream::open(path).map_err(&io)?,
            delimiter,
            fields: Fields::default(),
            order: None,
            columns: 0,
        };
        let found = match names {
            Some(names) => names.to_vec(),
            None => rows.header(path)?,
        };
        let found = checked_names(path, found)?;
        rows.columns = found.len();
        let Some(wanted) = wanted else {
            return Ok((found, rows));
        };
        let order = wanted.order(path, &found)?;
        rows.order = (!order.is_sorted()).then_some(order);
        Ok((wanted.columns.to_vec(), rows))
    }

    fn header(&mut self, path: &Path) -> Result<Vec<String>, TableError> {
        if !self.advance().map_err(TableError::io(path, 0))? {
            let message = "the table is empty: its first row must name the columns";
            return Err(TableError::header(path, message));
        }
        let names = self
            .fields
            .cells()
            .map_err(|_| TableError::header(path, "the header is not UTF-8"))?;
        Ok(names.iter().map(str::to_owned).collect())
    }

    /// Reads the next row into `fields`; answers whether there is one.
    fn advance(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.stream.bytes();
            let blank = bytes.iter().take_while(|&&byte| is_line_end(byte)).count();
            let is_at_end = self.stream.is_at_end();
            if blank < bytes.len() {
                let row = self
                    .fields
                    .parse(&bytes[blank..], is_at_end, self.delimiter);
                if let Some(length) = row {
                    self.stream.consume(blank + length);
                    return Ok(true);
                }
            } else if is_at_end {
                return Ok(false);
            }
            self.stream.consume(blank);
            self.stream.fill()?;
        }
    }

    fn cells(&self) -> Result<Cells, BadRow> {
        if self.fields.ends.len() != self.columns {
            return Err(BadRow::FieldCount {
                found: self.fields.ends.len(),
                expected: self.columns,
            });
        }
        let cells = self.fields.cells()?;
        Ok(match &self.order {
            None => cells,
            Some(order) => {
                let mut ordered = Cells::with_capacity(order.len(), cells.bytes());
                for &index in order {
                    ordered.push(&cells[index]);
                }
                ordered
            }
        })
    }
}

impl RowReader for Delimited {
    fn next_row(&mut self) -> io::Result<Option<Result<Cells, BadRow>>> {
        Ok(self.advance()?.then(|| self.cells()))
    }
}

impl Fields {
    /// Takes the fields of the row that `bytes` begin with, and answers how many bytes it has with its end. `None` when
    /// `bytes` do not have the whole row, and more is to come.
    fn parse(&mut self, bytes: &[u8], is_at_end: bool, delimiter: Delimiter) -> Option<usize> {
        self.text.clear();
        self.ends.clear();
        let quotes = delimiter == Delimiter::Comma;
        let delimiter = delimiter.byte();
        let mut at = 0;
        loop {
            if quotes && bytes.get(at) == Some(&b'"') {
                at += self.quoted(&bytes[at..], is_at_end)?;
            }
            let Some(length) = memchr3(delimiter, b'\n', b'\r', &bytes[at..]) else {
                self.text.extend_from_slice(&bytes[at..]);
                self.end_field();
                return is_at_end.then_some(bytes.len());
            };
            self.text.extend_from_slice(&bytes[at..at + length]);
            self.end_field();
            at += length + 1;
            if bytes[at - 1] != delimiter {
                return Some(at);
            }
        }
    }

    /// Takes what is in quotes, and answers how many bytes that are with the quotes.
    fn quoted(&mut self, bytes: &[u8], is_at_end: bool) -> Option<usize> {
        let mut at = 1;
        loop {
            let Some(length) = memchr(b'"', &bytes[at..]) else {
                self.text.extend_from_slice(&bytes[at..]);
                return is_at_end.then_some(bytes.len());
            };
            self.text.extend_from_slice(&bytes[at..at + length]);
            at += length + 1;
            match bytes.get(at) {
                Some(b'"') => self.text.push(b'"'),
                None if !is_at_end => return None,
                _ => return Some(at),
            }
            at += 1;
        }
    }

    fn end_field(&mut self) {
        // The stream refuses a row long before it has so many bytes.
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.ends.push(end);
    }

    fn cells(&self) -> Result<Cells, BadRow> {
        let whole = String::from_utf8(self.text.clone());
        match whole {
            Ok(text)
                if self
                    .ends
                    .iter()
                    .all(|&end| text.is_char_boundary(end as usize)) =>
            {
                Ok(Cells::from_parts(text, self.ends.clone()))
            }
            _ => Err(self.not_utf8()),
        }
    }

    fn not_utf8(&self) -> BadRow {
        let mut start = 0;
        let mut is_text = |&end: &u32| {
            let field = &self.text[start..end as usize];
            start = end as usize;
            std::str::from_utf8(field).is_ok()
        };
        let field = 1 + self.ends.iter().take_while(|end| is_text(end)).count();
        BadRow::NotUtf8 { field }
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Table = Vec<Vec<Vec<u8>>>;

    fn ours(bytes: &[u8], delimiter: Delimiter) -> Table {
        let mut fields = Fields::default();
        let (mut at, mut rows) = (0, Vec::new());
        while at < bytes.len() {
            if is_line_end(bytes[at]) {
                at += 1;
                continue;
            }
            at += fields
                .parse(&bytes[at..], true, delimiter)
                .expect("a row ends where the file ends");
            let starts = [0].into_iter().chain(fields.ends.iter().copied());
            let field =
                |(start, &end): (u32, &u32)| fields.text[start as usize..end as usize].to_vec();
            rows.push(starts.zip(&fields.ends).map(field).collect());
        }
        rows
    }

    fn csv_crates(bytes: &[u8], delimiter: Delimiter) -> Table {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.byte())
            .quoting(delimiter == Delimiter::Comma)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let row = |row: csv::Result<csv::ByteRecord>| {
            row.expect("a row").iter().map(<[u8]>::to_vec).collect()
        };
        reader.byte_records().map(row).collect()
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_csv_crate(text in "[ab,\t\"\n\r]{0,24}") {
            for delimiter in [Delimiter::Comma, Delimiter::Tab] {
                prop_assert_eq!(ours(text.as_bytes(), delimiter), csv_crates(text.as_bytes(), delimiter));
            }
        }

        #[test]
        fn a_row_that_is_cut_off_asks_for_more_or_is_whole(text in "[ab,\"\n\r]{1,24}", cut in 0_usize..24) {
            let bytes = text.trim_start_matches(['\n', '\r']).as_bytes();
            let part = &bytes[..cut.min(bytes.len())];
            let (mut whole, mut cut) = (Fields::default(), Fields::default());
            let (length, early) = (whole.parse(bytes, true, Delimiter::Comma), cut.parse(part, false, Delimiter::Comma));
            if early.is_some() {
                prop_assert_eq!(early, length);
                prop_assert_eq!((cut.text, cut.ends), (whole.text, whole.ends));
            }
        }

        #[test]
        fn rows_of_any_bytes_are_text_or_bad(bytes: Vec<u8>) {
            let mut fields = Fields::default();
            if fields.parse(&bytes, true, Delimiter::Comma).is_some() {
                let is_text = std::str::from_utf8(&bytes).is_ok();
                prop_assert!(fields.cells().is_ok() || !is_text);
            }
        }
    }

    #[test]
    fn halves_of_a_character_in_two_fields_are_no_character() {
        let mut fields = Fields::default();
        assert_eq!(
            fields.parse(b"a,\xc3,\xa9\n", false, Delimiter::Comma),
            Some(6)
        );
        assert_eq!(fields.cells(), Err(BadRow::NotUtf8 { field: 2 }));
    }
}
