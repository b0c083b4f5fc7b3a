//! Parts: scores that several processes have made of one evaluation, and how they become one.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ticclip_eval::score::Score;

use super::predictions::{PREDICTIONS, predictions_file};
use super::{BookError, ScoreBook};
use crate::artefact::{ArtefactError, place, relative, write_json};
use crate::part::{Part, arrange};

/// In a part's folder, which part it is and what belongs to it.
pub const SCORE_PART_FILE: &str = "score-part.json";

/// What a part says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScorePart {
    /// Which one.
    pub part: Part,
    /// A checksum of models, tasks and sets: of all that the parts have in common.
    pub run: String,
    /// Task and model of everything it scores.
    pub pairs: BTreeSet<(String, String)>,
}

/// Why parts make no whole.
#[derive(Debug, Error)]
pub enum ScorePartsError {
    /// The note of a part cannot be read.
    #[error("{}: {source}", path.display())]
    Note {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A part is missing, of another run or not finished.
    #[error("{}: {message}", path.display())]
    Parts {
        /// The part.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Its scores cannot be read, or the merged ones not be kept.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The disk refuses.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

impl ScorePart {
    /// Writes the note into a part's folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), ArtefactError> {
        write_json(&folder.join(SCORE_PART_FILE), self)
    }

    fn read(folder: &Path) -> Result<Self, ScorePartsError> {
        let path = folder.join(SCORE_PART_FILE);
        let bytes = std::fs::read(&path).map_err(|error| ScorePartsError::Parts {
            path: path.clone(),
            message: format!(
                "{error}; a part is a folder that `eval` has written with `--part I/N`"
            ),
        })?;
        serde_json::from_slice(&bytes).map_err(|source| ScorePartsError::Note { path, source })
    }
}

/// All parts of one evaluation, each whole.
#[derive(Debug)]
pub struct ScoreParts {
    parts: Vec<(PathBuf, Vec<Score>)>,
    run: String,
}

impl ScoreParts {
    /// Checks that these are all parts of one evaluation, and that each has its scores.
    ///
    /// # Errors
    /// [`ScorePartsError`] naming the part that is missing, there twice, not finished, or of another run.
    pub fn open(folders: &[PathBuf]) -> Result<Self, ScorePartsError> {
        let wrong = |folder: &Path, message: String| ScorePartsError::Parts {
            path: folder.to_owned(),
            message,
        };
        let first = ScorePart::read(&folders[0])?;
        let mut parts = Vec::new();
        for folder in folders {
            let note = ScorePart::read(folder)?;
            if note.run != first.run {
                let message = format!(
                    "not a part of the same evaluation as {}: models, tasks or data differ",
                    folders[0].display()
                );
                return Err(wrong(folder, message));
            }
            let scores = ScoreBook::open(folder)?.scores().to_vec();
            let scored = |(task, model): &&(String, String)| {
                scores
                    .iter()
                    .any(|score| (&score.task, &score.model) == (task, model))
            };
            if let Some((task, model)) = note.pairs.iter().find(|pair| !scored(pair)) {
                let message =
                    format!("not finished, {model} has no score on {task}: run its part again");
                return Err(wrong(folder, message));
            }
            parts.push((note.part, (folder.clone(), scores)));
        }
        Ok(Self {
            parts: arrange(parts).map_err(|message| wrong(&folders[0], message))?,
            run: first.run,
        })
    }

    /// The evaluation that all parts are of.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Puts scores and predictions into one folder; models are named by their path from there. Answers how many scores
    /// there are.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, into: &Path) -> Result<usize, ScorePartsError> {
        let canonical = |path: &Path| path.canonicalize().map_err(ArtefactError::io(path));
        let there = canonical(into)?;
        let predictions = into.join(PREDICTIONS);
        let mut book = ScoreBook::open(into)?;
        for (folder, scores) in &self.parts {
            let from = canonical(folder)?;
            let mut pairs: Vec<(&str, &str)> = Vec::new();
            for score in scores {
                let pair = (score.task.as_str(), score.model.as_str());
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
            for (task, model) in pairs {
                let name = renamed(&from, &there, model);
                let own = scores
                    .iter()
                    .filter(|score| (score.task.as_str(), score.model.as_str()) == (task, model));
                let own = own.map(|score| Score {
                    model: name.clone(),
                    ..score.clone()
                });
                let answers = folder.join(PREDICTIONS).join(predictions_file(task, model));
                if answers.is_file() {
                    std::fs::create_dir_all(&predictions)
                        .map_err(ArtefactError::io(&predictions))?;
                    place(&answers, &predictions.join(predictions_file(task, &name)))?;
                }
                book.enter(task, &name, own.collect())?;
            }
        }
        Ok(book.scores().len())
    }
}

/// The name of a model, which is its path from one folder, as its path from another; the model need not be there.
fn renamed(from: &Path, to: &Path, model: &str) -> String {
    let mut path = PathBuf::new();
    for part in from.join(model).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    relative(to, &path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_keeps_its_place_when_scores_move() {
        let name =
            |from: &str, to: &str, model: &str| renamed(Path::new(from), Path::new(to), model);
        assert_eq!(
            name("/a/part-1", "/a/scores", "../train/2016"),
            "../train/2016"
        );
        assert_eq!(
            name("/a/parts/1", "/a/scores", "../../train/2016"),
            "../train/2016"
        );
        assert_eq!(name("/a/parts/1", "/a", "../../train/2016"), "train/2016");
    }
}
