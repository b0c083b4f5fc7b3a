//! Unpacking: shards or a pool back into image files, a table of them, and the dataset file that reads it.

mod columns;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde::{Deserialize, Serialize};

use columns::{Columns, caption_column};

use super::evaluation::EvaluationKind;
use super::pool::{copy_of_key, uid_of};
use super::sample::IMAGE_EXTENSIONS;
use super::set_kind::SetKind;
use super::set_writer::REJECTED_FILE;
use super::{EvaluationSet, STEPS_FILE, Sample, Samples, ShardError, StepsRecord, tars_of};
use crate::artefact::{ArtefactError, NewFile, remove_all};
use crate::manifest::{Rejected, RejectedWriter, relative_path};
use crate::progress::Progress;
use crate::uid::Uid;

const TABLE_FILE: &str = "table.jsonl";
const DATASET_FILE: &str = "dataset.toml";
const IMAGES_FOLDER: &str = "images";
/// Images are here until all are there.
const WORK_FOLDER: &str = ".images";
/// What unpacking makes in its folder.
pub const UNPACK_ENTRIES: [&str; 5] = [
    IMAGES_FOLDER,
    TABLE_FILE,
    DATASET_FILE,
    REJECTED_FILE,
    WORK_FOLDER,
];
/// A caption is a column; nobody has so many.
const MAX_CAPTIONS: usize = 100;

/// Tars to be unpacked.
#[derive(Debug, Clone)]
pub struct Unpacking {
    sets: Vec<SetToUnpack>,
}

#[derive(Debug, Clone)]
struct SetToUnpack {
    /// Where its images go below the folder of images; empty for a pool.
    name: String,
    tars: Vec<PathBuf>,
    /// Class names and prompts, where it is a classification set.
    classes: Option<(Vec<String>, Vec<String>)>,
}

/// What was unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpacked {
    /// Rows of the table.
    pub pairs: u64,
    /// Samples that are further copies of a pair, or that another set has, too.
    pub copies: u64,
    /// How many samples could not be used for which reason.
    pub rejected: BTreeMap<String, u64>,
}

/// A row of the table.
#[derive(Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    image: String,
    #[serde(flatten)]
    captions: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    key: String,
}

