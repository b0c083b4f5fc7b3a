//! The records of a WARC file, one after the other, in a buffer of bounded size.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use memchr::memmem;

use super::members::Members;

/// How much is read at once: what fits the cache, as it is looked at soon.
const CHUNK_BYTES: usize = 128 << 10;
/// No header is longer.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Longer records are passed over: Common Crawl cuts pages at 1 MiB, and links make a WAT record some times that.
const MAX_BODY_BYTES: u64 = 16 << 20;

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    /// The lines before the empty one.
    pub(super) header: &'a [u8],
    /// What follows; `None` if it is too long to be looked at.
    pub(super) body: Option<&'a [u8]>,
    /// Where the record begins, counted in decompressed bytes.
    pub(super) offset: u64,
}

/// Reads records. The gzip members of a file are decompressed one after the other.
pub(super) struct Records {
    input: Box<dyn Read>,
    buffer: Vec<u8>,
    /// What of the buffer is not yet used.
    start: usize,
    end: usize,
    /// Decompressed bytes before `start`.
    passed: u64,
    at_end: bool,
    /// The header of a record that is too long for the buffer.
    long_header: Vec<u8>,
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

impl Records {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut start = Vec::new();
        (&mut file).take(2).read_to_end(&mut start)?;
        file.rewind()?;
        let gzip = start == [0x1f, 0x8b];
        let input: Box<dyn Read> = if gzip {
            Box::new(Members::new(file))
        } else {
            Box::new(file)
        };
        Ok(Self {
            input,
            buffer: vec![0; 2 * CHUNK_BYTES],
            start: 0,
            end: 0,
            passed: 0,
            at_end: false,
            long_header: Vec::new(),
        })
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        if !self.skip_blank()? {
            return Ok(None);
        }
        let offset = self.passed;
        let (header_bytes, body_start) = self.find_header()?;
        let header = &self.buffer[self.start..self.start + header_bytes];
        if !header.starts_with(b"WARC/") {
            return Err(invalid(format!(
                "no WARC record at decompressed byte {offset}"
            )));
        }
        let length = field(header, "content-length")
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or_else(|| {
                invalid(format!(
                    "the record at decompressed byte {offset} has no Content-Length"
                ))
            })?;
        if length > MAX_BODY_BYTES {
            self.long_header.clear();
            self.long_header.extend_from_slice(header);
            self.pass(body_start);
            self.discard(length, offset)?;
            return Ok(Some(Record {
                header: &self.long_header,
                body: None,
                offset,
            }));
        }
        let whole = body_start
            + usize::try_from(length).map_err(|_| invalid("a record is too long".to_owned()))?;
        if !self.fill(whole)? {
            return Err(invalid(format!(
                "the record at decompressed byte {offset} is cut off"
            )));
        }
        let begin = self.start;
        self.pass(whole);
        Ok(Some(Record {
            header: &self.buffer[begin..begin + header_bytes],
            body: Some(&self.buffer[begin + body_start..begin + whole]),
            offset,
        }))
    }

    /// Whether at least `bytes` are in the buffer after reading as much as it takes.
    fn fill(&mut self, bytes: usize) -> io::Result<bool> {
        if self.end - self.start >= bytes {
            return Ok(true);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < bytes {
            self.buffer.resize(bytes + CHUNK_BYTES, 0);
        }
        while self.end < bytes && !self.at_end {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end >= bytes)
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.passed += bytes as u64;
    }

    /// Passes the empty lines after a record; whether anything follows.
    fn skip_blank(&mut self) -> io::Result<bool> {
        while self.fill(1)? {
            if !matches!(self.buffer[self.start], b'\r' | b'\n') {
                return Ok(true);
            }
            self.pass(1);
        }
        Ok(false)
    }

    /// How long the header is, and where the body begins.
    fn find_header(&mut self) -> io::Result<(usize, usize)> {
        let mut wanted = 4096;
        loop {
            let more = self.fill(wanted)?;
            let known = &self.buffer[self.start..self.end.min(self.start + MAX_HEADER_BYTES)];
            if let Some(length) = memmem::find(known, b"\r\n\r\n") {
                return Ok((length, length + 4));
            }
            if !more || wanted > MAX_HEADER_BYTES {
                return Err(invalid(format!(
                    "no WARC record at decompressed byte {}",
                    self.passed
                )));
            }
            wanted *= 2;
        }
    }

    fn discard(&mut self, mut bytes: u64, offset: u64) -> io::Result<()> {
        while bytes > 0 {
            if !self.fill(1)? {
                return Err(invalid(format!(
                    "the record at decompressed byte {offset} is cut off"
                )));
            }
            let known = self.end - self.start;
            let part = usize::try_from(bytes).map_or(known, |bytes| bytes.min(known));
            self.pass(part);
            bytes -= part as u64;
        }
        Ok(())
    }
}

/// The value of a header line by its name in lower case.
pub(super) fn field<'a>(header: &'a [u8], name: &str) -> Option<&'a str> {
    header.split(|&byte| byte == b'\n').find_map(|line| {
        let (key, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?;
        if !key.eq_ignore_ascii_case(name.as_bytes()) {
            return None;
        }
        std::str::from_utf8(value.trim_ascii()).ok()
    })
}
