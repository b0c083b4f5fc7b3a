//! JSON, as far as a table needs it: the members of an object as text.
//!
//! Texts are themselves, `null` is empty, and whatever else there is stands as it was written, without white space; so a
//! number of any length keeps its digits. Two things that Python writes are taken, too: `NaN` and infinities, which are
//! `null`, and halves of surrogate pairs, which are U+FFFD.

use std::borrow::Cow;

use memchr::memchr2;

use super::{BadRow, Cells};

/// Values within values.
const DEPTH: usize = 128;

const A_VALUE: &str = "a value";
const AN_ESCAPE: &str =
    "one of `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t`, `\\uXXXX`";

/// Objects read into rows.
pub(super) struct ObjectRows {
    columns: Vec<String>,
    text: String,
    spans: Vec<(usize, usize)>,
}

impl ObjectRows {
    /// Rows of these columns.
    pub(super) fn new(columns: Vec<String>) -> Self {
        Self {
            columns,
            text: String::new(),
            spans: Vec::new(),
        }
    }

    /// The values of the columns in an object. A key that is missing is empty; of several of one name the last counts.
    pub(super) fn cells(&mut self, object: &[u8]) -> Result<Cells, BadRow> {
        self.text.clear();
        self.spans.clear();
        self.spans.resize(self.columns.len(), (0, 0));
        let mut next = 0;
        let (columns, spans) = (&self.columns, &mut self.spans);
        members(object, &mut self.text, |key, start, end| {
            // Objects of one file mostly have their keys in one order.
            let column = match columns.get(next) {
                Some(column) if column == key => Some(next),
                _ => columns.iter().position(|column| column == key),
            };
            if let Some(column) = column {
                spans[column] = (start, end);
                next = column + 1;
            }
        })?;
        let bytes = self.spans.iter().map(|(start, end)| end - start).sum();
        let mut cells = Cells::with_capacity(self.spans.len(), bytes);
        for &(start, end) in &self.spans {
            cells.push(&self.text[start..end]);
        }
        Ok(cells)
    }
}

/// The keys of an object, each once, in their order.
pub(super) fn keys(object: &[u8]) -> Result<Vec<String>, BadRow> {
    let mut keys: Vec<String> = Vec::new();
    members(object, &mut String::new(), |key, _, _| {
        if !keys.iter().any(|other| other == key) {
            keys.push(key.to_owned());
        }
    })?;
    Ok(keys)
}

/// Appends the value of each member to `text`, and tells its key and where its value is.
fn members(
    object: &[u8],
    text: &mut String,
    mut member: impl FnMut(&str, usize, usize),
) -> Result<(), BadRow> {
    let object = std::str::from_utf8(object).map_err(|error| BadRow::NotJson {
        byte: error.valid_up_to() + 1,
        expected: "UTF-8",
    })?;
    let mut json = Json {
        text: object,
        at: 0,
    };
    json.expect(b'{', "`{`: a row is an object")?;
    if !json.take(b'}') {
        loop {
            let key = json.key()?;
            json.expect(b':', "`:`")?;
            let start = text.len();
            json.value(text)?;
            member(&key, start, text.len());
            if !json.take(b',') {
                break;
            }
        }
        json.expect(b'}', "`,` or `}`")?;
    }
    json.skip_space();
    if json.at < object.len() {
        return Err(json.wrong("the end of the row"));
    }
    Ok(())
}

