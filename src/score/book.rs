//! The score book: `scores.jsonl`, every score of a folder, in an order that the run does not decide.

use std::path::{Path, PathBuf};

use thiserror::Error;
use ticclip_eval::score::{ReadScoresError, Score, read_scores};

use super::ModelFolder;
use crate::artefact::{ArtefactError, NewFile};

/// The file that holds the scores.
pub const SCORES_FILE: &str = "scores.jsonl";

/// Why scores cannot be read or kept.
#[derive(Debug, Error)]
pub enum BookError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no score.
    #[error("{}: {source}; take the line out, and `ticclip eval` makes the score again", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line and what is wrong with it.
        source: ReadScoresError,
    },
    /// A figure has no form in JSON.
    #[error("score of task {task}, model {model}: {source}")]
    Figure {
        /// The task.
        task: String,
        /// The model.
        model: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
}

/// The scores of a folder.
#[derive(Debug)]
pub struct ScoreBook {
    path: PathBuf,
    scores: Vec<Score>,
}

impl ScoreBook {
    /// Reads the scores in `folder`; none if there are none.
    ///
    /// # Errors
    /// [`BookError`] naming the file and line that is no score.
    pub fn open(folder: &Path) -> Result<Self, BookError> {
        let path = folder.join(SCORES_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(BookError::Io { path, source }),
        };
        match read_scores(&text) {
            Ok(scores) => Ok(Self { path, scores }),
            Err(source) => Err(BookError::Line { path, source }),
        }
    }

    /// All scores.
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// Whether this very model has been scored on the task with the samples and prompts of checksum `data`.
    pub fn has(
        &self,
        task: &str,
        name: &str,
        model: &ModelFolder,
        step: Option<&str>,
        data: &str,
    ) -> bool {
        self.scores.iter().any(|score| {
            (score.task.as_str(), score.model.as_str()) == (task, name)
                && (score.tested_step.as_deref(), score.data.as_deref()) == (step, Some(data))
                && (&score.weights, &score.tokenizer) == (&model.weights, &model.tokenizer)
        })
    }

    /// Puts the scores of one model on one task in the place of earlier ones, and writes the file.
    ///
    /// # Errors
    /// [`BookError`] when the disk refuses.
    pub fn enter(&mut self, task: &str, model: &str, scores: Vec<Score>) -> Result<(), BookError> {
        self.scores
            .retain(|score| score.task != task || score.model != model);
        self.scores.extend(scores);
        // Stable: within a model and task the scores stay in the order of time they came in.
        self.scores
            .sort_by(|a, b| (&a.task, &a.model).cmp(&(&b.task, &b.model)));
        let mut text = String::new();
        for score in &self.scores {
            text += &score.to_line().map_err(|source| BookError::Figure {
                task: score.task.clone(),
                model: score.model.clone(),
                source,
            })?;
        }
        Ok(NewFile::write_whole(&self.path, text.as_bytes())?)
    }
}
