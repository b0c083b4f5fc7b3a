//! A chunk: a run of rows of a dataset's table, always the same ones, whoever reads them.

use std::collections::HashSet;

use ticclip_fetchers::recover;

use crate::manifest::{PairRow, PairTable, Row, RowCells, Rows, TableError};

/// So many rows are dated at once, and make a row group of the manifest.
const CHUNK_ROWS: usize = 65_536;
/// Or fewer, when their text is long.
const CHUNK_BYTES: usize = 64 << 20;

/// A run of rows.
pub(super) struct Chunk {
    /// Its number in the table, the first being 0.
    pub(super) index: u64,
    pub(super) rows: Vec<Row>,
}

/// Cuts rows into chunks.
pub(super) struct Chunks {
    rows: Rows,
    next: u64,
    ended: bool,
}

impl Chunks {
    pub(super) fn new(rows: Rows) -> Self {
        Self {
            rows,
            next: 0,
            ended: false,
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < CHUNK_ROWS && bytes < CHUNK_BYTES {
            match self.rows.next() {
                Some(Ok(row)) => {
                    bytes += row.bytes();
                    rows.push(row);
                }
                Some(Err(error)) => {
                    self.ended = true;
                    return Some(Err(error));
                }
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        // A table without rows has one chunk without rows: a manifest has its columns all the same.
        if rows.is_empty() && self.next > 0 {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(Ok(Chunk { index, rows }))
    }
}

impl Chunk {
    /// Its pairs, and what is none; of several with one uid in the chunk the first counts.
    pub(super) fn into_pairs(self, table: &PairTable) -> impl Iterator<Item = PairRow> {
        let mut seen = HashSet::with_capacity(self.rows.len());
        self.rows
            .into_iter()
            .map(move |row| table.pair(row, |uid| seen.insert(uid)))
    }

    /// Every pair as the sources see it.
    pub(super) fn for_each_row(&self, table: &PairTable, mut each: impl FnMut(&recover::Row<'_>)) {
        for row in &self.rows {
            if let PairRow::Pair(pair, _) = table.pair(row.clone(), |_| true) {
                let cells = RowCells::new(table.columns(), &pair.values);
                each(&recover::Row {
                    uid: pair.uid.0,
                    cells: &cells,
                    image: &pair.image,
                    image_path: None,
                });
            }
        }
    }
}