/// What is kept of a sample's `.json`.
#[derive(Default, Deserialize)]
struct Description {
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

/// Why a sample is no row, in a word and in full.
type Refused = (&'static str, String);

enum Item {
    Row(Box<Row>, Option<Uid>),
    Copy,
    Rejected(Box<Rejected>),
}

impl Unpacking {
    /// The tars of a pool.
    pub fn of_pool(tars: Vec<PathBuf>) -> Self {
        let (name, classes) = (String::new(), None);
        Self {
            sets: vec![SetToUnpack {
                name,
                tars,
                classes,
            }],
        }
    }

    /// All sets of a folder of shards.
    ///
    /// # Errors
    /// When its `steps.json` or a set cannot be read.
    pub fn of_shards(folder: &Path) -> Result<Self, ShardError> {
        let mut sets = Vec::new();
        for step in StepsRecord::read(folder)?.steps {
            for kind in SetKind::ALL {
                let set = kind.folder(folder, &step.name);
                if !set.is_dir() {
                    continue;
                }
                let classes = match kind {
                    SetKind::Classification => match EvaluationSet::open(&set)?.kind {
                        EvaluationKind::Classification { classes, templates } => {
                            Some((classes, templates))
                        }
                        EvaluationKind::Retrieval => None,
                    },
                    SetKind::Training | SetKind::Retrieval => None,
                };
                sets.push(SetToUnpack {
                    name: kind
                        .folder(Path::new(""), &step.name)
                        .to_string_lossy()
                        .into_owned(),
                    tars: tars_of(&set)?,
                    classes,
                });
            }
        }
        Ok(Self { sets })
    }

    /// Whether `folder` is one of shards.
    pub fn is_shards(folder: &Path) -> bool {
        folder.join(STEPS_FILE).is_file()
    }

    /// All tars, in order.
    pub fn tars(&self) -> impl Iterator<Item = &Path> {
        self.sets
            .iter()
            .flat_map(|set| set.tars.iter().map(PathBuf::as_path))
    }

    /// Writes `images/`, `table.jsonl` with a line a pair, and `dataset.toml`, which `fetch` reads, into `folder`.
    /// Damaged tars and samples that are no pair are listed in `rejected.parquet`. The table does not depend on the
    /// number of threads. Images that an interrupted run has written stay.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn run(&self, folder: &Path, progress: &dyn Progress) -> Result<Unpacked, ShardError> {
        let work = folder.join(WORK_FOLDER);
        let table_path = folder.join(TABLE_FILE);
        let mut table = NewFile::create(&table_path)?;
        let mut rejected = RejectedWriter::create(&folder.join(REJECTED_FILE))?;
        let mut unpacked = Unpacked::default();
        let mut columns = Columns::default();
        progress.begin("unpack", self.tars().count() as u64);
        // The pairs of evaluation sets, which retrieval and classification share.
        let mut evaluated = HashSet::new();
        for set in &self.sets {
            if let Some((_, templates)) = &set.classes {
                columns.templates = Some(templates.clone());
            }
            for tars in set.tars.chunks(rayon::current_num_threads()) {
                let items = tars
                    .par_iter()
                    .map(|tar| set.unpack(tar, &work, &evaluated));
                let items: Vec<Vec<Item>> = items.collect::<Result<_, ShardError>>()?;
                progress.advance(tars.len() as u64);
                for item in items.into_iter().flatten() {
                    match item {
                        Item::Copy => unpacked.copies += 1,
                        Item::Rejected(row) => {
                            crate::manifest::count(&mut unpacked.rejected, &row.reason);
                            rejected.push(&row)?;
                        }
                        Item::Row(row, uid) => {
                            columns.note(&row);
                            unpacked.pairs += 1;
                            evaluated.extend(uid.filter(|_| set.name.starts_with("eval/")));
                            let line =
                                serde_json::to_vec(&row).map_err(|source| ShardError::Json {
                                    path: table_path.clone(),
                                    source,
                                })?;
                            table
                                .write_all(&line)
                                .and_then(|()| table.write_all(b"\n"))
                                .map_err(ArtefactError::io(&table_path))?;
                        }
                    }
                }
            }
        }
        rejected.finish()?;
        table.finish()?;
        let images = folder.join(IMAGES_FOLDER);
        if work.exists() {
            remove_all(&images)?;
            std::fs::rename(&work, &images).map_err(ArtefactError::io(&images))?;
        }
        NewFile::write_whole(&folder.join(DATASET_FILE), columns.dataset().as_bytes())?;
        Ok(unpacked)
    }
}

impl SetToUnpack {
    /// Writes the images of a tar below `work`; what stands behind damage is left.
    fn unpack(
        &self,
        tar: &Path,
        work: &Path,
        evaluated: &HashSet<Uid>,
    ) -> Result<Vec<Item>, ShardError> {
        let refused = |key: Option<&str>, reason: &str, detail: String| {
            Item::Rejected(Box::new(Rejected {
                table: Some(tar.to_string_lossy().into_owned()),
                row: None,
                uid: None,
                image: key.map(str::to_owned),
                reason: reason.to_owned(),
                detail,
            }))
        };
        let stem = tar.file_stem().unwrap_or_default().to_string_lossy();
        let below = if self.name.is_empty() {
            stem.into_owned()
        } else {
            format!("{}/{stem}", self.name)
        };
        let mut items = Vec::new();
        let samples = match Samples::open(tar) {
            Ok(samples) => samples,
            Err(error) => return Ok(vec![refused(None, "damaged-tar", error.to_string())]),
        };
        for sample in samples {
            let sample = match sample {
                Ok(sample) => sample,
                Err(error) => {
                    items.push(refused(None, "damaged-tar", error.to_string()));
                    break;
                }
            };
            items.push(match self.read(&sample, &below, evaluated) {
                Ok(None) => Item::Copy,
                Ok(Some((row, uid))) => {
                    write_image(work, &row.image, &sample)?;
                    Item::Row(Box::new(row), uid)
                }
                Err((reason, detail)) => refused(Some(&sample.key), reason, detail),
            });
        }
        Ok(items)
    }

