//! The metadata of YFCC100M: a table of photographs without a header, or parts of it with one.

use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use csv::ByteRecord;

use super::photo_id::is_photo_id;
use super::taken::{is_upload_time, taken};
use crate::claim::{Kind, Precision};
use crate::source::bounded::{self, Bounded};
use crate::source::column::Unit;
use crate::source::evidence::capped;
use crate::source::{ArchiveError, Key, Sink};

/// Where the three cells are that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Columns {
    photo_id: usize,
    taken: Option<usize>,
    uploaded: usize,
}

impl Columns {
    /// The published tables have no header. The later one begins with the line's number and has a hash of the photograph.
    fn published(cells: usize) -> Option<Self> {
        let (photo_id, taken, uploaded) = match cells {
            23 => (0, 3, 4),
            25 => (1, 5, 6),
            _ => return None,
        };
        Some(Self {
            photo_id,
            taken: Some(taken),
            uploaded,
        })
    }

    fn named(header: &ByteRecord) -> Option<Self> {
        let find = |name: &str| {
            header
                .iter()
                .position(|cell| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        };
        Some(Self {
            photo_id: find("photoid")?,
            taken: find("datetaken"),
            uploaded: find("dateuploaded")?,
        })
    }
}

/// Gives the photographs that are wanted to the sink.
pub(super) fn scan(path: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
    let io = |error| ArchiveError::Io {
        path: path.to_owned(),
        error,
    };
    let mut file = bounded::open(path)?;
    let first = first_line(file.fill_buf().map_err(io)?);
    let tabs = first.contains(&b'\t');
    let has_header = first
        .to_ascii_lowercase()
        .windows(7)
        .any(|word| word == b"photoid");
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (bounded, start) = Bounded::new(file);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        // The published cells are encoded as in urls, and a quote in them is a quote.
        .quoting(has_header)
        .flexible(true)
        .has_headers(false)
        .from_reader(bounded);
    let mut record = ByteRecord::new();
    let mut columns = None;
    loop {
        start.mark();
        if !read(&mut reader, &mut record).map_err(io)? {
            return Ok(());
        }
        match columns {
            None => {
                let found = if has_header {
                    Columns::named(&record)
                } else {
                    Columns::published(record.len())
                };
                let found = found.ok_or_else(|| unknown_columns(path, &record))?;
                columns = Some(found);
                if !has_header {
                    take(&name, &record, found, sink).map_err(io)?;
                }
            }
            Some(columns) => take(&name, &record, columns, sink).map_err(io)?,
        }
    }
}

fn first_line(start: &[u8]) -> &[u8] {
    &start[..memchr::memchr(b'\n', start).unwrap_or(start.len())]
}

fn read<R: Read>(reader: &mut csv::Reader<R>, record: &mut ByteRecord) -> io::Result<bool> {
    reader.read_byte_record(record).map_err(|error| {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            _ => io::Error::new(io::ErrorKind::InvalidData, text),
        }
    })
}

fn unknown_columns(path: &Path, record: &ByteRecord) -> ArchiveError {
    ArchiveError::Format {
        path: path.to_owned(),
        message: format!(
            "the first line has {} cells; allowed are YFCC100M's 25 or 23 without a header, or a header with photoid and dateuploaded",
            record.len()
        ),
    }
}

fn take(file: &str, record: &ByteRecord, columns: Columns, sink: &mut dyn Sink) -> io::Result<()> {
    let cell = |at: usize| {
        record
            .get(at)
            .and_then(|cell| std::str::from_utf8(cell).ok())
            .map(str::trim)
    };
    let line = || record.position().map_or(0, csv::Position::line);
    let Some(id) = cell(columns.photo_id).filter(|id| is_photo_id(id)) else {
        sink.skip(&format!("{file} line {}: no photo id", line()));
        return Ok(());
    };
    let key = Key::of(id);
    if !sink.wants(key) {
        return Ok(());
    }
    let uploaded_text = cell(columns.uploaded).unwrap_or("");
    let uploaded = FixedOffset::east_opt(0)
        .and_then(|utc| Unit::UnixSeconds.parse(uploaded_text, utc))
        .map(|(at, _)| at);
    let Some(uploaded) = uploaded else {
        sink.skip(&format!(
            "{file} line {}: dateuploaded is no number of seconds",
            line()
        ));
        return Ok(());
    };
    let evidence = capped(format!(
        "photo {id}: dateuploaded={uploaded_text} in {file}"
    ));
    sink.take(key, uploaded, Precision::Second, Kind::Posted, &evidence)?;
    let taken_text = columns.taken.and_then(cell).map(decode).unwrap_or_default();
    take_taken(key, id, &taken_text, uploaded, sink)
}

fn take_taken(
    key: Key,
    id: &str,
    text: &str,
    uploaded: DateTime<chrono::Utc>,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    match taken(text, 0) {
        Some((at, precision)) if !is_upload_time(at, uploaded) => {
            let evidence = capped(format!(
                "photo {id}: datetaken={text} by the owner's clock, read as UTC"
            ));
            sink.take(key, at, precision, Kind::Created, &evidence)
        }
        _ => Ok(()),
    }
}

/// Undoes the encoding of urls, in which a plus is a space.
fn decode(cell: &str) -> String {
    let hex = |at: usize| {
        let digits = cell.get(at + 1..at + 3)?;
        u8::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+'))
    };
    let (mut bytes, mut at) = (Vec::with_capacity(cell.len()), 0);
    while let Some(&byte) = cell.as_bytes().get(at) {
        let (decoded, length) = match (byte, hex(at)) {
            (b'%', Some(decoded)) => (decoded, 3),
            (b'+', _) => (b' ', 1),
            (byte, _) => (byte, 1),
        };
        bytes.push(decoded);
        at += length;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_decoded_as_urls_are() {
        assert_eq!(decode("2013-08-05+15%3A08%3A22.0"), "2013-08-05 15:08:22.0");
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%+1%zz%e9"), "% 1%zz\u{fffd}");
    }
}
