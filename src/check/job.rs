//! Check job: a benchmark's folder in, its record and findings out.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::benchmark::Benchmark;
use super::border::Border;
use super::finding::{Finding, FindingKind, Severity};
use super::findings_file::{FINDINGS_FILE, FindingsWriter};
use super::image_hash::HASH_NAME;
use super::pass::{Counts, Pass};
use super::record::{CHECK_FILE, CheckRecord, ImagesRecord, SetRecord, StepCheck};
use super::set::{SetKind, Tar};
use super::split_lists;
use super::tally::Tally;
use super::uid_rows::{UID_MEMORY_BYTES, UidRows};
use super::uid_sets::{UidFacts, UidSets};
use crate::artefact::{ArtefactError, write_json};
use crate::manifest::ParquetFileError;
use crate::progress::Progress;
use crate::shard::{STEPS_FILE, ShardError};
use crate::split::SplitError;
use crate::uid::UidListError;

/// What a check makes in its folder.
pub const CHECK_ENTRIES: [&str; 3] = [CHECK_FILE, FINDINGS_FILE, WORK_FOLDER];
/// What a killed check leaves there.
const WORK_FOLDER: &str = ".check.partial";
/// Images are near when so many of 128 bits differ at most: copies that were compressed again or made half as large differ in
/// fewer, other images in far more.
pub const DEFAULT_DISTANCE: u32 = 6;

