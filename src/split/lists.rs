//! Lists of a split: the uids of every step and side, written in their order as they are placed.

use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{FixedSizeBinaryArray, RecordBatch, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use sha2::{Digest, Sha256};

use super::placement::{Placed, Placement, side_index};
use super::{Counts, Side, SplitError, list_path, retrieval_path};
use crate::artefact::remove_all;
use crate::manifest::{ParquetFileError, ParquetWriter};
use crate::timeline::Timeline;
use crate::uid::{Uid, UidListWriter, write_uids};

/// The formula in words, for the record of a split.
pub(super) const RETRIEVAL_FORMULA: &str = "of the step's held-out pairs those with the smallest first 8 bytes, big-endian, of SHA-256(\"retrieval\", seed as 8 bytes little-endian, uid as 16 bytes big-endian); equal ones by uid";

/// The lists of all steps.
pub(super) struct Lists {
    folder: PathBuf,
    lists: Vec<[List; 2]>,
    seed: u64,
    retrieval: Option<u64>,
}

/// One list.
struct List {
    /// Without its ending.
    path: PathBuf,
    uids: Option<UidListWriter>,
    /// With dates, where it is wanted.
    table: Option<Option<ParquetWriter>>,
    count: u64,
    /// The pairs drawn so far, the last to stay on top.
    drawn: BinaryHeap<(u64, Uid)>,
}

impl Lists {
    /// Lists below `folder`, which are made when there is something to put into them.
    pub(super) fn new(
        folder: &Path,
        timeline: &Timeline,
        retrieval: Option<u64>,
        seed: u64,
        tables: bool,
    ) -> Self {
        let list = |side, step: &str| List {
            path: folder.join(list_path(side, step)),
            uids: None,
            table: tables.then_some(None),
            count: 0,
            drawn: BinaryHeap::new(),
        };
        let lists = timeline
            .steps()
            .iter()
            .map(|step| [Side::Train, Side::HeldOut].map(|side| list(side, &step.name)));
        Self {
            folder: folder.to_owned(),
            lists: lists.collect(),
            seed,
            retrieval,
        }
    }

    /// Adds what buckets hold, which come in the order of their uids.
    pub(super) fn extend(&mut self, placements: &[Placement]) -> Result<(), SplitError> {
        let (retrieval, seed) = (self.retrieval, self.seed);
        self.lists
            .par_iter_mut()
            .enumerate()
            .flat_map_iter(|(step, lists)| {
                lists
                    .iter_mut()
                    .enumerate()
                    .map(move |(side, list)| (step, side, list))
            })
            .try_for_each(|(step, side, list)| {
                for placement in placements {
                    let placed = &placement.steps[step][side];
                    list.extend(placed)?;
                    if let Some(pairs) = retrieval.filter(|_| side == side_index(Side::HeldOut)) {
                        list.draw(placed, pairs, seed);
                    }
                }
                Ok(())
            })
    }

    /// Gives all lists their names. Answers the steps and their counts; where `only_filled` says so, without those steps
    /// that have no pair.
    pub(super) fn finish(
        self,
        timeline: &Timeline,
        only_filled: bool,
    ) -> Result<(Timeline, Vec<Counts>), SplitError> {
        let (mut steps, mut counts) = (Vec::new(), Vec::new());
        for (step, [train, held_out]) in timeline.steps().iter().zip(self.lists) {
            if only_filled && train.count + held_out.count == 0 {
                continue;
            }
            let mut drawn: Vec<Uid> = held_out.drawn.iter().map(|drawn| drawn.1).collect();
            drawn.sort_unstable();
            if self.retrieval.is_some() {
                write_uids(&self.folder.join(retrieval_path(&step.name)), &drawn)?;
            }
            counts.push(Counts {
                train: train.finish()?,
                held_out: held_out.finish()?,
                retrieval: drawn.len() as u64,
            });
            steps.push(step.clone());
        }
        if steps.is_empty() {
            remove_all(&self.folder.join("train"))?;
        }
        Ok((Timeline::new(steps)?, counts))
    }
}

impl List {
    fn extend(&mut self, placed: &[Placed]) -> Result<(), SplitError> {
        if placed.is_empty() {
            return Ok(());
        }
        self.count += placed.len() as u64;
        let uids = match &mut self.uids {
            Some(uids) => uids,
            none => none.insert(UidListWriter::create(&self.path)?),
        };
        for pair in placed {
            uids.push(pair.uid)?;
        }
        if let Some(table) = &mut self.table {
            let path = self.path.with_extension("parquet");
            let table = match table {
                Some(table) => table,
                none => none.insert(ParquetWriter::create(&path, schema(), Vec::new())?),
            };
            table.write(&batch(&path, placed)?)?;
        }
        Ok(())
    }

    /// Keeps those of the pairs that are drawn as things stand.
    fn draw(&mut self, placed: &[Placed], pairs: u64, seed: u64) {
        for pair in placed {
            self.drawn.push((order(pair.uid, seed), pair.uid));
            if self.drawn.len() as u64 > pairs {
                self.drawn.pop();
            }
        }
    }

    fn finish(self) -> Result<u64, SplitError> {
        let uids = match self.uids {
            Some(uids) => uids,
            None => UidListWriter::create(&self.path)?,
        };
        uids.finish()?;
        if let Some(table) = self.table {
            let table = match table {
                Some(table) => table,
                None => {
                    let path = self.path.with_extension("parquet");
                    ParquetWriter::create(&path, schema(), Vec::new())?
                }
            };
            table.finish()?;
        }
        Ok(self.count)
    }
}

fn schema() -> Arc<Schema> {
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("uid", DataType::FixedSizeBinary(16), false),
        Field::new("timestamp", instant, false),
    ]))
}

fn batch(path: &Path, placed: &[Placed]) -> Result<RecordBatch, ParquetFileError> {
    let uids = placed.iter().map(|pair| pair.uid.to_be_bytes());
    let uids = FixedSizeBinaryArray::try_from_iter(uids).map_err(ParquetFileError::arrow(path))?;
    let dates: TimestampMicrosecondArray = placed.iter().map(|pair| Some(pair.at_micros)).collect();
    RecordBatch::try_new(
        schema(),
        vec![Arc::new(uids), Arc::new(dates.with_timezone("UTC"))],
    )
    .map_err(ParquetFileError::arrow(path))
}

/// Where a pair stands in the order that pairs are drawn in.
fn order(uid: Uid, seed: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update("retrieval");
    hash.update(seed.to_le_bytes());
    hash.update(uid.to_be_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}
