//! Cells: the values of one row, as one text and where each of them ends.

use std::ops::Index;

/// The values of one row of a table. Takes two allocations, however many values there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells {
    text: String,
    ends: Vec<u32>,
}

impl Cells {
    /// Makes room for `cells` values of `bytes` bytes in all.
    pub(super) fn with_capacity(cells: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(cells),
        }
    }

    /// The values that lie one after another in `text`; each of `ends` is where a character ends, none is before the
    /// last.
    pub(super) fn from_parts(text: String, ends: Vec<u32>) -> Self {
        Self { text, ends }
    }

    /// Adds a value that `write` appends to the text.
    pub(super) fn push_with<E>(
        &mut self,
        write: impl FnOnce(&mut String) -> Result<(), E>,
    ) -> Result<(), E> {
        write(&mut self.text)?;
        // A row is refused long before it has so many bytes.
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Adds a value.
    pub(super) fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// Bytes of all values.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value at `index`, if there are so many.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = match index {
            0 => 0,
            _ => *self.ends.get(index - 1)? as usize,
        };
        self.text.get(start..end)
    }

    /// The values in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let value = &self.text[start..end as usize];
            start = end as usize;
            value
        })
    }
}

impl Index<usize> for Cells {
    type Output = str;

    /// The value at `index`, which must be there.
    fn index(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[index] as usize]
    }
}

impl<'a> FromIterator<&'a str> for Cells {
    fn from_iter<I: IntoIterator<Item = &'a str>>(values: I) -> Self {
        let mut cells = Self::default();
        for value in values {
            cells.push(value);
        }
        cells
    }
}

impl From<Vec<&str>> for Cells {
    fn from(values: Vec<&str>) -> Self {
        values.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_index() {
        let cells = Cells::from(vec!["", "é", "", "last"]);
        assert_eq!(cells.iter().collect::<Vec<_>>(), ["", "é", "", "last"]);
        assert_eq!((&cells[0], &cells[1], &cells[3]), ("", "é", "last"));
        assert_eq!((cells.get(2), cells.get(4)), (Some(""), None));
        assert_eq!((cells.len(), cells.is_empty()), (4, false));
        assert!(Cells::default().is_empty());
    }
}
