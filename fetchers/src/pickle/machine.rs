//! The stack machine that a pickle is a program for, without the parts that could do harm.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufRead, BufReader, Read};

use super::opcode::runs_code;
use super::{Entry, Key, Leaf, MAX_KEPT, PickleError};

/// How many values may wait on the stack; Python puts at most 2000 there at a time, and containers around them.
const MAX_STACK: usize = 1 << 17;
/// How many bytes of text may wait on the stack.
const MAX_TEXT_BYTES: usize = 64 << 20;
/// No text is longer.
const MAX_ONE_TEXT_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 64;

/// Where a container belongs.
#[derive(Clone, Debug)]
struct Place {
    parent: usize,
    /// Its key, where the parent is a dict.
    key: Option<Name>,
}

/// A key as the first reading sees it: a text that is referred to is known only in the second.
#[derive(Clone, Debug)]
enum Name {
    Known(Key),
    Memo(u32),
}

/// What the first reading learns.
#[derive(Clone, Debug, Default)]
pub(super) struct Learnt {
    /// By the containers' numbers, which count them in the order in which they begin.
    places: BTreeMap<usize, Place>,
    /// The memo's entries that are referred to again.
    referred: BTreeSet<u32>,
}

/// Which of the two readings it is.
#[derive(Debug)]
pub(super) enum Pass {
    /// Learns the places.
    Learn,
    /// Gives the values.
    Give(Learnt),
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Mark,
    Dict(usize),
    List(usize),
    /// A range of the text buffer.
    Text(usize, usize),
    Int(i64),
    Other(&'static str),
    /// What the memo has, which only the second reading knows.
    Memo(u32),
}

#[derive(Clone, Debug)]
enum Kept {
    Text(String),
    Int(i64),
    Other(&'static str),
}

/// A reading of a pickle.
pub(super) struct Machine<'a, R: Read> {
    input: BufReader<R>,
    offset: u64,
    opcode_at: u64,
    stack: Vec<Item>,
    texts: Vec<u8>,
    containers: usize,
    learn: bool,
    learnt: Learnt,
    memo_next: u32,
    memo_containers: BTreeSet<u32>,
    memo: HashMap<u32, Kept>,
    memo_bytes: usize,
    /// The path of the container that values went to last: they come in batches.
    last_path: Option<(usize, Vec<Key>)>,
    each: &'a mut dyn FnMut(Entry<'_>) -> io::Result<()>,
}

