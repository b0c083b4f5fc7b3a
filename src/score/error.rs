//! Score error: why a model has no score.

use std::path::PathBuf;

use thiserror::Error;
use ticclip_eval::classify::ClassifyError;
use ticclip_eval::embeddings::EmbeddingsError;
use ticclip_eval::interval::StatisticError;
use ticclip_eval::metric::MetricError;
use ticclip_eval::probe::ProbeError;
use ticclip_eval::retrieve::RetrieveError;
use ticclip_eval::task::Kind;

use super::source::SourceError;
use crate::encode::{EncoderError, FeatureFileError};

/// Why a model has no score.
#[derive(Debug, Error)]
pub enum ScoreError {
    /// An evaluation set cannot be opened or read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The set is of another kind than the task.
    #[error("{}: a {there} set, but task {task} asks for {wanted}", path.display())]
    Kind {
        /// The set.
        path: PathBuf,
        /// The task.
        task: String,
        /// What the set is.
        there: &'static str,
        /// What the task is.
        wanted: Kind,
    },
    /// A classification set without the names of its classes, or without prompts.
    #[error(
        "{}: no {what} here, and prompts are made of them; --prompts-from names a dataset or a file that has them",
        path.display()
    )]
    NoPrompts {
        /// The set.
        path: PathBuf,
        /// What is not there.
        what: &'static str,
    },
    /// A head that does not fit the set or the model.
    #[error("{}: the head has {message}", path.display())]
    Head {
        /// The file of the head.
        path: PathBuf,
        /// How it does not fit.
        message: String,
    },
    /// A label beyond the names of the classes.
    #[error("{}: sample `{key}` has class {label}; there are names for {classes} classes, from 0", path.display())]
    Label {
        /// The set.
        path: PathBuf,
        /// The sample.
        key: String,
        /// Its class.
        label: usize,
        /// Names there are.
        classes: usize,
    },
    /// No sample of a set can be read.
    #[error("{}: none of its {samples} samples can be scored{first}", path.display())]
    Unreadable {
        /// The set.
        path: PathBuf,
        /// How many there are.
        samples: usize,
        /// The first of them, and what is wrong with it.
        first: String,
    },
    /// The metric that counts does not apply to the set.
    #[error("{metric} is not defined for this set; there are {}", there.join(", "))]
    Undefined {
        /// The metric.
        metric: String,
        /// Metrics that are.
        there: Vec<String>,
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
    /// Answers cannot be measured.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A probe cannot be fitted.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A metric has no interval.
    #[error(transparent)]
    Interval(#[from] StatisticError),
    /// Kept features cannot be read or written.
    #[error(transparent)]
    Features(#[from] FeatureFileError),
    /// Kept features are not those of a set's samples.
    #[error("{}: its keys are no numbers of samples; remove it", path.display())]
    Cache {
        /// The file.
        path: PathBuf,
    },
}
