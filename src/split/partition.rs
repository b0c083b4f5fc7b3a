//! Partition: every pair of a manifest into the uid list of its time step and side.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rayon::slice::ParallelSliceMut;
use thiserror::Error;

use super::held_out::FORMULA;
use super::{Counts, SPLIT_FILE, Side, SplitRecord, TimelineRecord, is_held_out, list_path};
use crate::artefact::{ArtefactError, NewFile};
use crate::manifest::{
    HeldOut, ManifestReadError, ParquetFileError, Rejected, RejectedWriter, read_dates,
};
use crate::timeline::{Timeline, TimelineError, TimelineRule};
use crate::uid::{Uid, UidListError, UidListWriter};

/// What a split makes in its folder.
pub const SPLIT_ENTRIES: [&str; 5] = [
    "train",
    "eval",
    "sizes.json",
    "rejected.parquet",
    SPLIT_FILE,
];

/// Why a manifest cannot be split.
#[derive(Debug, Error)]
pub enum SplitError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestReadError),
    /// The steps are no timeline.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The rule finds no step in the data.
    #[error("{}: none of its {rows} rows has a date that the {rule} timeline takes in", manifest.display())]
    NoSteps {
        /// The manifest.
        manifest: PathBuf,
        /// Its rows.
        rows: u64,
        /// The rule.
        rule: &'static str,
    },
    /// There is nothing to learn from in some step.
    #[error("no pairs to train on in {}; all steps: {}", empty.join(", "), counts.join(", "))]
    EmptyStep {
        /// The names of the empty steps.
        empty: Vec<String>,
        /// Every step with its counts, in order of time.
        counts: Vec<String>,
    },
    /// A uid list cannot be written.
    #[error(transparent)]
    List(#[from] UidListError),
    /// The list of rejected rows cannot be written.
    #[error(transparent)]
    Rejected(#[from] ParquetFileError),
    /// A file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// A record cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record is not what it should be.
    #[error("{}: {source}", path.display())]
    Json {
        /// The record.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// A split to be made.
#[derive(Debug, Clone)]
pub struct SplitJob {
    /// The manifest, its folder or any Parquet file with the columns `uid` and `timestamp`.
    pub manifest: PathBuf,
    /// The time steps.
    pub timeline: TimelineRule,
    /// What is kept for evaluation; `None` keeps nothing.
    pub held_out: Option<HeldOut>,
}

/// A pair that is in a step. The row decides between two of one uid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    uid: Uid,
    row: u64,
    step: usize,
}

impl SplitJob {
    /// Writes the uid lists, `sizes.json`, `rejected.parquet` and `split.json` into `folder`.
    ///
    /// A row without a date, outside the timeline, or of a uid that an earlier row has, is left out, counted and
    /// listed. Memory: 48 bytes a pair.
    ///
    /// # Errors
    /// When the manifest cannot be read, the disk refuses, or a step has nothing to train on.
    pub fn run(&self, folder: &Path) -> Result<SplitRecord, SplitError> {
        let (rows, timeline) = self.timeline()?;
        let mut reject = Reject::create(folder)?;
        let pairs = self.place(&timeline, &mut reject)?;
        let counts = self.write_lists(folder, &timeline, &pairs)?;
        let record = self.record(rows, &timeline, &counts, reject.finish()?);
        let sizes = counts
            .iter()
            .zip(timeline.steps())
            .flat_map(|(counts, step)| {
                [
                    (Side::Train, counts.train),
                    (Side::HeldOut, counts.held_out),
                ]
                .map(|(side, count)| (list_path(side, &step.name), count))
            });
        write_json(
            &folder.join("sizes.json"),
            &sizes.collect::<BTreeMap<_, _>>(),
        )?;
        write_json(&folder.join(SPLIT_FILE), &record)?;
        Ok(record)
    }

    /// The number of rows and the time steps; one pass over the dates.
    fn timeline(&self) -> Result<(u64, Timeline), SplitError> {
        let mut rows = 0;
        let mut days = BTreeSet::new();
        for row in read_dates(&self.manifest)? {
            let at = row?.timestamp;
            rows += 1;
            if let Some(at) = at {
                days.insert(at.timestamp().div_euclid(86_400));
            }
        }
        let none = |error| match error {
            TimelineError::NoSteps => SplitError::NoSteps {
                manifest: self.manifest.clone(),
                rows,
                rule: self.timeline.name(),
            },
            error => error.into(),
        };
        Ok((rows, self.timeline.resolve(&days).map_err(none)?))
    }

    /// Every pair that is in a step, sorted by uid, each uid once.
    fn place(&self, timeline: &Timeline, reject: &mut Reject) -> Result<Vec<Placed>, SplitError> {
        let mut pairs = Vec::new();
        for row in read_dates(&self.manifest)? {
            let row = row?;
            let date = row.timestamp;
            match (date, date.and_then(|at| timeline.step_of(at))) {
                (_, Some(step)) => pairs.push(Placed {
                    uid: row.uid,
                    row: row.row,
                    step,
                }),
                (None, None) => reject.push(row.row, row.uid, "undated", None)?,
                (date, None) => reject.push(row.row, row.uid, "outside-timeline", date)?,
            }
        }
        pairs.par_sort_unstable();
        let mut kept: Vec<Placed> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            if kept.last().is_some_and(|before| before.uid == pair.uid) {
                reject.push(pair.row, pair.uid, "duplicate-uid", None)?;
            } else {
                kept.push(pair);
            }
        }
        Ok(kept)
    }

    /// Writes the lists of all steps and answers how long they are.
    fn write_lists(
        &self,
        folder: &Path,
        timeline: &Timeline,
        pairs: &[Placed],
    ) -> Result<Vec<Counts>, SplitError> {
        let held: Vec<bool> = pairs
            .iter()
            .map(|pair| self.is_held_out(pair.uid))
            .collect();
        let mut counts = vec![Counts::default(); timeline.steps().len()];
        for (pair, &held) in pairs.iter().zip(&held) {
            let counts = &mut counts[pair.step];
            *(if held {
                &mut counts.held_out
            } else {
                &mut counts.train
            }) += 1;
        }
        refuse_empty(timeline, &counts)?;
        for (index, step) in timeline.steps().iter().enumerate() {
            for side in [Side::Train, Side::HeldOut] {
                let mut list = UidListWriter::create(&folder.join(list_path(side, &step.name)))?;
                for (pair, &held) in pairs.iter().zip(&held) {
                    if pair.step == index && held == (side == Side::HeldOut) {
                        list.push(pair.uid)?;
                    }
                }
                list.finish()?;
            }
        }
        Ok(counts)
    }

    fn is_held_out(&self, uid: Uid) -> bool {
        self.held_out
            .is_some_and(|held_out| is_held_out(uid, held_out))
    }

    fn record(
        &self,
        rows: u64,
        timeline: &Timeline,
        counts: &[Counts],
        rejected: BTreeMap<String, u64>,
    ) -> SplitRecord {
        let names = timeline.steps().iter().map(|step| step.name.clone());
        SplitRecord {
            rows,
            counts: names.zip(counts.iter().copied()).collect(),
            rejected,
            held_out_share: self.held_out.map_or(0.0, |held_out| held_out.share),
            seed: self.held_out.map_or(0, |held_out| held_out.seed),
            held_out_formula: FORMULA.to_owned(),
            timeline: TimelineRecord {
                rule: self.timeline.name().to_owned(),
                not_after: match self.timeline {
                    TimelineRule::Yearly(not_after) | TimelineRule::Monthly(not_after) => {
                        Some(not_after)
                    }
                    TimelineRule::Steps(_) => None,
                },
                steps: timeline.steps().to_vec(),
            },
        }
    }
}

/// Counts and lists the rows that are left out.
struct Reject {
    list: RejectedWriter,
    counts: BTreeMap<String, u64>,
}

impl Reject {
    fn create(folder: &Path) -> Result<Self, ParquetFileError> {
        let list = RejectedWriter::create(&folder.join("rejected.parquet"))?;
        Ok(Self {
            list,
            counts: BTreeMap::new(),
        })
    }

    fn push(
        &mut self,
        row: u64,
        uid: Uid,
        reason: &str,
        date: Option<DateTime<Utc>>,
    ) -> Result<(), ParquetFileError> {
        crate::manifest::count(&mut self.counts, reason);
        let detail = date.map(|date| date.to_rfc3339()).unwrap_or_default();
        let reason = reason.to_owned();
        self.list.push(&Rejected {
            table: None,
            row: Some(row),
            uid: Some(uid),
            image: None,
            reason,
            detail,
        })
    }

    fn finish(self) -> Result<BTreeMap<String, u64>, ParquetFileError> {
        self.list.finish()?;
        Ok(self.counts)
    }
}

fn refuse_empty(timeline: &Timeline, counts: &[Counts]) -> Result<(), SplitError> {
    let steps = || timeline.steps().iter().zip(counts);
    let empty: Vec<_> = steps()
        .filter(|(_, counts)| counts.train == 0)
        .map(|(step, _)| step.name.clone())
        .collect();
    if empty.is_empty() {
        return Ok(());
    }
    let counts = steps()
        .map(|(step, n)| format!("{} {} train + {} held out", step.name, n.train, n.held_out));
    Err(SplitError::EmptyStep {
        empty,
        counts: counts.collect(),
    })
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), SplitError> {
    let json = serde_json::to_string_pretty(value).map_err(|source| SplitError::Json {
        path: path.to_owned(),
        source,
    })?;
    Ok(NewFile::write_whole(path, (json + "\n").as_bytes())?)
}

#[cfg(test)]
mod tests;
