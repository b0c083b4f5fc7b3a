//! Shard job: a manifest and its split into the tars of every step, step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::evaluation::{EvaluationWriter, classification_folder, count, retrieval_folder};
use super::sample::describe;
use super::set_writer::{Layout, REJECTED_FILE, SetWriter};
use super::{
    CheckedImage, ImageError, ImageRefusal, ImageRoot, STEPS_FILE, ShardError, StepRecord,
    StepsRecord,
};
use crate::artefact::{remove_all, write_json};
use crate::manifest::{ManifestMeta, ManifestRow, Rejected, RejectedWriter};
use crate::manifest::{manifest_file, read_meta, read_rejected, read_rows};
use crate::progress::Progress;
use crate::split::{Side, SplitRecord, evaluation_list, list_path};
use crate::timeline::Step;
use crate::uid::{Uid, read_uids};

/// What a shard job makes in its folder.
pub const SHARD_ENTRIES: [&str; 4] = ["train", "eval", REJECTED_FILE, STEPS_FILE];

/// Images held in memory for each thread.
const IMAGES_A_THREAD: usize = 16;

/// Shards to be written.
#[derive(Debug, Clone)]
pub struct ShardJob {
    /// The manifest or its folder.
    pub manifest: PathBuf,
    /// The folder of its split.
    pub splits: PathBuf,
    /// Where the images are; `None` for where the manifest says.
    pub image_root: Option<PathBuf>,
    /// Samples of a tar.
    pub shard_size: NonZeroU64,
}

/// What all steps share.
struct Context<'a> {
    job: &'a ShardJob,
    folder: &'a Path,
    images: ImageRoot,
    /// Sorted, so that a class has the same id in every step.
    classes: Vec<String>,
    templates: Vec<String>,
    progress: &'a dyn Progress,
}

/// The pairs of one set, sorted by uid, and those that the manifest has not.
#[derive(Default)]
struct Rows {
    found: Vec<ManifestRow>,
    missing: Vec<Uid>,
}

impl ShardJob {
    /// Writes the sets of all steps, `rejected.parquet` and `steps.json` into `folder`.
    ///
    /// A set that is there is finished and not written again. The bytes do not depend on the number of threads.
    /// Memory: the rows of one step, and 16 images a thread.
    ///
    /// # Errors
    /// When an input cannot be read, the disk fails, or no pair of a set can be used.
    pub fn run(&self, folder: &Path, progress: &dyn Progress) -> Result<StepsRecord, ShardError> {
        let split = SplitRecord::read(&self.splits)?;
        let context = self.context(folder, progress)?;
        let mut steps = Vec::new();
        for step in split.timeline()?.steps() {
            let (train, held_out) = context.step(step)?;
            steps.push(StepRecord {
                name: step.name.clone(),
                from: step.from,
                to: step.to,
                train,
                held_out,
            });
        }
        let (dataset, credits, notes) = read_meta(&self.manifest)?
            .map(|meta| (meta.name, meta.credits, meta.notes))
            .unwrap_or_default();
        let record = StepsRecord {
            dataset,
            credits,
            notes,
            rejected: merge_rejected(folder, &steps)?,
            left_out: split.rejected,
            steps,
        };
        write_json(&folder.join(STEPS_FILE), &record)?;
        Ok(record)
    }