/// Why a benchmark cannot be checked.
#[derive(Debug, Error)]
pub enum CheckError {
    /// The folder is no benchmark's.
    #[error(
        "{}: no {STEPS_FILE} in it; a benchmark is a folder as `shard` writes it: {STEPS_FILE} (name, from, to, train and held_out \
         of every step), train/STEP/ and eval/retrieval/STEP/", folder.display()
    )]
    NoSteps {
        /// The folder.
        folder: PathBuf,
    },
    /// The steps cannot be read.
    #[error(transparent)]
    Steps(#[from] ShardError),
    /// The split cannot be read.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The split is another benchmark's.
    #[error("{}: its steps are not those of {STEPS_FILE}", folder.display())]
    OtherSplit {
        /// The split's folder.
        folder: PathBuf,
    },
    /// A uid list cannot be read.
    #[error(transparent)]
    List(#[from] UidListError),
    /// There are more tars than can be numbered.
    #[error("{tars} tars, at most {} can be checked at once", u32::MAX)]
    TooMany {
        /// How many.
        tars: usize,
    },
    /// A folder or record cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record cannot be written or understood.
    #[error("{}: {source}", path.display())]
    Json {
        /// The record.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The findings cannot be written.
    #[error(transparent)]
    Findings(#[from] ParquetFileError),
    /// The disk refuses.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

impl CheckError {
    /// Why no steps were found in a folder: there are none, or it cannot be looked into.
    pub(crate) fn no_steps(folder: &Path) -> Self {
        let path = folder.to_owned();
        match std::fs::read_dir(folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Self::Io { path, source },
            _ => Self::NoSteps { folder: path },
        }
    }
}

/// A benchmark to be checked.
#[derive(Debug, Clone)]
pub struct CheckJob {
    /// The folder that `shard` wrote; it is only read.
    pub benchmark: PathBuf,
    /// The folder of its split, if shards are to be compared with the lists.
    pub splits: Option<PathBuf>,
    /// Whether images are decoded and compared.
    pub images: bool,
    /// Images are near when so many of 128 bits differ at most.
    pub distance: u32,
    /// Tars that are read at once.
    pub threads: NonZeroUsize,
}

impl CheckJob {
    /// Reads every tar once. Writes `check.json` and `findings.parquet` into `out`, if there is one; what does not fit into memory
    /// waits below `work` and is removed.
    ///
    /// The result does not depend on the number of threads. Memory: 0.5 GiB of uids, about 160 bytes for each pair tested on, and on
    /// each thread a sample and its decoded image.
    ///
    /// # Errors
    /// When the folder is no benchmark, the split cannot be read or is another one's, or the disk refuses. What is wrong with the
    /// benchmark is no error.
    pub fn run(
        &self,
        out: Option<&Path>,
        work: &Path,
        progress: &dyn Progress,
    ) -> Result<CheckRecord, CheckError> {
        let benchmark = Benchmark::open(&self.benchmark)?;
        let lists = match &self.splits {
            Some(splits) => split_lists::open(splits, &benchmark.steps, &benchmark.sets)?,
            None => benchmark.sets.iter().map(|_| None).collect(),
        };
        let writer = out.map(|out| FindingsWriter::create(&out.join(FINDINGS_FILE)));
        let mut tally = Tally::new(writer.transpose()?);
        for finding in &benchmark.findings {
            tally.add(finding)?;
        }
        let tars: Vec<(usize, &Tar)> = (0..)
            .zip(&benchmark.sets)
            .flat_map(|(number, set)| set.tars.iter().map(move |tar| (number, tar)))
            .collect();
        let reading = self.read(&benchmark, &tars, work, &mut tally, progress)?;
        let of_set = compare_counts(&benchmark, &tars, &reading.counts, &mut tally)?;
        let mut uid_sets = UidSets::new(&benchmark.sets, &tars, lists);
        reading
            .rows
            .in_order(|uid, tars| uid_sets.take(uid, tars, &mut tally))?;
        let facts = uid_sets.finish()?;
        let findings = tally.finish()?;
        let record = CheckRecord {
            findings,
            ..self.record(&benchmark, &of_set, &reading.border, facts)
        };
        let record = CheckRecord {
            violations: CheckRecord::count(&record.findings, Severity::Violation),
            warnings: CheckRecord::count(&record.findings, Severity::Warning),
            ..record
        };
        if let Some(out) = out {
            write_json(&out.join(CHECK_FILE), &record)?;
        }
        Ok(record)
    }

    /// Reads what is tested on, then what is trained on.
    fn read(
        &self,
        benchmark: &Benchmark,
        tars: &[(usize, &Tar)],
        work: &Path,
        tally: &mut Tally,
        progress: &dyn Progress,
    ) -> Result<Reading, CheckError> {
        let too_many = |_| CheckError::TooMany { tars: tars.len() };
        let end = u32::try_from(tars.len()).map_err(too_many)?;
        let is_tested = |(set, _): &(usize, &Tar)| benchmark.sets[*set].kind != SetKind::Train;
        // Not more than `end`, which fits.
        let border = tars.partition_point(is_tested) as u32;
        let samples = benchmark.steps.iter().fold(0_u64, |sum, step| {
            let of_step = step.train.saturating_add(step.held_out.saturating_mul(2));
            sum.saturating_add(of_step)
        });
        let only: Vec<&Tar> = tars.iter().map(|(_, tar)| *tar).collect();
        let rows = UidRows::new(work, &only, samples, UID_MEMORY_BYTES)?;
        let mut pass = Pass {
            benchmark,
            tars,
            rows: &rows,
            images: self.images,
            threads: self.threads.get(),
            border: None,
        };
        progress.begin("evaluation", u64::from(border));
        let (mut counts, pairs) = pass.run(0..border, tally, || progress.advance(1))?;
        let pairs = Border::new(pairs, self.distance);
        pass.border = Some(&pairs);
        progress.begin("training", u64::from(end - border));
        let (trained, _) = pass.run(border..end, tally, || progress.advance(1))?;
        counts.extend(trained);
        Ok(Reading {
            rows,
            counts,
            border: pairs,
        })
    }

    fn record(
        &self,
        benchmark: &Benchmark,
        of_set: &[Counts],
        border: &Border,
        facts: UidFacts,
    ) -> CheckRecord {
        let mut all = Counts::default();
        let mut total = SetRecord::default();
        let steps = benchmark.steps.iter().map(|step| StepCheck {
            name: step.name.clone(),
            from: step.from,
            to: step.to,
            train: SetRecord::default(),
            retrieval: SetRecord::default(),
            classification: SetRecord::default(),
        });
        let mut steps: Vec<StepCheck> = steps.collect();
        for ((set, counts), &pairs) in benchmark.sets.iter().zip(of_set).zip(&facts.pairs) {
            let record = SetRecord {
                tars: set.tars.len() as u64,
                samples: counts.samples,
                pairs,
            };
            let step = &mut steps[set.step];
            *match set.kind {
                SetKind::Train => &mut step.train,
                SetKind::Retrieval => &mut step.retrieval,
                SetKind::Classification => &mut step.classification,
            } = record;
            all.add(*counts);
            total.add(record);
        }
        total.pairs = facts.all_pairs;
        let concerned = border.concerned();
        let images = self.images.then(|| ImagesRecord {
            hash: HASH_NAME.to_owned(),
            distance: self.distance,
            compared: all.compared,
            plain: all.plain,
            evaluation_pairs_near: concerned.images,
        });
        CheckRecord {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: benchmark.dataset.clone(),
            steps,
            total,
            dated: all.dated,
            undated: all.undated,
            urls: all.urls,
            evaluation_pairs_of_same_url: concerned.urls,
            images,
            split: self.splits.is_some().then_some(facts.losses),
            findings: std::collections::BTreeMap::new(),
            violations: 0,
            warnings: 0,
            fingerprint: facts.fingerprint,
        }
    }
}

/// What the passes have brought.
struct Reading {
    rows: UidRows,
    /// Of each tar.
    counts: Vec<Counts>,
    border: Border,
}

/// Compares what was counted with what files say; answers the counts of each set. Where a tar is damaged or missing, that is the one
/// thing wrong.
fn compare_counts(
    benchmark: &Benchmark,
    tars: &[(usize, &Tar)],
    counts: &[Counts],
    tally: &mut Tally,
) -> Result<Vec<Counts>, CheckError> {
    let mut of_set = vec![Counts::default(); benchmark.sets.len()];
    for (&(number, tar), &counts) in tars.iter().zip(counts) {
        of_set[number].add(counts);
        for claim in tar.claims.iter().filter(|_| counts.whole == 1) {
            if claim.count != counts.samples {
                let place = benchmark.sets[number].place_of(&tar.name);
                let (file, said) = (&claim.file, claim.count);
                let detail = format!("{} samples, but {file} says {said}", counts.samples);
                tally.add(&Finding::at(FindingKind::WrongCount, place, detail))?;
            }
        }
    }
    for (set, counts) in benchmark.sets.iter().zip(&of_set) {
        if set.incomplete || counts.whole != set.tars.len() as u64 {
            continue;
        }
        for claim in &set.claims {
            if claim.count != counts.samples {
                let (file, said) = (&claim.file, claim.count);
                let detail = format!("{} samples, but {file} says {said}", counts.samples);
                tally.add(&Finding::at(FindingKind::WrongCount, set.place(), detail))?;
            }
        }
    }
    Ok(of_set)
}
