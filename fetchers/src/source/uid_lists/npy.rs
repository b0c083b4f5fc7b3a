//! A uid list: a NumPy file with 16 bytes a uid, read through a buffer.

use std::io::{self, Read};

use super::Problem;
use super::period::Period;
use crate::claim::Kind;
use crate::source::{Key, Sink};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// No header of a uid list needs more; a longer one is a damaged or foreign file.
const MAX_HEADER_BYTES: u32 = 64 << 10;
const UID_BYTES: usize = 16;
const CHUNK_BYTES: usize = 1 << 18;

/// Gives the list's uids that are wanted to the sink.
pub(super) fn scan(mut list: impl Read, name: &str, sink: &mut dyn Sink) -> Result<(), Problem> {
    let period = Period::of_file(name).ok_or_else(|| {
        Problem::Format(format!(
            "`{name}` names no year or month; allowed are YYYY.npy and YYYYMM.npy"
        ))
    })?;
    let rows = read_header(&mut list)?;
    let mut left = rows
        .checked_mul(UID_BYTES as u64)
        .ok_or_else(|| Problem::Format(format!("{rows} rows")))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    while left > 0 {
        let part = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        list.read_exact(&mut chunk[..part])
            .map_err(|error| cut_off(error, rows, left))?;
        for row in chunk[..part].chunks_exact(UID_BYTES) {
            let key = key(row);
            if sink.wants(key) {
                sink.take(key, period.start, period.precision, Kind::Captured, name)?;
            }
        }
        left -= part as u64;
    }
    match list.read(&mut chunk[..1])? {
        0 => Ok(()),
        _ => Err(Problem::Format(format!(
            "goes on after the {rows} rows that its header promises"
        ))),
    }
}

/// The uid's first 16 hex digits are one little-endian number, its last 16 another.
fn key(row: &[u8]) -> Key {
    let half = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u64, |half, &byte| half << 8 | u64::from(byte))
    };
    let (first, last) = row.split_at(UID_BYTES / 2);
    Key(u128::from(half(first)) << 64 | u128::from(half(last)))
}

fn cut_off(error: io::Error, rows: u64, left: u64) -> Problem {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Format(format!(
            "is cut off: its header promises {rows} rows, and less than the last {} bytes of them are there",
            left
        )),
        _ => error.into(),
    }
}

/// Reads the header of versions 1 to 3; gives the number of rows.
fn read_header(list: &mut impl Read) -> Result<u64, Problem> {
    let foreign = |found: &str| {
        Problem::Format(format!(
            "{found}; a uid list is a one-dimensional .npy file of dtype [('f0', '<u8'), ('f1', '<u8')]"
        ))
    };
    let mut start = [0; 8];
    list.read_exact(&mut start)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => foreign("is no NumPy file"),
            _ => error.into(),
        })?;
    if !start.starts_with(MAGIC) || !matches!(start[6], 1..=3) {
        return Err(foreign("is no NumPy file"));
    }
    let mut length = [0; 4];
    let length_bytes = if start[6] == 1 { 2 } else { 4 };
    list.read_exact(&mut length[..length_bytes])?;
    let length = u32::from_le_bytes(length);
    if length > MAX_HEADER_BYTES {
        return Err(foreign("has a header of more than 64 KiB"));
    }
    let mut header = vec![0; length as usize];
    list.read_exact(&mut header)?;
    let header: String = header
        .into_iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(char::from)
        .collect();
    if !header.contains("'descr':[('f0','<u8'),('f1','<u8')]") {
        return Err(foreign("has another dtype"));
    }
    if !header.contains("'fortran_order':False") {
        return Err(foreign("is in Fortran's order"));
    }
    let shape = header
        .split_once("'shape':(")
        .and_then(|(_, rest)| rest.split_once(",)"));
    let rows = shape.and_then(|(rows, _)| rows.parse().ok());
    rows.ok_or_else(|| foreign("has another shape"))
}
