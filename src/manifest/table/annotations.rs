//! Annotations: a table as RedCaps publishes it, one JSON object whose key `annotations` has a list of objects, the rows.
//!
//! The file is never held whole: rows are cut out of the stream one by one. The columns are found as for JSON lines.

use std::io;
use std::path::Path;

use memchr::memchr2;

use super::columns::Wanted;
use super::json::{self, ObjectRows};
use super::json_lines::joined;
use super::stream::Stream;
use super::{BadRow, Cells, RowReader, TableError};

/// The key whose list has the rows.
const KEY: &[u8] = b"\"annotations\"";

/// The rows of an annotation file.
pub(super) struct Annotations {
    values: Values,
    rows: ObjectRows,
}

impl Annotations {
    /// Opens a table. `named` are the columns that the dataset's rules name.
    pub(super) fn open(
        path: &Path,
        named: &[String],
        wanted: Option<&Wanted<'_>>,
    ) -> Result<(Vec<String>, Self), TableError> {
        let io = TableError::io(path, 0);
        let columns = match wanted {
            Some(wanted) => wanted.columns.to_vec(),
            None => {
                let mut values = Values::open(path).map_err(&io)?;
                let first = values.next().map_err(&io)?;
                let keys = first.map(json::keys).transpose();
                // A first row that is no object is told when it is read as a row.
                let keys = keys.unwrap_or_default().unwrap_or_default();
                joined(named, keys).ok_or_else(|| {
                    TableError::header(
                        path,
                        "the first of its annotations has no keys to name columns",
                    )
                })?
            }
        };
        let table = Self {
            values: Values::open(path).map_err(&io)?,
            rows: ObjectRows::new(columns.clone()),
        };
        Ok((columns, table))
    }
}

impl RowReader for Annotations {
    fn next_row(&mut self) -> io::Result<Option<Result<Cells, BadRow>>> {
        let value = self.values.next()?;
        Ok(value.map(|value| self.rows.cells(value)))
    }
}

/// The values of the list, as they are written.
struct Values {
    stream: Stream,
    place: Place,
    /// Bytes of the value that was given last.
    given: usize,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The object's first key, or its end.
    FirstKey,
    /// A comma and another key, or the end of the object.
    NextKey,
    /// The list's first value, or its end.
    FirstValue,
    /// A comma and another value, or the end of the list.
    NextValue,
    /// Nothing but white space.
    End,
}

impl Values {
    fn open(path: &Path) -> io::Result<Self> {
        let mut values = Self {
            stream: Stream::open(path)?,
            place: Place::FirstKey,
            given: 0,
        };
        values.expect(b'{', "`{`")?;
        Ok(values)
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.stream.consume(std::mem::take(&mut self.given));
        loop {
            match self.place {
                Place::FirstKey | Place::NextKey => self.enter_key()?,
                Place::FirstValue | Place::NextValue => {
                    if self.find_value()? {
                        return Ok(Some(&self.stream.bytes()[..self.given]));
                    }
                }
                Place::End => match self.peek()? {
                    None => return Ok(None),
                    Some(_) => return Err(wrong("the end of the file")),
                },
            }
        }
    }

    /// Goes past a key to the list if it is the rows', past its value if not, or past the end of the object.
    fn enter_key(&mut self) -> io::Result<()> {
        match (self.peek()?, self.place) {
            (Some(b'}'), _) => {
                self.stream.consume(1);
                self.place = Place::End;
                return Ok(());
            }
            (Some(b','), Place::NextKey) => self.stream.consume(1),
            (_, Place::FirstKey) => {}
            _ => return Err(wrong("`,` or `}`")),
        }
        if self.peek()? != Some(b'"') {
            return Err(wrong("a key in quotes"));
        }
        let length = self.value_length()?;
        let is_rows = &self.stream.bytes()[..length] == KEY;
        self.stream.consume(length);
        self.expect(b':', "`:`")?;
        if is_rows {
            self.expect(b'[', "`[`: key `annotations` has a list of objects")?;
            self.place = Place::FirstValue;
        } else {
            self.peek()?;
            let length = self.value_length()?;
            self.stream.consume(length);
            self.place = Place::NextKey;
        }
        Ok(())
    }