    fn context<'a>(
        &'a self,
        folder: &'a Path,
        progress: &'a dyn Progress,
    ) -> Result<Context<'a>, ShardError> {
        let meta = read_meta(&self.manifest)?;
        let templates = meta
            .as_ref()
            .map(|meta| meta.class_templates.clone())
            .unwrap_or_default();
        let root = self.image_root(meta)?;
        let images =
            ImageRoot::new(&root).map_err(|source| ShardError::ImageRoot { path: root, source })?;
        let classes = if templates.is_empty() {
            Vec::new()
        } else {
            self.classes()?
        };
        Ok(Context {
            job: self,
            folder,
            images,
            classes,
            templates,
            progress,
        })
    }

    fn image_root(&self, meta: Option<ManifestMeta>) -> Result<PathBuf, ShardError> {
        if let Some(root) = &self.image_root {
            return Ok(root.clone());
        }
        let manifest = manifest_file(&self.manifest);
        let beside =
            |meta: ManifestMeta| manifest.parent().map(|folder| folder.join(meta.image_root));
        meta.and_then(beside)
            .ok_or(ShardError::NoImageRoot { manifest })
    }

    fn classes(&self) -> Result<Vec<String>, ShardError> {
        let mut classes = BTreeSet::new();
        for row in read_rows(&self.manifest)? {
            classes.extend(row?.class);
        }
        Ok(classes.into_iter().collect())
    }

    /// The rows of a step's two sets.
    fn rows(&self, step: &Step) -> Result<[Rows; 2], ShardError> {
        let train = self.splits.join(list_path(Side::Train, &step.name));
        let held_out = evaluation_list(&self.splits, &step.name);
        let lists = [read_uids(&train)?, read_uids(&held_out)?];
        if let Some(&uid) = lists[1]
            .iter()
            .find(|uid| lists[0].binary_search(uid).is_ok())
        {
            return Err(ShardError::BothSides {
                splits: self.splits.clone(),
                step: step.name.clone(),
                uid,
            });
        }
        let mut rows = <[Rows; 2]>::default();
        for row in read_rows(&self.manifest)? {
            let row = row?;
            for (rows, list) in rows.iter_mut().zip(&lists) {
                if list.binary_search(&row.uid).is_ok() {
                    rows.found.push(row.clone());
                }
            }
        }
        for (rows, list) in rows.iter_mut().zip(lists) {
            // Of two rows of one uid that counts which the split has counted: the first dated in the step.
            let in_step = |row: &ManifestRow| {
                row.timestamp
                    .is_some_and(|at| step.from <= at && at < step.to)
            };
            rows.found.sort_by_key(|row| (row.uid, !in_step(row)));
            rows.found.dedup_by_key(|row| row.uid);
            let found = |uid: &Uid| rows.found.binary_search_by_key(uid, |row| row.uid).is_ok();
            rows.missing = list.into_iter().filter(|uid| !found(uid)).collect();
        }
        Ok(rows)
    }
}

impl Context<'_> {
    /// Writes what is not there of a step; answers how many samples train and evaluation have.
    fn step(&self, step: &Step) -> Result<(u64, u64), ShardError> {
        let name = &step.name;
        let train = train_folder(self.folder, name);
        let held_out = retrieval_folder(self.folder, name);
        if train.exists() && held_out.exists() {
            return Ok((train_count(&train)?, count(&held_out)?));
        }
        let [train_rows, held_out_rows] = self.job.rows(step)?;
        let trained = if train.exists() {
            train_count(&train)?
        } else {
            self.write_train(name, &train_rows)?
        };
        if held_out.exists() {
            return Ok((trained, count(&held_out)?));
        }
        if held_out_rows.found.is_empty() && held_out_rows.missing.is_empty() {
            return Ok((trained, 0));
        }
        Ok((trained, self.write_evaluation(name, &held_out_rows)?))
    }

    fn write_train(&self, step: &str, rows: &Rows) -> Result<u64, ShardError> {
        let mut set = SetWriter::create(
            &train_folder(self.folder, step),
            Layout::Training,
            self.job.shard_size.get(),
        )?;
        self.progress
            .begin(&format!("train/{step}"), rows.found.len() as u64);
        let mut rejected = BTreeMap::new();
        for entry in self.entries(rows) {
            match entry? {
                Entry::Sample(row, image, json) => {
                    let image = (image.extension, image.bytes.as_slice());
                    set.push(
                        row.uid,
                        &[image, ("txt", row.caption.as_bytes()), ("json", &json)],
                    )?;
                }
                Entry::Rejected(row) => {
                    crate::manifest::count(&mut rejected, &row.reason);
                    set.reject(&row)?;
                }
            }
        }
        refuse_empty("training set", step, rows, set.samples(), rejected)?;
        set.finish()
    }

    fn write_evaluation(&self, step: &str, rows: &Rows) -> Result<u64, ShardError> {
        // Left by a run that was killed between the two sets.
        remove_all(&classification_folder(self.folder, step))?;
        let shard_size = self.job.shard_size.get();
        let mut sets = EvaluationWriter::create(
            self.folder,
            step,
            shard_size,
            &self.classes,
            &self.templates,
        )?;
        self.progress
            .begin(&format!("eval/{step}"), rows.found.len() as u64);
        let mut rejected = BTreeMap::new();
        for entry in self.entries(rows) {
            match entry? {
                Entry::Sample(row, image, json) => sets.push(row, &image, &json)?,
                Entry::Rejected(row) => {
                    crate::manifest::count(&mut rejected, &row.reason);
                    sets.retrieval().reject(&row)?;
                }
            }
        }
        refuse_empty(
            "evaluation set",
            step,
            rows,
            sets.retrieval().samples(),
            rejected,
        )?;
        sets.finish()
    }

    /// The entries of a set in order: first what the manifest has not, then every pair by uid, its image read.
    fn entries<'r>(
        &'r self,
        rows: &'r Rows,
    ) -> impl Iterator<Item = Result<Entry<'r>, ShardError>> {
        let missing = rows
            .missing
            .iter()
            .map(|&uid| Ok(Entry::Rejected(not_in_manifest(uid))));
        let chunk = IMAGES_A_THREAD * rayon::current_num_threads();
        let read = rows.found.chunks(chunk).flat_map(|rows| {
            let entries: Vec<_> = rows.par_iter().map(|row| self.entry(row)).collect();
            self.progress.advance(rows.len() as u64);
            entries
        });
        missing.chain(read)
    }

    fn entry<'r>(&self, row: &'r ManifestRow) -> Result<Entry<'r>, ShardError> {
        if row.caption.trim().is_empty() {
            let refusal = ImageRefusal {
                reason: "empty-caption",
                detail: String::new(),
            };
            return Ok(Entry::Rejected(rejected(row, refusal)));
        }
        match self.images.read(&row.image) {
            Ok(image) => {
                let json = describe(row).map_err(|source| ShardError::Json {
                    path: self.job.manifest.clone(),
                    source,
                })?;
                Ok(Entry::Sample(row, image, json))
            }
            Err(ImageError::Refused(refusal)) => Ok(Entry::Rejected(rejected(row, refusal))),
            Err(error) => Err(error.into()),
        }
    }
}

