//! Partition: every pair of a manifest into the uid list of its time step and side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::held_out::FORMULA;
use super::lists::{Lists, RETRIEVAL_FORMULA};
use super::placement::{Listed, Placement, Placer};
use super::queried::{self, Queried, SplitQuery};
use super::reject::Reject;
use super::scatter::Scattered;
use super::source::Source;
use super::{
    Counts, DatesRecord, QueryRecord, RetrievalRecord, SPLIT_FILE, Side, SplitError, SplitRecord,
};
use super::{TimelineRecord, list_path, retrieval_path};
use crate::artefact::{ArtefactError, NewFolder, remove_all, write_json};
use crate::manifest::{DateTable, HeldOut};
use crate::progress::Progress;
use crate::timeline::{Timeline, TimelineError, TimelineRule};
use crate::uid::{UidListError, UidListReader};

/// What a split makes in its folder.
pub const SPLIT_ENTRIES: [&str; 6] = [
    "train",
    "eval",
    "sizes.json",
    "rejected.parquet",
    SPLIT_FILE,
    BUCKETS_FOLDER,
];

/// How much of the rows is in memory at once unless one says otherwise.
pub const DEFAULT_MEMORY_BYTES: u64 = 512 << 20;
/// Buckets that are placed before the lists go on.
const BUCKETS_A_THREAD: usize = 8;
/// What the engine has answered so far.
const BUCKETS_FOLDER: &str = ".buckets";
/// Where the lists are until they are whole.
const LISTS_FOLDER: &str = "lists";

/// A split to be made.
#[derive(Debug, Clone)]
pub struct SplitJob {
    /// The manifest, its folder or any Parquet files with the columns `uid` and `timestamp`.
    pub manifest: PathBuf,
    /// Parquet files with `uid` and `timestamp` that give the dates in place of the manifest.
    pub dates: Option<PathBuf>,
    /// The tables as the engine is asked about them, where reading Parquet alone does not do.
    pub query: Option<SplitQuery>,
    /// The time steps.
    pub timeline: TimelineRule,
    /// What is kept for evaluation by its hash; `None` keeps nothing.
    pub held_out: Option<HeldOut>,
    /// Uid lists that are kept for evaluation.
    pub held_out_uids: Vec<PathBuf>,
    /// Uid lists of which a pair must be in one; none lets all in.
    pub only_uids: Vec<PathBuf>,
    /// So many of a step's held-out pairs make its retrieval set; `None` leaves it at all of them.
    pub retrieval: Option<u64>,
    /// Decides which.
    pub seed: u64,
    /// Whether uids and dates of every list are written as Parquet, too.
    pub tables: bool,
    /// How much of the rows is in memory at once; the rest is on disk meanwhile.
    pub memory_bytes: u64,
}

impl SplitJob {
    /// A split of a manifest by its own dates with nothing held out.
    pub fn new(manifest: PathBuf, timeline: TimelineRule) -> Self {
        Self {
            manifest,
            dates: None,
            query: None,
            timeline,
            held_out: None,
            held_out_uids: Vec::new(),
            only_uids: Vec::new(),
            retrieval: None,
            seed: 0,
            tables: false,
            memory_bytes: DEFAULT_MEMORY_BYTES,
        }
    }

    /// Writes the uid lists, `sizes.json`, `rejected.parquet` and `split.json` into `folder`.
    ///
    /// A row without a date, outside the timeline, or of a uid that an earlier row has, is left out, counted and
    /// listed; a row that another list or table leaves out is counted. The bytes depend neither on the number of threads
    /// nor on the memory.
    ///
    /// # Errors
    /// When an input cannot be read, the disk refuses, or a step has nothing to train on.
    pub fn run(&self, folder: &Path) -> Result<SplitRecord, SplitError> {
        self.run_telling(folder, &())
    }