    /// Goes to the next value of the list, or past the list's end.
    fn find_value(&mut self) -> io::Result<bool> {
        match (self.peek()?, self.place) {
            (Some(b']'), _) => {
                self.stream.consume(1);
                self.place = Place::NextKey;
                return Ok(false);
            }
            (Some(b','), Place::NextValue) => {
                self.stream.consume(1);
                self.peek()?;
            }
            (_, Place::FirstValue) => {}
            _ => return Err(wrong("`,` or `]`")),
        }
        self.place = Place::NextValue;
        self.given = self.value_length()?;
        Ok(true)
    }

    /// The next byte that is not white space; `None` where the file ends.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let bytes = self.stream.bytes();
            let space = bytes.iter().take_while(|byte| is_space(**byte)).count();
            let next = bytes.get(space).copied();
            self.stream.consume(space);
            if next.is_some() || self.stream.is_at_end() {
                return Ok(next);
            }
            self.stream.fill()?;
        }
    }

    fn expect(&mut self, byte: u8, expected: &str) -> io::Result<()> {
        if self.peek()? != Some(byte) {
            return Err(wrong(expected));
        }
        self.stream.consume(1);
        Ok(())
    }

    /// The length of the value that comes next, all of which is then at hand.
    fn value_length(&mut self) -> io::Result<usize> {
        loop {
            if let Some(length) = length_of_value(self.stream.bytes()) {
                return if length == 0 {
                    Err(wrong("a value"))
                } else {
                    Ok(length)
                };
            }
            if self.stream.is_at_end() {
                return Err(wrong("the rest of a value: the file is cut off"));
            }
            self.stream.fill()?;
        }
    }
}

fn wrong(expected: &str) -> io::Error {
    let message = format!(
        "expected {expected}; a .json table is `{{\"annotations\": [{{…}}, …]}}`, as RedCaps has it"
    );
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How long the value is that `bytes` begin with, by its brackets and quotes alone; `None` when it goes on after them.
fn length_of_value(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => at += length_of_string(&bytes[at..])?,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' if depth > 1 => (at, depth) = (at + 1, depth - 1),
            b'}' | b']' => return Some(at + depth),
            byte if depth == 0 && (*byte == b',' || is_space(*byte)) => return Some(at),
            _ => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// The length of a string with its quotes.
fn length_of_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("pics_2017.json");
        std::fs::write(&path, text).expect("written");
        let read = || -> io::Result<Vec<String>> {
            let mut values = Values::open(&path)?;
            let mut found = Vec::new();
            while let Some(value) = values.next()? {
                found.push(String::from_utf8_lossy(value).into_owned());
            }
            Ok(found)
        };
        read().map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_cut_out_wherever_the_list_stands() {
        let text = br#" { "info": {"a": ["}", 1]} , "version" :1, "annotations" : [ {"x":"]}\"\\"} , 5,[{}],"a" ],"more":null } "#;
        assert_eq!(
            read(text).expect("a table"),
            [r#"{"x":"]}\"\\"}"#, "5", "[{}]", "\"a\""]
        );
        assert_eq!(read(b"{\"annotations\":[]}").expect("a table").len(), 0);
        assert_eq!(read(b"{}").expect("a table").len(), 0);
    }

    #[test]
    fn what_is_no_such_object_is_refused() {
        for (text, expected) in [
            ("", "expected `{`"),
            ("[{}]", "expected `{`"),
            (
                "{\"annotations\":{}}",
                "expected `[`: key `annotations` has a list",
            ),
            ("{\"annotations\":[{}", "expected `,` or `]`"),
            ("{\"annotations\":[{\"a\":\"x}]}", "the file is cut off"),
            ("{\"annotations\":[{} {}]}", "expected `,` or `]`"),
            ("{\"annotations\":[,]}", "expected a value"),
            ("{\"annotations\":[]", "expected `,` or `}`"),
            ("{\"annotations\":[]} x", "expected the end of the file"),
            ("{annotations:[]}", "expected a key in quotes"),
        ] {
            let error = read(text.as_bytes()).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
            assert!(error.contains("as RedCaps has it"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>, text in "[{}\\[\\]\",:\\\\a ]{0,16}") {
            let _ = read(&bytes);
            for part in [bytes.as_slice(), text.as_bytes()] {
                let _ = read(&[b"{\"annotations\":[".as_slice(), part].concat());
            }
        }

        #[test]
        fn a_value_is_as_long_as_serde_says(text in "[{}\\[\\]\",:\\\\a1 ]{1,12}", end in "[,\\]} ]") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                let value = text.trim();
                prop_assert_eq!(length_of_value(format!("{value}{end}:").as_bytes()), Some(value.len()));
            }
        }
    }
}
