//! The memo: values that are referred to again.

use std::io::Read;

use super::{Item, Kept, MAX_TEXT_BYTES, Machine};
use crate::pickle::{Leaf, MAX_KEPT, PickleError};

impl<R: Read> Machine<'_, R> {
    pub(super) fn remember(&mut self, index: u32) -> Result<(), PickleError> {
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

    pub(super) fn recall(&mut self, index: u32) -> Result<(), PickleError> {
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
