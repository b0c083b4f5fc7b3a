//! Pair reader: a dataset's pairs in the order of its tables, and the rows that are none.

use std::collections::HashSet;

use super::{
    BadRow, Dataset, ImageRule, Pair, PairRules, Pairs, Rejected, Row, Rows, TableError, Tables,
    UidRule,
};
use crate::uid::Uid;

/// What `manifest.parquet` itself calls its columns.
pub(super) const OWN_COLUMNS: [&str; 10] = [
    "uid",
    "image",
    "caption",
    "timestamp",
    "precision",
    "kind",
    "source",
    "outcome",
    "reason",
    "class",
];

/// The columns of a dataset's table, and which of them a manifest keeps under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumns {
    names: Vec<String>,
    kept: Vec<(usize, String)>,
}

impl TableColumns {
    fn new(names: &[String], pairs: &Pairs) -> Self {
        let mut kept = Vec::new();
        for (index, name) in names.iter().enumerate() {
            if !OWN_COLUMNS.contains(&name.as_str()) {
                kept.push((index, name.clone()));
            } else if !is_same(name, pairs) {
                kept.push((index, format!("table.{name}")));
            }
        }
        Self {
            names: names.to_vec(),
            kept,
        }
    }

    /// The names as the table has them, in the order of [`Pair::values`].
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the value of `column` is in [`Pair::values`].
    pub fn index_of(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// Index and name of every column that a manifest keeps. One whose name the manifest needs for its own
    /// is kept as `table.NAME`, unless the manifest's column has the same values.
    pub fn kept(&self) -> &[(usize, String)] {
        &self.kept
    }
}

/// Whether the manifest's own column of this name is made of the table's column of this name.
fn is_same(name: &str, pairs: &Pairs) -> bool {
    match name {
        "uid" => pairs.uid == UidRule::Column(name.to_owned()),
        "image" => pairs.image == ImageRule::Column(name.to_owned()),
        "caption" => pairs.caption.columns().contains(&name),
        "class" => pairs
            .class
            .as_ref()
            .is_some_and(|class| class.column == name),
        _ => false,
    }
}

/// A row of a dataset's table.
#[derive(Debug)]
pub enum PairRow {
    /// It is a pair.
    Pair(Pair),
    /// It is none.
    Rejected(Rejected),
}

/// Reads a dataset's pairs; of several with one uid the first counts. Remembers every uid: 16 bytes a pair.
pub struct PairReader {
    tables: Tables,
    rows: Rows,
    rules: PairRules,
    columns: TableColumns,
    seen: HashSet<Uid>,
}

impl PairReader {
    /// Finds the tables of a dataset and the columns of its rules.
    ///
    /// # Errors
    /// When a table or column is not there.
    pub fn open(dataset: &Dataset) -> Result<Self, TableError> {
        let tables = Tables::open(&dataset.folder, &dataset.pairs.table)?;
        Ok(Self {
            rows: tables.rows(),
            rules: PairRules::new(&dataset.pairs, &tables)?,
            columns: TableColumns::new(tables.columns(), &dataset.pairs),
            tables,
            seen: HashSet::new(),
        })
    }

    /// The tables it reads.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Their columns.
    pub fn columns(&self) -> &TableColumns {
        &self.columns
    }

    fn row(&mut self, row: Row) -> PairRow {
        let reject = |uid, reason: &str, detail| {
            let table = self.tables.files()[row.file].file_name();
            PairRow::Rejected(Rejected {
                table: table.map(|name| name.to_string_lossy().into_owned()),
                row: Some(row.number),
                uid,
                image: None,
                reason: reason.to_owned(),
                detail,
            })
        };
        let values = match row.values {
            Ok(values) => values,
            Err(error @ BadRow::FieldCount { .. }) => {
                return reject(None, "wrong-field-count", error.to_string());
            }
            Err(error @ BadRow::NotUtf8 { .. }) => {
                return reject(None, "not-utf-8", error.to_string());
            }
        };
        match self.rules.pair(values) {
            Ok(pair) if self.seen.insert(pair.uid) => PairRow::Pair(pair),
            Ok(pair) => reject(
                Some(pair.uid),
                "duplicate-uid",
                "an earlier row has this uid".to_owned(),
            ),
            Err(refusal) => reject(refusal.uid, refusal.reason, refusal.detail),
        }
    }
}

impl Iterator for PairReader {
    type Item = Result<PairRow, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map(|row| self.row(row)))
    }
}