/// Appends a text as JSON has it.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ..' ' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Json<'a> {
    fn wrong(&self, expected: &'static str) -> BadRow {
        let byte = self.at + 1;
        BadRow::NotJson { byte, expected }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), BadRow> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.wrong(expected))
    }

    fn key(&mut self) -> Result<Cow<'a, str>, BadRow> {
        self.expect(b'"', "a key in quotes")?;
        let start = self.at;
        let plain = self.plain()?;
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        self.at = start;
        let mut key = String::new();
        self.string(&mut key)?;
        Ok(Cow::Owned(key))
    }

    /// Appends the next value as text.
    fn value(&mut self, out: &mut String) -> Result<(), BadRow> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string(out)
            }
            _ if self.is_nothing() => self.nothing(),
            _ => self.compact(out, 0),
        }
    }

    fn is_nothing(&self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        matches!(rest, [b'n' | b'N' | b'I', ..] | [b'-', b'I', ..])
    }

    /// `null` and what is taken for it.
    fn nothing(&mut self) -> Result<(), BadRow> {
        let words = ["null", "NaN", "Infinity", "-Infinity"];
        let rest = &self.text.as_bytes()[self.at..];
        let word = words.iter().find(|word| rest.starts_with(word.as_bytes()));
        self.at += word.ok_or_else(|| self.wrong(A_VALUE))?.len();
        Ok(())
    }

    /// Appends the next value as JSON without white space.
    fn compact(&mut self, out: &mut String, depth: usize) -> Result<(), BadRow> {
        if depth > DEPTH {
            return Err(self.wrong("no more than 128 values within values"));
        }
        self.skip_space();
        let start = self.at;
        match self.peek() {
            Some(b'{') => return self.compact_object(out, depth),
            Some(b'[') => return self.compact_list(out, depth),
            Some(b'"') => {
                self.at += 1;
                self.quoted()?;
            }
            Some(b't') => self.word("true")?,
            Some(b'f') => self.word("false")?,
            _ if self.is_nothing() => {
                self.nothing()?;
                out.push_str("null");
                return Ok(());
            }
            _ => self.number()?,
        }
        out.push_str(&self.text[start..self.at]);
        Ok(())
    }

    fn compact_object(&mut self, out: &mut String, depth: usize) -> Result<(), BadRow> {
        self.at += 1;
        out.push('{');
        if !self.take(b'}') {
            loop {
                self.expect(b'"', "a key in quotes")?;
                let start = self.at - 1;
                self.quoted()?;
                out.push_str(&self.text[start..self.at]);
                self.expect(b':', "`:`")?;
                out.push(':');
                self.compact(out, depth + 1)?;
                if !self.take(b',') {
                    break;
                }
                out.push(',');
            }
            self.expect(b'}', "`,` or `}`")?;
        }
        out.push('}');
        Ok(())
    }

    fn compact_list(&mut self, out: &mut String, depth: usize) -> Result<(), BadRow> {
        self.at += 1;
        out.push('[');
        if !self.take(b']') {
            loop {
                self.compact(out, depth + 1)?;
                if !self.take(b',') {
                    break;
                }
                out.push(',');
            }
            self.expect(b']', "`,` or `]`")?;
        }
        out.push(']');
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), BadRow> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.wrong(A_VALUE));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), BadRow> {
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            // No digit may follow a leading zero; what comes next is found wrong by who reads on.
            Some(b'0') => self.at += 1,
            _ => self.digits(A_VALUE)?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("a digit")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits("a digit")?;
        }
        Ok(())
    }

    fn digits(&mut self, expected: &'static str) -> Result<(), BadRow> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.wrong(expected));
        }
        Ok(())
    }

    /// What comes before the next quote or backslash.
    fn plain(&mut self) -> Result<&'a str, BadRow> {
        let rest = &self.text[self.at..];
        let length = memchr2(b'"', b'\\', rest.as_bytes()).unwrap_or(rest.len());
        let plain = &rest[..length];
        // Looked at without a way out, which is several times as fast: there hardly ever is one.
        if plain.bytes().fold(false, |any, byte| any | (byte < b' ')) {
            self.at += plain.bytes().take_while(|&byte| byte >= b' ').count();
            return Err(self.wrong("an escape, such as `\\n`, for a control character"));
        }
        self.at += length;
        Ok(plain)
    }

    /// Appends a string, whose opening quote was taken, without its quotes and escapes.
    fn string(&mut self, out: &mut String) -> Result<(), BadRow> {
        loop {
            out.push_str(self.plain()?);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => out.push(self.escape()?),
                None => return Err(self.wrong("`\"`")),
            }
        }
    }

    /// Passes over a string, whose opening quote was taken.
    fn quoted(&mut self) -> Result<(), BadRow> {
        loop {
            self.plain()?;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => drop(self.escape()?),
                None => return Err(self.wrong("`\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, BadRow> {
        self.at += 1;
        let letter = match self.peek() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.numbered();
            }
            _ => return Err(self.wrong(AN_ESCAPE)),
        };
        self.at += 1;
        Ok(letter)
    }

    /// The character of the digits after `\u`, and of those of another such escape when they are two halves.
    fn numbered(&mut self) -> Result<char, BadRow> {
        let first = self.four_digits()?;
        if let Some(letter) = char::from_u32(first) {
            return Ok(letter);
        }
        let before = self.at;
        if first < 0xdc00 && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Result<u32, BadRow> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let value = digits.and_then(|digits| {
            digits.iter().try_fold(0, |value, &digit| {
                Some(value * 16 + char::from(digit).to_digit(16)?)
            })
        });
        let value = value.ok_or_else(|| self.wrong("four hex digits"))?;
        self.at += 4;
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
