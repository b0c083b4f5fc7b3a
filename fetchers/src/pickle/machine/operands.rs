//! What follows an opcode: numbers, texts, lines.

use std::io::{self, BufRead, Read};

use super::{Item, MAX_ONE_TEXT_BYTES, MAX_TEXT_BYTES, Machine};
use crate::pickle::PickleError;

impl<R: Read> Machine<'_, R> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let mut bytes = [0; N];
        self.input
            .read_exact(&mut bytes)
            .map_err(|error| self.ended(error))?;
        self.offset += N as u64;
        Ok(bytes)
    }

    fn ended(&self, error: io::Error) -> PickleError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => PickleError::Format {
                offset: self.offset,
                message: "the file ends within the pickle".to_owned(),
            },
            _ => error.into(),
        }
    }

    /// A length of N bytes.
    pub(super) fn sized<const N: usize>(&mut self) -> Result<u64, PickleError> {
        let bytes = self.array::<N>()?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |length, &byte| length << 8 | u64::from(byte)))
    }

    pub(super) fn line(&mut self) -> Result<String, PickleError> {
        let mut line = Vec::new();
        let most = MAX_ONE_TEXT_BYTES as u64;
        (&mut self.input).take(most).read_until(b'\n', &mut line)?;
        self.offset += line.len() as u64;
        if line.pop() != Some(b'\n') {
            return Err(self.bad("a line without end"));
        }
        String::from_utf8(line).map_err(|_| self.bad("a line that is not UTF-8"))
    }

    pub(super) fn line_number(&mut self) -> Result<u32, PickleError> {
        let line = self.line()?;
        line.parse().map_err(|_| {
            self.bad(format!(
                "`{}` is no number of a memo entry",
                line.escape_debug()
            ))
        })
    }

    pub(super) fn text(&mut self, length: u64) -> Result<(), PickleError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let start = self.texts.len();
        if length > MAX_ONE_TEXT_BYTES || start + length > MAX_TEXT_BYTES {
            return Err(self.bad(format!(
                "a text of {length} bytes; allowed are {MAX_ONE_TEXT_BYTES}"
            )));
        }
        self.texts.resize(start + length, 0);
        let read = self.input.read_exact(&mut self.texts[start..]);
        read.map_err(|error| self.ended(error))?;
        self.offset += length as u64;
        if std::str::from_utf8(&self.texts[start..]).is_err() {
            return Err(self.bad("a text that is not UTF-8"));
        }
        self.push(Item::Text(start, length))
    }

    pub(super) fn bytes(&mut self, length: u64) -> Result<(), PickleError> {
        let passed = io::copy(&mut (&mut self.input).take(length), &mut io::sink())?;
        self.offset += passed;
        if passed < length {
            return Err(self.ended(io::ErrorKind::UnexpectedEof.into()));
        }
        self.push(Item::Other("bytes"))
    }

    pub(super) fn long(&mut self, length: u64) -> Result<(), PickleError> {
        if length > 8 {
            self.bytes(length)?;
            self.stack.pop();
            return self.push(Item::Other("a number of more than 64 bits"));
        }
        let mut bytes = [0; 8];
        let used = usize::try_from(length).unwrap_or(0);
        let read = self.input.read_exact(&mut bytes[..used]);
        read.map_err(|error| self.ended(error))?;
        self.offset += length;
        if used > 0 && bytes[used - 1] & 0x80 != 0 {
            bytes[used..].fill(0xff);
        }
        self.push(Item::Int(i64::from_le_bytes(bytes)))
    }

    pub(super) fn written_number(&mut self) -> Result<(), PickleError> {
        let line = self.line()?;
        if matches!(line.as_str(), "00" | "01") {
            return self.push(Item::Other("a bool"));
        }
        let digits = line.strip_suffix('L').unwrap_or(&line);
        match digits.parse() {
            Ok(number) => self.push(Item::Int(number)),
            Err(_) => Err(self.bad(format!(
                "`{}` is no whole number of 64 bits",
                line.escape_debug()
            ))),
        }
    }

    /// Texts that protocol 0 writes as lines. Those with escapes are no ids and are told apart from none.
    pub(super) fn written_text(&mut self, opcode: u8) -> Result<(), PickleError> {
        let line = self.line()?;
        let quoted = |quote: char| {
            line.strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote))
        };
        let text = match opcode {
            b'S' => quoted('\'')
                .or_else(|| quoted('"'))
                .ok_or_else(|| self.bad("a text without quotes"))?,
            _ => line.as_str(),
        };
        if text.contains('\\') {
            return self.push(Item::Other("a text with escapes"));
        }
        let text = text.to_owned();
        self.push_text(&text)
    }
}
