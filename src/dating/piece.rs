//! A piece: the manifest of one chunk, in a folder of its own that is there when it is whole.

use std::path::Path;

use ticclip_fetchers::recover::{self, Answers, Recovery};

use super::chunk::Chunk;
use super::work::Work;
use super::{DatingError, Progress, repeats};
use crate::artefact::{NewFolder, remove_all};
use crate::manifest::{
    Dataset, ManifestMeta, ManifestWriter, Pair, PairRow, PairTable, PieceNote, Place, Rejected,
    RowCells, is_url,
};
use crate::part::Part;

/// So many rows are dated at once where neither servers nor archives are asked.
const ROWS_OFFLINE: usize = 1024;

/// Dates chunks.
pub(super) struct Dater<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) table: &'a PairTable,
    pub(super) recovery: &'a Recovery,
    pub(super) work: &'a Work,
    pub(super) meta: &'a ManifestMeta,
    pub(super) progress: &'a dyn Progress,
}

impl Dater<'_> {
    /// Dates a chunk that belongs to the part, unless it is done; of another chunk only the uids are noted. `repeated`
    /// are the pairs that do not count, as an earlier chunk has their uids.
    pub(super) fn date(
        &self,
        chunk: Chunk,
        repeated: &[u32],
        part: Part,
    ) -> Result<(), DatingError> {
        let (index, rows) = (chunk.index, chunk.rows.len() as u64);
        let folder = self.work.piece(index);
        let uids_are_known = self.work.uids(index).exists();
        if !part.takes(index) {
            if !uids_are_known {
                let pairs = chunk.into_pairs(self.table).filter_map(|row| match row {
                    PairRow::Pair(pair, _) => Some(pair.uid),
                    PairRow::Rejected(_) => None,
                });
                repeats::write(&self.work.uids(index), &pairs.collect::<Vec<_>>())?;
            }
        } else if !(uids_are_known && self.is_done(&folder, repeated)) {
            self.write(chunk, repeated, &folder)?;
        }
        self.progress.rows(rows);
        Ok(())
    }

    /// Whether the piece is there, without the same repeats, and no row of it is to be asked about again.
    fn is_done(&self, folder: &Path, repeated: &[u32]) -> bool {
        PieceNote::read(folder).is_some_and(|note| {
            note.repeated == repeated.len() as u64 && !note.stats.has_failures()
        })
    }

    fn write(&self, chunk: Chunk, repeated: &[u32], folder: &Path) -> Result<(), DatingError> {
        let index = chunk.index;
        let new = NewFolder::create(folder)?;
        let mut manifest = ManifestWriter::create(new.folder(), self.meta, self.table.columns())?;
        let answers = self.work.answers(index);
        // What is only read from the rows stays in the cache when few are dated at once; servers and archives are
        // better asked about many.
        let at_once = if self.recovery.is_online() || self.recovery.has_archives() {
            usize::MAX
        } else {
            ROWS_OFFLINE
        };
        let (mut pairs, mut uids) = (Vec::new(), Vec::with_capacity(chunk.rows.len()));
        let mut left = repeated.iter().peekable();
        for row in chunk.into_pairs(self.table) {
            match row {
                PairRow::Rejected(rejected) => manifest.reject(&rejected)?,
                PairRow::Pair(pair, place) => {
                    let position = uids.len() as u32;
                    uids.push(pair.uid);
                    if left.next_if(|&&repeat| repeat == position).is_some() {
                        manifest.reject(&self.repeated(&pair, place))?;
                    } else {
                        pairs.push(pair);
                    }
                }
            }
            if pairs.len() == at_once {
                self.settle(&pairs, &answers, &mut manifest)?;
                pairs.clear();
            }
        }
        self.settle(&pairs, &answers, &mut manifest)?;
        repeats::write(&self.work.uids(index), &uids)?;
        let stats = manifest.finish()?;
        let failed = stats.has_failures();
        let note = PieceNote {
            chunk: index,
            repeated: repeated.len() as u64,
            stats,
        };
        note.write(new.folder())?;
        new.finish()?;
        if !failed && answers.exists() {
            remove_all(&answers)?;
        }
        Ok(())
    }

    fn repeated(&self, pair: &Pair, place: Place) -> Rejected {
        self.table.rejected(
            place,
            Some(pair.uid),
            "duplicate-uid",
            "an earlier row has this uid".to_owned(),
        )
    }

    /// Dates the pairs and writes them down.
    fn settle(
        &self,
        pairs: &[Pair],
        answers: &Path,
        manifest: &mut ManifestWriter,
    ) -> Result<(), DatingError> {
        let cells: Vec<RowCells<'_>> = pairs
            .iter()
            .map(|pair| RowCells::new(self.table.columns(), &pair.values))
            .collect();
        let rows: Vec<recover::Row<'_>> = pairs
            .iter()
            .zip(&cells)
            .map(|(pair, cells)| recover::Row {
                uid: pair.uid.0,
                cells,
                image: &pair.image,
                image_path: (!is_url(&pair.image)).then(|| self.dataset.folder.join(&pair.image)),
            })
            .collect();
        let mut batch = self.recovery.begin(&rows)?;
        if batch.is_open() {
            let mut answers = Answers::open(answers)?;
            self.recovery.ask(&mut batch, &mut answers)?;
        }
        for (pair, found) in pairs.iter().zip(self.recovery.settle(batch)) {
            manifest.push(pair, &found)?;
        }
        Ok(())
    }
}