/// What becomes of one pair.
enum Entry<'r> {
    Sample(&'r ManifestRow, CheckedImage, Vec<u8>),
    Rejected(Rejected),
}

pub(super) fn train_folder(folder: &Path, step: &str) -> PathBuf {
    folder.join("train").join(step)
}

fn train_count(set: &Path) -> Result<u64, ShardError> {
    let path = set.join("sizes.json");
    let bytes = std::fs::read(&path).map_err(|source| ShardError::Io {
        path: path.clone(),
        source,
    })?;
    let sizes: BTreeMap<String, u64> =
        serde_json::from_slice(&bytes).map_err(|source| ShardError::Json { path, source })?;
    Ok(sizes.values().sum())
}

fn rejected(row: &ManifestRow, refusal: ImageRefusal) -> Rejected {
    Rejected {
        table: None,
        row: None,
        uid: Some(row.uid),
        image: Some(row.image.clone()),
        reason: refusal.reason.to_owned(),
        detail: refusal.detail,
    }
}

fn not_in_manifest(uid: Uid) -> Rejected {
    let reason = "not-in-manifest".to_owned();
    Rejected {
        table: None,
        row: None,
        uid: Some(uid),
        image: None,
        reason,
        detail: String::new(),
    }
}

fn refuse_empty(
    set: &'static str,
    step: &str,
    rows: &Rows,
    samples: u64,
    rejected: BTreeMap<String, u64>,
) -> Result<(), ShardError> {
    if samples > 0 {
        return Ok(());
    }
    let rows = rows.found.len() + rows.missing.len();
    Err(ShardError::Empty {
        set,
        step: step.to_owned(),
        rows,
        rejected,
    })
}

/// One list of the rows that all sets left out, and how many for which reason.
fn merge_rejected(
    folder: &Path,
    steps: &[StepRecord],
) -> Result<BTreeMap<String, u64>, ShardError> {
    let mut list = RejectedWriter::create(&folder.join(REJECTED_FILE))?;
    let mut counts = BTreeMap::new();
    for step in steps {
        for set in [
            train_folder(folder, &step.name),
            retrieval_folder(folder, &step.name),
        ] {
            let path = set.join(REJECTED_FILE);
            if !path.exists() {
                continue;
            }
            for row in read_rejected(&path)? {
                crate::manifest::count(&mut counts, &row.reason);
                list.push(&row)?;
            }
        }
    }
    list.finish()?;
    Ok(counts)
}

#[cfg(test)]
mod tests;
