//! An exam: one task's evaluation sets, one for each time step; and the examiner who gives it.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use thiserror::Error;
use ticclip_eval::classify::{ClassifyError, Head};
use ticclip_eval::embeddings::EmbeddingsError;
use ticclip_eval::retrieve::RetrieveError;
use ticclip_eval::score::Score;
use ticclip_eval::suite::{Suite, SuiteError};
use ticclip_eval::task::{Kind, Task};

use super::seen::{Asked, see};
use super::{Marks, ModelFolder, classification, retrieval};
use crate::encode::{Encoder, EncoderError};
use crate::model::Precision;
use crate::shard::{EvaluationKind, EvaluationSet, ShardError, ShardIndex, ShardReadError};

/// Tasks that come with the program.
const TASKS: [(&str, &str); 2] = [
    (
        "tasks/dynamic/retrieval.toml",
        include_str!("../../tasks/dynamic/retrieval.toml"),
    ),
    (
        "tasks/dynamic/classification.toml",
        include_str!("../../tasks/dynamic/classification.toml"),
    ),
];
const GROUPS: (&str, &str) = ("tasks/groups.toml", include_str!("../../tasks/groups.toml"));

/// Why a model has no score.
#[derive(Debug, Error)]
pub enum ScoreError {
    /// An evaluation set cannot be opened.
    #[error(transparent)]
    Set(#[from] ShardError),
    /// A tar of it is damaged.
    #[error(transparent)]
    Shard(#[from] ShardReadError),
    /// The set is of another type than the task.
    #[error("{}: a {there} set, but task {task} asks for {wanted}", path.display())]
    Kind {
        /// The set.
        path: PathBuf,
        /// The task.
        task: String,
        /// What the set is.
        there: &'static str,
        /// What the task is.
        wanted: &'static str,
    },
    /// No sample of a set can be read.
    #[error("{}: none of its {samples} samples can be read", path.display())]
    Unreadable {
        /// The set.
        path: PathBuf,
        /// How many there are.
        samples: usize,
    },
    /// The model cannot be read, or cannot encode.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The model's vectors are no directions.
    #[error("the model's vectors cannot be compared: {0}")]
    Embeddings(#[from] EmbeddingsError),
    /// A label does not fit the class names.
    #[error(transparent)]
    Classify(#[from] ClassifyError),
    /// Captions and images do not fit each other.
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
}

/// The tasks and groups that come with the program.
///
/// # Errors
/// [`SuiteError`] when a task file is wrong, which the tests rule out.
pub fn suite() -> Result<Suite, SuiteError> {
    Suite::new(&TASKS, GROUPS)
}

/// One task's evaluation sets.
#[derive(Debug)]
pub struct Exam {
    /// The task.
    pub task: Task,
    sets: Vec<Set>,
}

/// The set of one time step.
#[derive(Debug)]
struct Set {
    step: String,
    path: PathBuf,
    kind: EvaluationKind,
    samples: ShardIndex,
}

impl Exam {
    /// Opens the task's sets below `data`, for those of `steps` that have one; nothing if none has.
    ///
    /// # Errors
    /// [`ScoreError`] when a set is there and cannot be read, or is of another type.
    pub fn open(task: &Task, data: &Path, steps: &[String]) -> Result<Option<Self>, ScoreError> {
        let mut sets = Vec::new();
        for step in steps {
            let path = data.join(&task.data).join(step);
            if path.is_dir() {
                sets.push(Set::open(task, step, path)?);
            }
        }
        Ok((!sets.is_empty()).then(|| Self {
            task: task.clone(),
            sets,
        }))
    }

    /// Samples of all its sets.
    pub fn samples(&self) -> usize {
        self.sets.iter().map(|set| set.samples.len()).sum()
    }
}

impl Set {
    fn open(task: &Task, step: &str, path: PathBuf) -> Result<Self, ScoreError> {
        let set = EvaluationSet::open(&path)?;
        let (there, fits) = match set.kind {
            EvaluationKind::Retrieval => ("retrieval", task.kind == Kind::Retrieval),
            EvaluationKind::Classification { .. } => {
                ("classification", task.kind == Kind::Classification)
            }
        };
        if !fits {
            let wanted = match task.kind {
                Kind::Retrieval => "retrieval",
                Kind::Classification => "classification",
            };
            let task = task.name.clone();
            return Err(ScoreError::Kind {
                path,
                task,
                there,
                wanted,
            });
        }
        Ok(Self {
            step: step.to_owned(),
            kind: set.kind,
            samples: ShardIndex::open(set.tars)?,
            path,
        })
    }
}

/// Puts models to exams.
#[derive(Debug)]
pub struct Examiner {
    device: Device,
    precision: Precision,
}

impl Examiner {
    /// An examiner who computes on `device`.
    #[must_use]
    pub fn new(device: &Device, precision: Precision) -> Self {
        Self {
            device: device.clone(),
            precision,
        }
    }

    /// Marks of the model on every set of the exam, by step; `done` hears of each.
    ///
    /// # Errors
    /// [`ScoreError`] when the model or a set cannot be read.
    pub fn examine(
        &self,
        model: &ModelFolder,
        exam: &Exam,
        mut done: impl FnMut(u64),
    ) -> Result<Vec<(String, Marks)>, ScoreError> {
        let encoder = Encoder::open(&model.files, &self.device, self.precision)?;
        let mut heads: Vec<(&EvaluationKind, Head)> = Vec::new();
        let mut marks = Vec::new();
        for set in &exam.sets {
            if let EvaluationKind::Classification { classes, templates } = &set.kind
                && heads.iter().all(|(kind, _)| **kind != set.kind)
            {
                heads.push((
                    &set.kind,
                    classification::head(&encoder, classes, templates)?,
                ));
            }
            let head = heads.iter().find(|(kind, _)| **kind == set.kind);
            let marked = mark(&encoder, &exam.task, set, head.map(|(_, head)| head))?;
            marks.push((set.step.clone(), marked));
            done(set.samples.len() as u64);
        }
        Ok(marks)
    }
}

fn mark(
    encoder: &Encoder,
    task: &Task,
    set: &Set,
    head: Option<&Head>,
) -> Result<Marks, ScoreError> {
    let asked = if head.is_some() {
        Asked::Class
    } else {
        Asked::Captions
    };
    let seen = see(encoder, &set.samples, asked)?;
    if seen.samples.is_empty() {
        return Err(ScoreError::Unreadable {
            path: set.path.clone(),
            samples: set.samples.len(),
        });
    }
    match head {
        Some(head) => classification::mark(&seen, head, &task.metric),
        None => retrieval::mark(encoder, &seen, &task.metric),
    }
}

impl Marks {
    /// The line of `scores.jsonl` for these marks.
    pub fn score(&self, task: &Task, name: &str, model: &ModelFolder, tested: &str) -> Score {
        Score {
            task: task.name.clone(),
            model: name.to_owned(),
            weights: model.weights.clone(),
            tokenizer: model.tokenizer.clone(),
            strategy: model.strategy.clone(),
            metric: task.metric.clone(),
            value: self.value,
            n: self.n,
            chance: self.chance,
            trained_step: model.trained.as_ref().map(|(_, step)| step.clone()),
            tested_step: Some(tested.to_owned()),
            metrics: self.metrics.clone(),
            low: self.interval.0,
            high: self.interval.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tasks_that_come_along_are_valid() {
        let suite = suite().expect("valid files");
        let chosen = suite.select(&["dynamic".to_owned()]).expect("a group");
        assert_eq!(chosen.len(), TASKS.len());
    }
}
