//! Predictions: the answer of a model to every sample of a task, as Parquet.

mod read;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use thiserror::Error;
use ticclip_eval::classify::Guess;

use crate::artefact::{ArtefactError, NewFile};

pub use read::read_predictions;

/// What is asked by.
const QUERIES: [&str; 2] = ["image", "text"];

/// The folder of predictions beside `scores.jsonl`.
pub const PREDICTIONS: &str = "predictions";

/// The answer to one question about one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The sample.
    pub key: String,
    /// What was asked by: `image` or `text`.
    pub query: &'static str,
    /// The right class.
    pub label: Option<i32>,
    /// The classes guessed, the best first.
    pub top: Vec<i32>,
    /// All classes that come before the right one, in ascending order: among some of the classes the model is right if
    /// none of them is here.
    pub above: Option<Vec<i32>>,
    /// How many candidates came before the right one.
    pub rank: Option<i32>,
    /// Probability of the first guess, or similarity of the right answer.
    pub score: f64,
}

/// Why predictions cannot be written or read.
#[derive(Debug, Error)]
pub enum PredictionsError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The table is another one.
    #[error("{}: no table of predictions, or of an older version; run `eval` again", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be put in place.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The columns make no table.
    #[error("{}: {source}", path.display())]
    Arrow {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ArrowError,
    },
    /// The table cannot be written.
    #[error("{}: {source}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ParquetError,
    },
}

impl Prediction {
    pub(super) fn of_retrieval(key: String, query: &'static str, rank: usize, score: f64) -> Self {
        Self {
            key,
            query,
            label: None,
            top: Vec::new(),
            above: None,
            rank: Some(rank as i32),
            score,
        }
    }

    pub(super) fn of_class(key: String, label: usize, guess: &Guess) -> Self {
        Self {
            key,
            query: "image",
            label: Some(label as i32),
            top: guess.classes.iter().map(|class| *class as i32).collect(),
            above: Some(guess.above.iter().map(|class| *class as i32).collect()),
            rank: None,
            score: guess.confidence,
        }
    }
}

/// The file of a model's predictions on a task, below [`PREDICTIONS`].
#[must_use]
pub fn predictions_file(task: &str, model: &str) -> String {
    format!("{task}.{}.parquet", flat_name(model))
}

/// A model's name, which is a path, as one name of a file or folder.
pub fn flat_name(model: &str) -> String {
    let parts = Path::new(model).components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Writes one table of the predictions on all tested steps; columns `tested_step`, `key`, `query`,
/// `label`, `top1` to `top5`, `above`, `rank`, `score`.
///
/// # Errors
/// [`PredictionsError`] when the disk refuses.
pub fn write_predictions(
    path: &Path,
    tested: &[(String, Vec<Prediction>)],
) -> Result<(), PredictionsError> {
    let rows = || tested.iter().flat_map(|(_, predictions)| predictions);
    let steps = tested
        .iter()
        .flat_map(|(step, predictions)| predictions.iter().map(move |_| step.as_str()));
    // Collected first: the builders want to know how many there are.
    let texts = |column: Vec<&str>| Arc::new(StringArray::from(column)) as ArrayRef;
    let integers = |column: Vec<Option<i32>>| Arc::new(Int32Array::from(column)) as ArrayRef;
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("tested_step".to_owned(), texts(steps.collect())),
        (
            "key".to_owned(),
            texts(rows().map(|row| row.key.as_str()).collect()),
        ),
        (
            "query".to_owned(),
            texts(rows().map(|row| row.query).collect()),
        ),
        (
            "label".to_owned(),
            integers(rows().map(|row| row.label).collect()),
        ),
    ];
    for place in 0..ticclip_eval::classify::GUESSES {
        let guesses = rows().map(|row| row.top.get(place).copied()).collect();
        columns.push((format!("top{}", place + 1), integers(guesses)));
    }
    let mut above = ListBuilder::new(Int32Builder::new());
    for row in rows() {
        match &row.above {
            Some(classes) => above.append_value(classes.iter().copied().map(Some)),
            None => above.append_null(),
        }
    }
    columns.push(("above".to_owned(), Arc::new(above.finish())));
    columns.push((
        "rank".to_owned(),
        integers(rows().map(|row| row.rank).collect()),
    ));
    columns.push((
        "score".to_owned(),
        Arc::new(Float64Array::from(
            rows().map(|row| row.score).collect::<Vec<_>>(),
        )),
    ));
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    );
    let batch = batch.map_err(|source| PredictionsError::Arrow {
        path: path.to_owned(),
        source,
    })?;
    let failed = |source| PredictionsError::Parquet {
        path: path.to_owned(),
        source,
    };
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let file = NewFile::create(path)?;
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(&batch).map_err(failed)?;
    Ok(writer.into_inner().map_err(failed)?.finish()?)
}
