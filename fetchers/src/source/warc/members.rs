//! The members of a gzip file, decompressed one after the other: crawls write one a record, a hundred thousand a file.
//!
//! A general reader makes a new state for each and passes everything through two more buffers; this one keeps one state.

use std::fs::File;
use std::io::{self, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

const INPUT_BYTES: usize = 256 << 10;
/// What a member's header may have beside its ten bytes: a name, a comment and extra fields.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Reads the decompressed bytes of all members.
pub(super) struct Members {
    file: File,
    input: Vec<u8>,
    start: usize,
    end: usize,
    state: Decompress,
    checksum: Hasher,
    within: bool,
}

fn damaged(message: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("damaged gzip: {message}"),
    )
}

impl Members {
    /// Reads from the start of a file.
    pub(super) fn new(file: File) -> Self {
        Self {
            file,
            input: vec![0; INPUT_BYTES],
            start: 0,
            end: 0,
            state: Decompress::new(false),
            checksum: Hasher::new(),
            within: false,
        }
    }

    /// Reads on behind what is not yet used; whether there was anything.
    fn fill(&mut self) -> io::Result<bool> {
        self.input.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.file.read(&mut self.input[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn need(&mut self, bytes: usize) -> io::Result<&[u8]> {
        while self.end - self.start < bytes {
            if bytes > MAX_HEADER_BYTES || !self.fill()? {
                return Err(damaged("a member is cut off"));
            }
        }
        Ok(&self.input[self.start..self.end])
    }

    /// How long a text of the header is that begins here and ends with a zero.
    fn text_end(&mut self, from: usize) -> io::Result<usize> {
        let mut known = from;
        loop {
            let header = self.need(known + 1)?;
            if let Some(length) = memchr::memchr(0, &header[known..]) {
                return Ok(known + length + 1);
            }
            known = header.len();
        }
    }

    /// Begins the next member; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        if self.start == self.end && !self.fill()? {
            return Ok(false);
        }
        let header = self.need(10)?;
        if header[..3] != [0x1f, 0x8b, 8] {
            return Err(damaged("no member begins where one should"));
        }
        let flags = header[3];
        let mut length = 10;
        if flags & 4 != 0 {
            let header = self.need(12)?;
            length = 12 + usize::from(u16::from_le_bytes([header[10], header[11]]));
        }
        for flag in [8, 16] {
            if flags & flag != 0 {
                length = self.text_end(length)?;
            }
        }
        if flags & 2 != 0 {
            length += 2;
        }
        self.need(length)?;
        self.start += length;
        self.state.reset(false);
        self.checksum.reset();
        self.within = true;
        Ok(true)
    }

    /// Checks the eight bytes behind the data.
    fn finish(&mut self) -> io::Result<()> {
        let length = self.state.total_out();
        let checksum = self.checksum.clone().finalize();
        let trailer = self.need(8)?;
        let told = [checksum.to_le_bytes(), (length as u32).to_le_bytes()].concat();
        if trailer[..8] != told[..] {
            return Err(damaged("a member has not the checksum or length it should"));
        }
        self.start += 8;
        self.within = false;
        Ok(())
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within && !self.begin()? {
                return Ok(0);
            }
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let status = self
                .state
                .decompress(
                    &self.input[self.start..self.end],
                    buffer,
                    FlushDecompress::None,
                )
                .map_err(|error| damaged(&error.to_string()))?;
            let (read, written) = (
                (self.state.total_in() - read) as usize,
                (self.state.total_out() - written) as usize,
            );
            self.start += read;
            self.checksum.update(&buffer[..written]);
            if status == Status::StreamEnd {
                self.finish()?;
            } else if read == 0 && written == 0 && !self.fill()? {
                return Err(damaged("a member is cut off"));
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        io::Seek::rewind(&mut file)?;
        let mut plain = Vec::new();
        Members::new(file).read_to_end(&mut plain)?;
        Ok(plain)
    }

    fn member(builder: GzBuilder, plain: &[u8]) -> Vec<u8> {
        let mut member: GzEncoder<Vec<u8>> = builder.write(Vec::new(), Compression::default());
        member.write_all(plain).expect("memory takes it");
        member.finish().expect("memory takes it")
    }

    #[test]
    fn members_with_all_kinds_of_headers_are_read_one_after_the_other() {
        let long = vec![b'x'; 600_000];
        let rich = GzBuilder::new()
            .filename("a")
            .comment("b")
            .extra(vec![1; 9]);
        let file = [
            member(GzBuilder::new(), b"one "),
            member(rich, &long),
            member(GzBuilder::new(), b""),
            member(GzBuilder::new(), b" three"),
        ];
        let plain = read(&file.concat()).expect("the file is good");
        assert_eq!(plain, [&b"one "[..], &long, b" three"].concat());
        assert_eq!(read(b"").expect("nothing is no member"), b"");
    }

    #[test]
    fn damage_is_an_error_wherever_it_is() {
        let good = [
            member(GzBuilder::new(), b"one"),
            member(GzBuilder::new(), b"two"),
        ]
        .concat();
        for end in (1..good.len()).filter(|end| *end != good.len() / 2) {
            assert!(read(&good[..end]).is_err(), "cut at {end}");
        }
        let mut wrong = good;
        let last = wrong.len() - 5;
        wrong[last] ^= 1;
        assert!(read(&wrong).is_err());
    }
}
