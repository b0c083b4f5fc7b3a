//! The members of a gzip file, decompressed one after the other: crawls write one a record, a hundred thousand a file.
//!
//! Two ways lead through a member. One whose end is in sight is decompressed at once, twice as fast: the next member's
//! first bytes show where it ends, and the four before them how long it becomes. Every other, long, last in a stream or
//! damaged, goes through a state that is kept between members. What the first way is not sure of is left to the second,
//! so that only that one knows errors.

use std::fs::File;
use std::io::{self, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::Decompressor;
use memchr::memmem;

const INPUT_BYTES: usize = 512 << 10;
/// What every member begins with: the format's two bytes, and deflate.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
/// Ten bytes before the data and eight behind it.
const MIN_MEMBER_BYTES: usize = 18;
/// Longer members are decompressed piece by piece.
const MAX_WHOLE_BYTES: usize = 4 << 20;
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
    whole: Decompressor,
    /// A member decompressed at once that was too long for who reads, and what of it was read.
    plain: Vec<u8>,
    plain_read: usize,
    at_end: bool,
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
            whole: Decompressor::new(),
            plain: Vec::new(),
            plain_read: 0,
            at_end: false,
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
                    self.at_end = read == 0 && self.end < self.input.len();
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

    /// Where the member that begins at `start` probably ends, if that is in sight.
    fn probable_end(&mut self) -> io::Result<Option<usize>> {
        let mut searched = MIN_MEMBER_BYTES;
        loop {
            let rest = &self.input[self.start..self.end];
            if let Some(at) = rest
                .get(searched..)
                .and_then(|rest| memmem::find(rest, &MAGIC))
            {
                return Ok(Some(self.start + searched + at));
            }
            searched = searched.max((rest.len() + 1).saturating_sub(MAGIC.len()));
            if self.at_end {
                return Ok((rest.len() >= MIN_MEMBER_BYTES).then_some(self.end));
            }
            if rest.len() == self.input.len() {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Decompresses the next member at once, into `buffer` if that is long enough; how much that gave. `None` leaves
    /// everything as it was.
    fn decompress_whole(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(end) = self.probable_end()? else {
            return Ok(None);
        };
        let member = &self.input[self.start..end];
        let Some(&[c0, c1, c2, c3, l0, l1, l2, l3]) = member.last_chunk() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if !member.starts_with(&MAGIC) || length > MAX_WHOLE_BYTES {
            return Ok(None);
        }
        let direct = length <= buffer.len();
        let plain = if direct {
            &mut buffer[..length]
        } else {
            self.plain.resize(length, 0);
            &mut self.plain[..]
        };
        // The decompressor checks the eight bytes behind the data, wherever they are. That they are the last eight is
        // checked here: between them and the next member there may be another, damaged one.
        let sure = self.whole.gzip_decompress(member, plain) == Ok(length)
            && crc32fast::hash(plain) == u32::from_le_bytes([c0, c1, c2, c3]);
        self.plain_read = 0;
        if !sure || direct {
            self.plain.clear();
        }
        if !sure {
            return Ok(None);
        }
        self.start = end;
        Ok(Some(if direct { length } else { 0 }))
    }

    /// Begins the next member; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        if self.start == self.end && !self.fill()? {
            return Ok(false);
        }
        let header = self.need(10)?;
        if !header.starts_with(&MAGIC) {
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
            if self.plain_read < self.plain.len() {
                let rest = &self.plain[self.plain_read..];
                let read = rest.len().min(buffer.len());
                buffer[..read].copy_from_slice(&rest[..read]);
                self.plain_read += read;
                return Ok(read);
            }
            if !self.within {
                match self.decompress_whole(buffer)? {
                    Some(0) => continue,
                    Some(read) => return Ok(read),
                    None if !self.begin()? => return Ok(0),
                    None => {}
                }
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

    /// Pseudo-random bytes: they stay as long as they are, and hold whatever a member may be mistaken for.
    fn noise(length: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
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
    fn members_of_all_lengths_and_false_beginnings_are_read() {
        let mut plain: Vec<Vec<u8>> = (0..300_u32)
            .map(|seed| noise(seed as usize * 40, seed))
            .collect();
        plain.push(noise(2 * INPUT_BYTES, 7));
        plain.push(vec![b'y'; MAX_WHOLE_BYTES + 1]);
        plain.push([&MAGIC[..], &noise(100, 1), &MAGIC, b"\0"].concat());
        plain.push(noise(INPUT_BYTES - 20, 8));
        let file: Vec<u8> = plain
            .iter()
            .map(|plain| {
                let mut member = GzEncoder::new(Vec::new(), Compression::none());
                member.write_all(plain).expect("memory takes it");
                member.finish().expect("memory takes it")
            })
            .collect::<Vec<_>>()
            .concat();
        assert!(read(&file).expect("the file is good") == plain.concat());
    }

    #[test]
    fn a_damaged_member_between_two_good_ones_is_not_passed_over() {
        let [first, mut second, third] =
            [b"one", b"two", b"six"].map(|plain| member(GzBuilder::new(), plain));
        second[0] = 0;
        assert!(read(&[first, second, third].concat()).is_err());
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
