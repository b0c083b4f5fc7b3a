//! Table rule: which files a dataset's tables are, and what of their columns is known before they are opened.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};

/// The `table` of a dataset and what else says how it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRule {
    /// Paths or globs, in the order their rows are read.
    pub(super) patterns: Vec<String>,
    /// The names of the columns, for files that do not begin with them.
    pub(super) header: Option<Vec<String>>,
    /// Columns that are needed, which a table of JSON objects has though its first row may lack them.
    pub(super) named: Vec<String>,
}

impl TableRule {
    /// The same files without a row that names the columns: `columns` do.
    #[must_use]
    pub fn with_header(mut self, columns: Option<Vec<String>>) -> Self {
        self.header = columns;
        self
    }

    /// Says that `column` is needed.
    pub fn need(&mut self, column: &str) {
        if !self.named.iter().any(|named| named == column) {
            self.named.push(column.to_owned());
        }
    }
}

impl From<&str> for TableRule {
    fn from(pattern: &str) -> Self {
        Self {
            patterns: vec![pattern.to_owned()],
            ..Self::default()
        }
    }
}

impl From<&Self> for TableRule {
    fn from(rule: &Self) -> Self {
        rule.clone()
    }
}

impl<'de> Deserialize<'de> for TableRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Patterns)
    }
}

struct Patterns;

impl<'de> Visitor<'de> for Patterns {
    type Value = TableRule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or glob, or a list of at least one")
    }

    fn visit_str<E>(self, pattern: &str) -> Result<TableRule, E> {
        Ok(pattern.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<TableRule, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = list.next_element()? {
            patterns.push(pattern);
        }
        if patterns.is_empty() {
            return Err(serde::de::Error::invalid_length(0, &self));
        }
        Ok(TableRule {
            patterns,
            ..TableRule::default()
        })
    }
}