    /// As [`Self::run`], and tells how far it is: row groups that are read, then ranges of uids that are placed.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_telling(
        &self,
        folder: &Path,
        progress: &dyn Progress,
    ) -> Result<SplitRecord, SplitError> {
        let new = NewFolder::create(&folder.join(LISTS_FOLDER))?;
        let source = self.source(folder, new.folder(), progress)?;
        let timeline = self.resolve(source.days(), source.rows())?;
        let mut lists = Lists::new(
            new.folder(),
            &timeline,
            self.retrieval,
            self.seed,
            self.tables,
        );
        let mut reject = Reject::create(folder)?;
        let (mut repeated_dates, mut bad_dates) = (0, 0);
        progress.begin("ranges", source.buckets() as u64);
        self.place(&source, &timeline, progress, |placements| {
            for placement in &placements {
                reject.placement(placement)?;
                repeated_dates += placement.repeated_dates;
                bad_dates += placement.bad_dates;
            }
            lists.extend(&placements)
        })?;
        // Steps that only dates of other pairs have made.
        let follows = self.has_dates() && !matches!(self.timeline, TimelineRule::Steps(_));
        let (timeline, counts) = lists.finish(&timeline, follows)?;
        refuse_empty(&timeline, &counts)?;
        remove_all(&new.folder().join("rows"))?;
        let rejected = reject.finish()?;
        for entry in std::fs::read_dir(new.folder()).map_err(ArtefactError::io(new.folder()))? {
            let entry = entry.map_err(ArtefactError::io(new.folder()))?;
            let to = folder.join(entry.file_name());
            remove_all(&to)?;
            std::fs::rename(entry.path(), &to).map_err(ArtefactError::io(&to))?;
        }
        write_json(&folder.join("sizes.json"), &self.sizes(&timeline, &counts))?;
        let mut record = self.record(source.rows(), &timeline, &counts, rejected);
        record.dates = self.has_dates().then(|| DatesRecord {
            rows: source.date_rows(),
            repeated: repeated_dates,
        });
        if let Some(query) = &mut record.query {
            query.bad_dates = bad_dates;
        }
        write_json(&folder.join(SPLIT_FILE), &record)?;
        queried::clear(&folder.join(BUCKETS_FOLDER))?;
        Ok(record)
    }

    /// Whether dates come from a table of their own.
    fn has_dates(&self) -> bool {
        match &self.query {
            Some(query) => query.dates.is_some(),
            None => self.dates.is_some(),
        }
    }

    /// All rows; what does not fit into memory goes into folders below the two.
    fn source(
        &self,
        folder: &Path,
        lists: &Path,
        progress: &dyn Progress,
    ) -> Result<Source, SplitError> {
        if let Some(query) = &self.query {
            progress.begin("query", 0);
            let buckets = folder.join(BUCKETS_FOLDER);
            let queried = Queried::open(query, self.memory_bytes, buckets)?;
            return Ok(Source::Query(Box::new(queried)));
        }
        let manifest = DateTable::open(&self.manifest, self.dates.is_none())?;
        let open = |path| DateTable::open(path, true);
        let dates = self.dates.as_deref().map(open).transpose()?;
        let rows_folder = lists.join("rows");
        let groups = manifest.groups() + dates.as_ref().map_or(0, DateTable::groups);
        progress.begin("row groups", groups as u64);
        Ok(Source::Tables {
            scattered: Box::new(Scattered::read(
                &manifest,
                dates.as_ref(),
                self.memory_bytes,
                rows_folder,
                progress,
            )?),
            rows: manifest.rows(),
            date_rows: dates.map(|dates| dates.rows()),
        })
    }

    /// The time steps of data that has dates on these days.
    fn resolve(&self, days: &BTreeSet<i64>, rows: u64) -> Result<Timeline, SplitError> {
        self.timeline.resolve(days).map_err(|error| match error {
            TimelineError::NoSteps => SplitError::NoSteps {
                manifest: self.manifest.clone(),
                rows,
                rule: self.timeline.name(),
            },
            error => error.into(),
        })
    }

    /// Places the buckets in the order of uids, several at once, and gives them to `each`.
    fn place(
        &self,
        source: &Source,
        timeline: &Timeline,
        progress: &dyn Progress,
        mut each: impl FnMut(Vec<Placement>) -> Result<(), SplitError>,
    ) -> Result<(), SplitError> {
        let placer = Placer::new(timeline, self.held_out);
        let buckets: Vec<usize> = (0..source.buckets()).collect();
        // Several for each thread: the last ones to finish keep the others waiting.
        let at_once = match source.is_parallel() {
            true => BUCKETS_A_THREAD * rayon::current_num_threads(),
            false => 1,
        };
        for window in buckets.chunks(at_once) {
            let placed = window.into_par_iter().map(|&bucket| {
                let placement = source.place(bucket, &placer, &self.listed(source, bucket)?);
                progress.advance(1);
                placement
            });
            each(placed.collect::<Result<_, SplitError>>()?)?;
        }
        Ok(())
    }

    /// What the given lists say about the uids of a bucket.
    fn listed(&self, source: &Source, bucket: usize) -> Result<Listed, SplitError> {
        let (first, end) = source.range(bucket);
        let read = |lists: &[PathBuf]| {
            let mut uids = Vec::new();
            for list in lists {
                let mut list = UidListReader::open(list)?.with_repeats();
                list.skip_to(first)?;
                for uid in list {
                    let uid = uid?;
                    if end.is_some_and(|end| uid >= end) {
                        break;
                    }
                    uids.push(uid);
                }
            }
            uids.sort_unstable();
            Ok::<_, UidListError>(uids)
        };
        Ok(Listed {
            only: (!self.only_uids.is_empty())
                .then(|| read(&self.only_uids))
                .transpose()?,
            held_out: read(&self.held_out_uids)?,
        })
    }

    /// How long each list is.
    fn sizes(&self, timeline: &Timeline, counts: &[Counts]) -> BTreeMap<String, u64> {
        let mut sizes = BTreeMap::new();
        for (step, counts) in timeline.steps().iter().zip(counts) {
            sizes.insert(list_path(Side::Train, &step.name), counts.train);
            sizes.insert(list_path(Side::HeldOut, &step.name), counts.held_out);
            if self.retrieval.is_some() {
                sizes.insert(retrieval_path(&step.name), counts.retrieval);
            }
        }
        sizes
    }

    fn record(
        &self,
        rows: u64,
        timeline: &Timeline,
        counts: &[Counts],
        rejected: BTreeMap<String, u64>,
    ) -> SplitRecord {
        let names = timeline.steps().iter().map(|step| step.name.clone());
        let files = |lists: &[PathBuf]| {
            let name = |list: &PathBuf| list.to_string_lossy().into_owned();
            lists.iter().map(name).collect()
        };
        SplitRecord {
            rows,
            dates: None,
            query: self.query.as_ref().map(|query| QueryRecord {
                filter: query.filter.clone(),
                uid: query.manifest.uid.clone(),
                timestamp: query
                    .dates
                    .as_ref()
                    .unwrap_or(&query.manifest)
                    .timestamp
                    .clone()
                    .unwrap_or_default(),
                bad_dates: 0,
            }),
            counts: names.zip(counts.iter().copied()).collect(),
            rejected,
            held_out_share: self.held_out.map_or(0.0, |held_out| held_out.share),
            seed: self.held_out.map_or(self.seed, |held_out| held_out.seed),
            held_out_formula: FORMULA.to_owned(),
            held_out_uids: files(&self.held_out_uids),
            only_uids: files(&self.only_uids),
            retrieval: self.retrieval.map(|pairs| RetrievalRecord {
                pairs,
                seed: self.seed,
                formula: RETRIEVAL_FORMULA.to_owned(),
            }),
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

#[cfg(test)]
mod tests;
