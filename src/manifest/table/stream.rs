//! Stream: the bytes of a table, unpacked, of which a bounded part is held.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// A row that is longer has an open quote or brace somewhere; without a bound it would swallow the rest of the file.
pub(super) const MAX_ROW_BYTES: usize = 64 << 20;
/// Read at once: what fits the processor's second-level cache.
pub(super) const READ_BYTES: usize = 256 << 10;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file read from its start to its end; what was read and not yet consumed lies in one piece.
pub(super) struct Stream {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    is_at_end: bool,
}

impl Stream {
    /// Opens a file, which is unpacked if its name ends in `.gz`, and passes over a byte order mark.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let packed = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        let source: Box<dyn Read + Send> = if packed {
            Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(
                READ_BYTES, file,
            )))
        } else {
            Box::new(file)
        };
        Self::new(source)
    }

    fn new(source: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut stream = Self {
            source,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            is_at_end: false,
        };
        while stream.bytes().len() < BYTE_ORDER_MARK.len() && !stream.is_at_end {
            stream.fill()?;
        }
        if stream.bytes().starts_with(BYTE_ORDER_MARK) {
            stream.consume(BYTE_ORDER_MARK.len());
        }
        Ok(stream)
    }

    /// What was read and not consumed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing comes after [`Stream::bytes`].
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Passes over the first `count` of [`Stream::bytes`].
    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }

    /// Reads more behind [`Stream::bytes`], or finds out that there is no more.
    ///
    /// # Errors
    /// When the file cannot be read, or so much is unconsumed that it cannot be one row.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        if self.end - self.start > MAX_ROW_BYTES {
            let message = format!(
                "the next row is longer than {MAX_ROW_BYTES} bytes; is a quote or brace left open?"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end + READ_BYTES > self.buffer.len() {
            // Doubling keeps a long row, which is parsed anew after each read, from taking quadratic time.
            let length = (2 * self.buffer.len()).max(self.end + READ_BYTES);
            self.buffer
                .resize(length.min(MAX_ROW_BYTES + READ_BYTES), 0);
        }
        while self.end < self.buffer.len() && !self.is_at_end {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.is_at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_passed_over_once() {
        let text = b"\xef\xbb\xbf\xef\xbb\xbfa".to_vec();
        let stream = Stream::new(Box::new(io::Cursor::new(text))).expect("a stream");
        assert_eq!(stream.bytes(), b"\xef\xbb\xbfa");
    }

    #[test]
    fn what_is_not_consumed_stays_and_what_never_ends_is_refused() {
        let mut stream = Stream::new(Box::new(io::repeat(b'x'))).expect("a stream");
        stream.consume(stream.bytes().len() - 2);
        stream.fill().expect("more");
        assert!(stream.bytes().len() > 2 && !stream.is_at_end());
        let error = std::iter::repeat_with(|| stream.fill().err()).find_map(|error| error);
        let error = error.expect("too long").to_string();
        assert!(error.contains("longer than 67108864 bytes"), "{error}");
        assert!(stream.buffer.len() <= MAX_ROW_BYTES + READ_BYTES);
    }
}
