//! TensorBoard's event file: curves of a run as TensorBoard reads them.
//!
//! The file is a series of TFRecords, each an `Event` in protocol buffers: one that names the format, then one for each
//! update. The time of an event is the caller's to give, so that the same values make the same bytes.
//!
//! A run that is resumed writes the file anew from `metrics.jsonl`: what a killed run wrote beyond its last state is gone.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::artefact::{ArtefactError, NewFile};

/// What the first event says the others are.
const VERSION: &str = "brain.Event:2";

/// Scalars at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalars<'a> {
    /// Seconds since 1970, UTC.
    pub wall_time: f64,
    /// Place on the horizontal axis.
    pub step: i64,
    /// Names of curves and their values. A name's part before a slash groups curves.
    pub values: &'a [(&'a str, f32)],
}

/// An event file that grows.
#[derive(Debug)]
pub struct EventFile {
    file: File,
}

impl EventFile {
    /// Writes the file with what is known so far, replacing one that is there.
    ///
    /// TensorBoard takes a file for its own if its name has `tfevents` in it.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create<'a>(
        path: &Path,
        began: f64,
        events: impl IntoIterator<Item = Scalars<'a>>,
    ) -> Result<Self, ArtefactError> {
        let mut file = BufWriter::new(NewFile::create(path)?);
        let mut records =
            std::iter::once(first(began)).chain(events.into_iter().map(|scalars| event(&scalars)));
        records
            .try_for_each(|event| file.write_all(&record(&event)))
            .map_err(ArtefactError::io(path))?;
        file.into_inner()
            .map_err(|error| ArtefactError::io(path)(error.into_error()))?
            .finish()?;
        let file = OpenOptions::new().append(true).open(path);
        Ok(Self {
            file: file.map_err(ArtefactError::io(path))?,
        })
    }

    /// Adds an event, which a running TensorBoard sees at once.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn append(&mut self, scalars: &Scalars<'_>) -> std::io::Result<()> {
        self.file.write_all(&record(&event(scalars)))
    }
}

fn first(wall_time: f64) -> Vec<u8> {
    let mut event = Message::default();
    event.double(1, wall_time);
    event.bytes(3, VERSION.as_bytes());
    event.0
}

fn event(scalars: &Scalars<'_>) -> Vec<u8> {
    let mut summary = Message::default();
    for (tag, value) in scalars.values {
        let mut curve = Message::default();
        curve.bytes(1, tag.as_bytes());
        curve.float(2, *value);
        summary.bytes(1, &curve.0);
    }
    let mut event = Message::default();
    event.double(1, scalars.wall_time);
    event.integer(2, scalars.step);
    event.bytes(5, &summary.0);
    event.0
}

/// A message of protocol buffers, field after field.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    /// A field's number and how it is written.
    fn key(&mut self, field: u8, form: u8) {
        self.0.push(field << 3 | form);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn integer(&mut self, field: u8, value: i64) {
        self.key(field, 0);
        self.varint(value as u64);
    }

    fn double(&mut self, field: u8, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u8, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    fn float(&mut self, field: u8, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }
}

/// A TFRecord: length and data, each with its checksum.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = Vec::with_capacity(data.len() + 16);
    record.extend(length);
    record.extend(masked(crc32c(&length)).to_le_bytes());
    record.extend(data);
    record.extend(masked(crc32c(data)).to_le_bytes());
    record
}

/// TFRecord's disguise of a checksum, for data that holds checksums itself.
const fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), a byte at a time: records are short.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        sum >> 8 ^ TABLE[usize::from(sum as u8 ^ byte)]
    })
}

/// What each value of a byte does to the checksum.
const TABLE: [u32; 256] = {
    /// The polynomial, lowest bit first.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ POLYNOMIAL
            } else {
                sum >> 1
            };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests;
