//! Pair table: a dataset's table, and how its rows become pairs or are none.

use ticclip_fetchers::source;

use super::{
    Cells, Dataset, ImageRule, Pair, PairRules, Pairs, Rejected, Row, Rows, TableError, Tables,
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

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The file, an index into [`Tables::files`].
    pub file: usize,
    /// The row, the first after the header being 1.
    pub number: u64,
}

/// A row of a dataset's table.
#[derive(Debug)]
pub enum PairRow {
    /// It is a pair.
    Pair(Pair, Place),
    /// It is none.
    Rejected(Rejected),
}

/// A dataset's table.
#[derive(Debug)]
pub struct PairTable {
    tables: Tables,
    rules: PairRules,
    columns: TableColumns,
}

impl PairTable {
    /// Finds the tables of a dataset and the columns of its rules.
    ///
    /// # Errors
    /// When a table or column is not there.
    pub fn open(dataset: &Dataset) -> Result<Self, TableError> {
        let tables = Tables::open(&dataset.folder, &dataset.pairs.table)?;
        Ok(Self {
            rules: PairRules::new(&dataset.pairs, &tables)?,
            columns: TableColumns::new(tables.columns(), &dataset.pairs),
            tables,
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

    /// The rows, from the first on.
    pub fn rows(&self) -> Rows {
        self.tables.rows()
    }

    /// The pair of a row, unless `is_new` says that its uid is taken.
    pub fn pair(&self, row: Row, is_new: impl FnOnce(Uid) -> bool) -> PairRow {
        let place = Place {
            file: row.file,
            number: row.number,
        };
        let reject = |uid, reason: &str, detail| {
            PairRow::Rejected(self.rejected(place, uid, reason, detail))
        };
        let values = match row.values {
            Ok(values) => values,
            Err(error) => return reject(None, error.reason(), error.to_string()),
        };
        match self.rules.pair(values) {
            Ok(pair) if is_new(pair.uid) => PairRow::Pair(pair, place),
            Ok(pair) => reject(
                Some(pair.uid),
                "duplicate-uid",
                "an earlier row has this uid".to_owned(),
            ),
            Err(refusal) => reject(refusal.uid, refusal.reason, refusal.detail),
        }
    }

    /// A row that is left out.
    pub fn rejected(
        &self,
        place: Place,
        uid: Option<Uid>,
        reason: &str,
        detail: String,
    ) -> Rejected {
        let table = self.tables.files()[place.file].file_name();
        Rejected {
            table: table.map(|name| name.to_string_lossy().into_owned()),
            row: Some(place.number),
            uid,
            image: None,
            reason: reason.to_owned(),
            detail,
        }
    }
}

/// A row's values by the names of their columns, as timestamp sources ask for them.
#[derive(Debug, Clone, Copy)]
pub struct RowCells<'a> {
    names: &'a [String],
    values: &'a Cells,
}

impl<'a> RowCells<'a> {
    /// The values of a row of the table with these columns.
    pub fn new(columns: &'a TableColumns, values: &'a Cells) -> Self {
        Self {
            names: columns.names(),
            values,
        }
    }
}

impl source::Cells for RowCells<'_> {
    fn cell(&self, column: &str) -> Option<&str> {
        let index = self.names.iter().position(|name| name == column)?;
        self.values.get(index)
    }
}
