//! Containers: what goes into them, and where they belong.

use std::io::Read;

use super::{Item, Kept, Machine, Name, Place, leaf};
use crate::pickle::{Entry, Key, Leaf, MAX_KEPT, PickleError};

const MAX_DEPTH: usize = 64;

impl<R: Read> Machine<'_, R> {
    /// A new container on the stack.
    pub(super) fn begin(&mut self, dict: bool) -> Result<usize, PickleError> {
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
    pub(super) fn collect(&mut self, dict: bool) -> Result<(), PickleError> {
        let mark = self.pop_to_mark()?;
        self.wrap(mark, mark + 1, dict)
    }

    pub(super) fn wrap(&mut self, cut: usize, from: usize, dict: bool) -> Result<(), PickleError> {
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

    pub(super) fn append(&mut self, many: bool) -> Result<(), PickleError> {
        let (cut, from) = self.waiting(many, 1)?;
        match cut.checked_sub(1).and_then(|at| self.stack.get(at)) {
            Some(&Item::List(number)) => self.put_items(number, from)?,
            _ => return Err(self.bad("values for a list, but there is none")),
        }
        self.cut(cut);
        Ok(())
    }

    pub(super) fn set(&mut self, many: bool) -> Result<(), PickleError> {
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

    pub(super) fn seen(&self, item: &Item) -> Result<Leaf<'_>, PickleError> {
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
}
