//! The stack machine that a pickle is a program for, without the parts that could do harm.

mod containers;
mod memo;
mod operands;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, BufReader, Read};

use super::opcode::runs_code;
use super::{Entry, Key, Leaf, PickleError};

/// How many values may wait on the stack; Python puts at most 2000 there at a time, and containers around them.
const MAX_STACK: usize = 1 << 17;
/// How many bytes of text may wait on the stack.
const MAX_TEXT_BYTES: usize = 64 << 20;
/// No text is longer.
const MAX_ONE_TEXT_BYTES: usize = 1 << 20;

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
