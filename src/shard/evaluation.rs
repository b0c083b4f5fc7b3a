//! Evaluation set: the held-out samples of one step in CLIP_benchmark's layout.

use std::path::{Path, PathBuf};

use super::set_writer::{Layout, SetWriter};
use super::{CheckedImage, ShardError, tars_of};
use crate::manifest::ManifestRow;

pub(super) const TYPE_FILE: &str = "dataset_type.txt";
pub(super) const CLASSES_FILE: &str = "classnames.txt";
pub(super) const TEMPLATES_FILE: &str = "zeroshot_classification_templates.txt";

/// What an evaluation set asks of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationKind {
    /// To find the caption of an image and the image of a caption.
    Retrieval,
    /// To find the class of an image.
    Classification {
        /// The names of the classes, by class id.
        classes: Vec<String>,
        /// Prompts, with `{c}` where a name goes.
        templates: Vec<String>,
    },
}

/// An evaluation set on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationSet {
    /// What it asks.
    pub kind: EvaluationKind,
    /// Its tars in order.
    pub tars: Vec<PathBuf>,
}

impl EvaluationSet {
    /// Opens the set in `folder`. One without `dataset_type.txt` is a classification set, as CLIP_benchmark has it.
    ///
    /// # Errors
    /// When a file of it is missing or says what we do not know.
    pub fn open(folder: &Path) -> Result<Self, ShardError> {
        let path = folder.join(TYPE_FILE);
        let kind = if path.is_file() {
            read(&path)?
        } else {
            "classification".to_owned()
        };
        let kind = match kind.trim() {
            "retrieval" => EvaluationKind::Retrieval,
            "classification" => EvaluationKind::Classification {
                classes: lines(&folder.join(CLASSES_FILE))?,
                templates: lines(&folder.join(TEMPLATES_FILE))?,
            },
            other => {
                return Err(ShardError::SetType {
                    path,
                    found: other.chars().take(64).collect(),
                });
            }
        };
        Ok(Self {
            kind,
            tars: tars_of(folder)?,
        })
    }
}

fn read(path: &Path) -> Result<String, ShardError> {
    std::fs::read_to_string(path).map_err(|source| ShardError::Io {
        path: path.to_owned(),
        source,
    })
}

fn lines(path: &Path) -> Result<Vec<String>, ShardError> {
    Ok(read(path)?
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

/// Writes the evaluation sets of one step: retrieval from every sample, classification from those with a class.
pub(super) struct EvaluationWriter {
    retrieval: SetWriter,
    classification: Option<(SetWriter, Vec<String>)>,
}

/// The folder of a step's retrieval set; where it is, both sets are finished.
pub(super) fn retrieval_folder(folder: &Path, step: &str) -> PathBuf {
    folder.join("eval/retrieval").join(step)
}

/// The folder of a step's classification set.
pub(super) fn classification_folder(folder: &Path, step: &str) -> PathBuf {
    folder.join("eval/classification").join(step)
}

impl EvaluationWriter {
    /// Begins the sets of a step; without class names there is no classification set.
    pub(super) fn create(
        folder: &Path,
        step: &str,
        shard_size: u64,
        classes: &[String],
        templates: &[String],
    ) -> Result<Self, ShardError> {
        let retrieval = SetWriter::create(
            &retrieval_folder(folder, step),
            Layout::Evaluation,
            shard_size,
        )?;
        retrieval.write_text(TYPE_FILE, "retrieval\n")?;
        if classes.is_empty() {
            return Ok(Self {
                retrieval,
                classification: None,
            });
        }
        let set = SetWriter::create(
            &classification_folder(folder, step),
            Layout::Evaluation,
            shard_size,
        )?;
        set.write_text(TYPE_FILE, "classification\n")?;
        set.write_text(CLASSES_FILE, &as_lines(classes))?;
        set.write_text(TEMPLATES_FILE, &as_lines(templates))?;
        Ok(Self {
            retrieval,
            classification: Some((set, classes.to_vec())),
        })
    }

    /// Adds a sample. Of the captions only the canonical one counts.
    pub(super) fn push(
        &mut self,
        row: &ManifestRow,
        image: &CheckedImage,
        json: &[u8],
    ) -> Result<(), ShardError> {
        let image = (image.extension, image.bytes.as_slice());
        let caption = row.caption.split('\n').next().unwrap_or_default();
        self.retrieval.push(
            row.uid,
            &[image, ("txt", caption.as_bytes()), ("json", json)],
        )?;
        let (Some((set, classes)), Some(class)) = (&mut self.classification, &row.class) else {
            return Ok(());
        };
        let Ok(id) = classes.binary_search(class) else {
            return Ok(());
        };
        set.push(
            row.uid,
            &[image, ("cls", id.to_string().as_bytes()), ("json", json)],
        )
    }

    /// The set that lists what is left out.
    pub(super) fn retrieval(&mut self) -> &mut SetWriter {
        &mut self.retrieval
    }

    /// Gives the sets their names and answers how many samples retrieval has. A classification set without samples
    /// is not kept.
    pub(super) fn finish(self) -> Result<u64, ShardError> {
        if let Some((set, _)) = self.classification
            && set.samples() > 0
        {
            set.finish()?;
        }
        self.retrieval.finish()
    }
}

pub(super) fn as_lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The number of samples of a finished set.
pub(super) fn count(set: &Path) -> Result<u64, ShardError> {
    let path = set.join("test/count.txt");
    let text = read(&path)?;
    text.trim().parse().map_err(|_| ShardError::Count {
        path,
        found: text.chars().take(64).collect(),
    })
}
