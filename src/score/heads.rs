//! Heads in files: zero-shot classifiers that are handed in, or written for others to use.
//!
//! A head is a feature file: a unit row a class, whose keys are the names of the classes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ticclip_eval::classify::Head;
use ticclip_eval::embeddings::Embeddings;

use super::ScoreError;
use super::features::Examinee;
use crate::artefact::sha256_of;
use crate::encode::{FeatureFile, Features, Opened};

/// A head that takes the place of prompts.
#[derive(Debug)]
pub(super) struct GivenHead {
    path: PathBuf,
    classes: Vec<String>,
    dim: usize,
    head: Head,
}

/// The file of a task's head, or of that of one of its steps.
pub fn head_file(task: &str, step: Option<&str>) -> String {
    match step {
        Some(step) => format!("{task}@{step}.safetensors"),
        None => format!("{task}.safetensors"),
    }
}

impl GivenHead {
    /// The head of a task's step in a folder, or that of the task; nothing if there is neither.
    pub(super) fn find(
        folder: &Path,
        task: &str,
        step: Option<&str>,
    ) -> Result<Option<Self>, ScoreError> {
        let files = [head_file(task, step), head_file(task, None)];
        let path = files.into_iter().map(|file| folder.join(file));
        let Some(path) = path.into_iter().find(|path| path.is_file()) else {
            return Ok(None);
        };
        let Features { keys, dim, values } = Features::read(&path)?;
        // Unit rows stay as they are, to the last bit; others are no mistake.
        let vectors = Embeddings::new(values.clone(), dim)
            .or_else(|_| Embeddings::normalised(values, dim))?;
        let head = Head::from_vectors(vectors);
        Ok(Some(Self {
            path,
            classes: keys,
            dim,
            head,
        }))
    }

    /// Checksum of all of it that decides a score.
    pub(super) fn checksum(&self) -> String {
        let names = serde_json::to_string(&self.classes).expect("names are plain data");
        let values = self.head.vectors().values().iter();
        let values: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
        sha256_of([names.as_bytes(), &values].concat())
    }

    /// The head, if it is of the set's classes and as wide as the model.
    pub(super) fn of(&self, classes: Option<&Vec<String>>, dim: usize) -> Result<Head, ScoreError> {
        let wrong = |message: String| ScoreError::Head {
            path: self.path.clone(),
            message,
        };
        if dim != self.dim {
            let message = format!("vectors of {} values, the model's have {dim}", self.dim);
            return Err(wrong(message));
        }
        if let Some(classes) = classes {
            if classes.len() != self.classes.len() {
                let message = format!(
                    "{} classes, the set has {}",
                    self.classes.len(),
                    classes.len()
                );
                return Err(wrong(message));
            }
            let differs = |at: &usize| classes[*at] != self.classes[*at];
            if let Some(at) = (0..classes.len()).find(differs) {
                let message = format!(
                    "class {at} is {:?}, that of the set {:?}",
                    self.classes[at], classes[at]
                );
                return Err(wrong(message));
            }
        }
        Ok(self.head.clone())
    }
}

/// Writes a head; one that is there stays.
pub(super) fn write(
    path: &Path,
    model: &Examinee,
    task: &str,
    classes: &[String],
    head: &Head,
) -> Result<(), ScoreError> {
    let request = BTreeMap::from([
        ("task".to_owned(), task.to_owned()),
        ("weights".to_owned(), model.weights.clone()),
    ]);
    let vectors = head.vectors();
    if let Opened::Open(mut file) = FeatureFile::open(path, vectors.dim(), request, true)? {
        file.append(classes.len() as u64, vectors.values(), classes, &[])?;
        file.finish()?;
    }
    Ok(())
}