    /// The row that a sample is; `None` for a copy.
    fn read(
        &self,
        sample: &Sample,
        below: &str,
        evaluated: &HashSet<Uid>,
    ) -> Result<Option<(Row, Option<Uid>)>, Refused> {
        let json = sample.member("json");
        let uid = match uid_of(&sample.key, json) {
            Ok(uid) => Some(uid),
            // A pool's samples need no uid.
            Err(refusal) if matches!(refusal.reason, "no-uid" | "missing-json") => None,
            Err(refusal) => return Err((refusal.reason, refusal.detail)),
        };
        let is_copy = uid.is_some() && copy_of_key(&sample.key) > 0;
        if is_copy || self.classes.is_some() && uid.is_some_and(|uid| evaluated.contains(&uid)) {
            return Ok(None);
        }
        let description: Description = match json {
            Some(json) => {
                serde_json::from_slice(json).map_err(|error| ("bad-json", error.to_string()))?
            }
            None => Description::default(),
        };
        let extension = IMAGE_EXTENSIONS
            .into_iter()
            .find(|extension| sample.member(extension).is_some())
            .ok_or(("missing-image", String::new()))?;
        let captions = sample
            .captions()
            .map_err(|error| ("missing-caption", error.to_string()))?;
        if captions.len() > MAX_CAPTIONS {
            let detail = format!(
                "{} captions, at most {MAX_CAPTIONS} are allowed",
                captions.len()
            );
            return Err(("too-many-captions", detail));
        }
        let image = format!("{IMAGES_FOLDER}/{below}/{}.{extension}", sample.key);
        is_plain(&image).map_err(|detail| ("bad-key", detail))?;
        let captions = captions.iter().enumerate();
        let row = Row {
            uid: uid.map(|uid| uid.to_string()),
            image,
            captions: captions
                .map(|(number, caption)| (caption_column(number), (*caption).to_owned()))
                .collect(),
            timestamp: description.timestamp,
            class: description.class.or_else(|| self.class_of(sample)),
            url: description.url,
            key: sample.key.clone(),
        };
        Ok(Some((row, uid)))
    }

    fn class_of(&self, sample: &Sample) -> Option<String> {
        let (names, _) = self.classes.as_ref()?;
        names.get(sample.class().ok()?).cloned()
    }
}

/// Whether a path that a tar has made up stays where it is put, on every system.
fn is_plain(path: &str) -> Result<(), String> {
    let relative = relative_path(path).map_err(|error| error.to_string())?;
    let plain = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let name = |part: &str| !part.is_empty() && part.len() <= 255 && !part.contains(':');
    if plain && path.split('/').all(name) {
        Ok(())
    } else {
        Err("its name makes no file name".to_owned())
    }
}

/// Writes an image, unless it is there.
fn write_image(work: &Path, image: &str, sample: &Sample) -> Result<(), ShardError> {
    let Ok(bytes) = sample.image() else {
        return Ok(());
    };
    let below = image.strip_prefix(IMAGES_FOLDER).unwrap_or(image);
    let path = work.join(below.trim_start_matches('/'));
    let is_there = path
        .metadata()
        .is_ok_and(|there| there.len() == bytes.len() as u64);
    if is_there {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(ArtefactError::io(folder))?;
    }
    std::fs::write(&path, bytes).map_err(ArtefactError::io(&path))?;
    Ok(())
}