impl<'a, R: Read> Machine<'a, R> {
    pub(super) fn new(
        reader: R,
        pass: Pass,
        each: &'a mut dyn FnMut(Entry<'_>) -> io::Result<()>,
    ) -> Self {
        let (learn, learnt) = match pass {
            Pass::Learn => (true, Learnt::default()),
            Pass::Give(learnt) => (false, learnt),
        };
        Self {
            input: BufReader::with_capacity(1 << 18, reader),
            offset: 0,
            opcode_at: 0,
            stack: Vec::new(),
            texts: Vec::new(),
            containers: 0,
            learn,
            learnt,
            memo_next: 0,
            memo_containers: BTreeSet::new(),
            memo: HashMap::new(),
            memo_bytes: 0,
            last_path: None,
            each,
        }
    }

    /// Reads up to the end of the program.
    pub(super) fn run(mut self) -> Result<Learnt, PickleError> {
        loop {
            self.opcode_at = self.offset;
            let [opcode] = self.array()?;
            if opcode == b'.' {
                return match self.stack[..] {
                    [_] => Ok(self.learnt),
                    _ => Err(self.bad("the end, but not exactly one value is left")),
                };
            }
            self.step(opcode)?;
        }
    }

    fn bad(&self, message: impl Into<String>) -> PickleError {
        PickleError::Format {
            offset: self.opcode_at,
            message: message.into(),
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            0x80 => {
                let [protocol] = self.array()?;
                if protocol > 5 {
                    return Err(self.bad(format!("protocol {protocol}; allowed are 0 to 5")));
                }
                Ok(())
            }
            0x95 => self.array::<8>().map(drop),
            b'(' => self.push(Item::Mark),
            b'0' => self.pop().map(drop),
            b'1' => self.pop_to_mark().map(|at| self.cut(at)),
            b'}' | b']' | b')' | 0x8f => self.begin(opcode == b'}').map(drop),
            b'l' | b't' | 0x91 => self.collect(false),
            b'd' => self.collect(true),
            0x85..=0x87 => {
                let from = self.stack.len().checked_sub(usize::from(opcode - 0x84));
                let from = from.ok_or_else(|| self.bad("the stack is empty"))?;
                self.wrap(from, from, false)
            }
            b'a' | b'e' | 0x90 => self.append(opcode != b'a'),
            b's' | b'u' => self.set(opcode == b'u'),
            0x94 => self.remember(self.memo_next),
            b'q' => self
                .array::<1>()
                .and_then(|[index]| self.remember(index.into())),
            b'r' => self
                .array()
                .and_then(|index| self.remember(u32::from_le_bytes(index))),
            b'p' => self.line_number().and_then(|index| self.remember(index)),
            b'h' => self
                .array::<1>()
                .and_then(|[index]| self.recall(index.into())),
            b'j' => self
                .array()
                .and_then(|index| self.recall(u32::from_le_bytes(index))),
            b'g' => self.line_number().and_then(|index| self.recall(index)),
            _ => self.leaf(opcode),
        }
    }

    fn leaf(&mut self, opcode: u8) -> Result<(), PickleError> {
        match opcode {
            0x8c => self.sized::<1>().and_then(|length| self.text(length)),
            b'X' => self.sized::<4>().and_then(|length| self.text(length)),
            0x8d => self.sized::<8>().and_then(|length| self.text(length)),
            b'U' => self.sized::<1>().and_then(|length| self.text(length)),
            b'T' => self.sized::<4>().and_then(|length| self.text(length)),
            b'C' => self.sized::<1>().and_then(|length| self.bytes(length)),
            b'B' => self.sized::<4>().and_then(|length| self.bytes(length)),
            0x8e | 0x96 => self.sized::<8>().and_then(|length| self.bytes(length)),
            b'K' => self
                .array()
                .and_then(|[number]: [u8; 1]| self.push(Item::Int(number.into()))),
            b'M' => self
                .array()
                .and_then(|number| self.push(Item::Int(u16::from_le_bytes(number).into()))),
            b'J' => self
                .array()
                .and_then(|number| self.push(Item::Int(i32::from_le_bytes(number).into()))),
            0x8a => self.sized::<1>().and_then(|length| self.long(length)),
            0x8b => self.sized::<4>().and_then(|length| self.long(length)),
            b'G' => self
                .array::<8>()
                .and_then(|_| self.push(Item::Other("a float"))),
            b'F' => self.line().and_then(|_| self.push(Item::Other("a float"))),
            b'I' | b'L' => self.written_number(),
            b'S' | b'V' => self.written_text(opcode),
            b'N' => self.push(Item::Other("None")),
            0x88 | 0x89 => self.push(Item::Other("a bool")),
            _ => Err(match runs_code(opcode) {
                Some(name) => PickleError::Code {
                    offset: self.opcode_at,
                    opcode: name,
                },
                None => self.bad(format!("0x{opcode:02x} is no opcode that is read")),
            }),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
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
    fn sized<const N: usize>(&mut self) -> Result<u64, PickleError> {
        let bytes = self.array::<N>()?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |length, &byte| length << 8 | u64::from(byte)))
    }

    fn line(&mut self) -> Result<String, PickleError> {
        let mut line = Vec::new();
        let most = MAX_ONE_TEXT_BYTES as u64;
        (&mut self.input).take(most).read_until(b'\n', &mut line)?;
        self.offset += line.len() as u64;
        if line.pop() != Some(b'\n') {
            return Err(self.bad("a line without end"));
        }
        String::from_utf8(line).map_err(|_| self.bad("a line that is not UTF-8"))
    }

    fn line_number(&mut self) -> Result<u32, PickleError> {
        let line = self.line()?;
        line.parse().map_err(|_| {
            self.bad(format!(
                "`{}` is no number of a memo entry",
                line.escape_debug()
            ))
        })
    }

    fn push(&mut self, item: Item) -> Result<(), PickleError> {
        if self.stack.len() >= MAX_STACK {
            return Err(self.bad(format!(
                "more than {MAX_STACK} values wait for their container"
            )));
        }
        self.stack.push(item);
        Ok(())
    }

    fn push_text(&mut self, text: &str) -> Result<(), PickleError> {
        let start = self.texts.len();
        if start + text.len() > MAX_TEXT_BYTES {
            return Err(self.bad(format!(
                "more than {MAX_TEXT_BYTES} bytes of text wait for their container"
            )));
        }
        self.texts.extend_from_slice(text.as_bytes());
        self.push(Item::Text(start, text.len()))
    }

    fn text(&mut self, length: u64) -> Result<(), PickleError> {
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

    fn bytes(&mut self, length: u64) -> Result<(), PickleError> {
        let passed = io::copy(&mut (&mut self.input).take(length), &mut io::sink())?;
        self.offset += passed;
        if passed < length {
            return Err(self.ended(io::ErrorKind::UnexpectedEof.into()));
        }
        self.push(Item::Other("bytes"))
    }

    fn long(&mut self, length: u64) -> Result<(), PickleError> {
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

    fn written_number(&mut self) -> Result<(), PickleError> {
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
    fn written_text(&mut self, opcode: u8) -> Result<(), PickleError> {
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

    fn pop(&mut self) -> Result<Item, PickleError> {
        let last = self
            .stack
            .len()
            .checked_sub(1)
            .ok_or_else(|| self.bad("the stack is empty"))?;
        let item = self.stack[last];
        self.cut(last);
        Ok(item)
    }

    /// Drops everything from this place of the stack on, and its texts.
    fn cut(&mut self, at: usize) {
        let text = self.stack[at..].iter().find_map(|item| match item {
            Item::Text(start, _) => Some(*start),
            _ => None,
        });
        if let Some(start) = text {
            self.texts.truncate(start);
        }
        self.stack.truncate(at);
    }

    fn pop_to_mark(&self) -> Result<usize, PickleError> {
        let mark = self
            .stack
            .iter()
            .rposition(|item| matches!(item, Item::Mark));
        mark.ok_or_else(|| self.bad("no mark on the stack"))
    }

    /// A new container on the stack.
    fn begin(&mut self, dict: bool) -> Result<usize, PickleError> {
        let number = self.containers;
        if number >= MAX_KEPT {
            return Err(self.bad(format!("more than {MAX_KEPT} containers")));
        }
        self.containers += 1;
        self.push(if dict {
            Item::Dict(number)
        } else {
            Item::List(number)
        })?;
        Ok(number)
    }

    /// Makes a container of everything above the mark.
    fn collect(&mut self, dict: bool) -> Result<(), PickleError> {
        let mark = self.pop_to_mark()?;
        self.wrap(mark, mark + 1, dict)
    }

    fn wrap(&mut self, cut: usize, from: usize, dict: bool) -> Result<(), PickleError> {
        let number = self.containers;
        self.containers += 1;
        if number >= MAX_KEPT {
            return Err(self.bad(format!("more than {MAX_KEPT} containers")));
        }
        if dict {
            self.put_pairs(number, from)?;
        } else {
            self.put_items(number, from)?;
        }
        self.cut(cut);
        self.push(if dict {
            Item::Dict(number)
        } else {
            Item::List(number)
        })
    }

    fn append(&mut self, many: bool) -> Result<(), PickleError> {
        let (cut, from) = self.waiting(many, 1)?;
        match cut.checked_sub(1).and_then(|at| self.stack.get(at)) {
            Some(&Item::List(number)) => self.put_items(number, from)?,
            _ => return Err(self.bad("values for a list, but there is none")),
        }
        self.cut(cut);
        Ok(())
    }

    fn set(&mut self, many: bool) -> Result<(), PickleError> {
        let (cut, from) = self.waiting(many, 2)?;
        match cut.checked_sub(1).and_then(|at| self.stack.get(at)) {
            Some(&Item::Dict(number)) => self.put_pairs(number, from)?,
            _ => return Err(self.bad("entries for a dict, but there is none")),
        }
        self.cut(cut);
        Ok(())
    }

    /// Where to cut the stack, and where the values begin that wait there.
    fn waiting(&self, many: bool, one: usize) -> Result<(usize, usize), PickleError> {
        if many {
            let mark = self.pop_to_mark()?;
            return Ok((mark, mark + 1));
        }
        let from = self
            .stack
            .len()
            .checked_sub(one)
            .ok_or_else(|| self.bad("the stack is empty"))?;
        Ok((from, from))
    }

    fn put_items(&mut self, parent: usize, from: usize) -> Result<(), PickleError> {
        for at in from..self.stack.len() {
            self.put(parent, None, self.stack[at])?;
        }
        Ok(())
    }

    fn put_pairs(&mut self, parent: usize, from: usize) -> Result<(), PickleError> {
        if !(self.stack.len() - from).is_multiple_of(2) {
            return Err(self.bad("a key without a value"));
        }
        for at in (from..self.stack.len()).step_by(2) {
            self.put(parent, Some(self.stack[at]), self.stack[at + 1])?;
        }
        Ok(())
    }

    fn put(&mut self, parent: usize, key: Option<Item>, value: Item) -> Result<(), PickleError> {
        match value {
            Item::Mark => Err(self.bad("a mark among values")),
            Item::Dict(child) | Item::List(child) if self.learn => {
                let key = key.map(|key| self.name(key)).transpose()?;
                self.learnt.places.insert(child, Place { parent, key });
                Ok(())
            }
            Item::Dict(_) | Item::List(_) => Ok(()),
            _ if self.learn => Ok(()),
            _ => self.give(parent, key, value),
        }
    }

    fn name(&self, key: Item) -> Result<Name, PickleError> {
        Ok(match key {
            Item::Memo(index) => Name::Memo(index),
            other => Name::Known(match self.seen(&other)? {
                Leaf::Text(text) => Key::Text(text.to_owned()),
                Leaf::Int(number) => Key::Int(number),
                Leaf::Other(kind) => Key::Other(kind),
            }),
        })
    }

    fn seen(&self, item: &Item) -> Result<Leaf<'_>, PickleError> {
        leaf(&self.texts, item).ok_or_else(|| self.bad("a value that is none"))
    }

    fn give(&mut self, parent: usize, key: Option<Item>, value: Item) -> Result<(), PickleError> {
        let path = match self.last_path.take() {
            Some((number, path)) if number == parent => path,
            _ => self.path(parent)?,
        };
        let none = || PickleError::Format {
            offset: self.opcode_at,
            message: "a value that is none".to_owned(),
        };
        let seen = |item: &Item| leaf(&self.texts, item).ok_or_else(none);
        let entry = Entry {
            path: &path,
            key: key.as_ref().map(seen).transpose()?,
            value: seen(&value)?,
        };
        (self.each)(entry)?;
        self.last_path = Some((parent, path));
        Ok(())
    }

    fn path(&self, container: usize) -> Result<Vec<Key>, PickleError> {
        let (mut path, mut at) = (Vec::new(), container);
        for _ in 0..MAX_DEPTH {
            let Some(place) = self.learnt.places.get(&at) else {
                path.reverse();
                return Ok(path);
            };
            match &place.key {
                None => {}
                Some(Name::Known(key)) => path.push(key.clone()),
                Some(Name::Memo(index)) => path.push(match self.memo.get(index) {
                    Some(Kept::Text(text)) => Key::Text(text.clone()),
                    Some(Kept::Int(number)) => Key::Int(*number),
                    Some(Kept::Other(kind)) => Key::Other(kind),
                    None => {
                        return Err(self.bad(format!(
                            "a key refers to memo entry {index}, which comes later"
                        )));
                    }
                }),
            }
            at = place.parent;
        }
        Err(self.bad(format!("containers in more than {MAX_DEPTH} others")))
    }

    fn remember(&mut self, index: u32) -> Result<(), PickleError> {
        self.memo_next = self.memo_next.max(index.saturating_add(1));
        let item = *self
            .stack
            .last()
            .ok_or_else(|| self.bad("the stack is empty"))?;
        if self.learn {
            if matches!(item, Item::Dict(_) | Item::List(_)) {
                self.memo_containers.insert(index);
            }
            return Ok(());
        }
        if !self.learnt.referred.contains(&index) {
            return Ok(());
        }
        let kept = match self.seen(&item)? {
            Leaf::Text(text) => Kept::Text(text.to_owned()),
            Leaf::Int(number) => Kept::Int(number),
            Leaf::Other(kind) => Kept::Other(kind),
        };
        if let Kept::Text(text) = &kept {
            self.memo_bytes += text.len();
        }
        if self.memo_bytes > MAX_TEXT_BYTES {
            return Err(self.bad(format!(
                "more than {MAX_TEXT_BYTES} bytes of text are referred to again"
            )));
        }
        self.memo.insert(index, kept);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<(), PickleError> {
        if self.learn {
            if self.memo_containers.contains(&index) {
                return Err(self.bad("a container is referred to again; allowed are texts"));
            }
            self.learnt.referred.insert(index);
            if self.learnt.referred.len() > MAX_KEPT {
                return Err(self.bad(format!("more than {MAX_KEPT} texts are referred to again")));
            }
            return self.push(Item::Memo(index));
        }
        match self.memo.get(&index).cloned() {
            Some(Kept::Text(text)) => self.push_text(&text),
            Some(Kept::Int(number)) => self.push(Item::Int(number)),
            Some(Kept::Other(kind)) => self.push(Item::Other(kind)),
            None => Err(self.bad(format!(
                "memo entry {index} is referred to before it is there"
            ))),
        }
    }
}

/// An item as a value; `None` for what is known only in the second reading.
fn leaf<'a>(texts: &'a [u8], item: &Item) -> Option<Leaf<'a>> {
    Some(match *item {
        Item::Text(start, length) => {
            Leaf::Text(std::str::from_utf8(texts.get(start..start + length)?).ok()?)
        }
        Item::Int(number) => Leaf::Int(number),
        Item::Other(kind) => Leaf::Other(kind),
        Item::Dict(_) | Item::List(_) => Leaf::Other("a container"),
        Item::Memo(_) | Item::Mark => return None,
    })
}
