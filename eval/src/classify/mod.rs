//! Zero-shot classification: every class is the mean of its prompts' vectors.

mod guess;
mod head;
mod softmax;

use thiserror::Error;

pub use guess::{GUESSES, Guess, classify};
pub use head::Head;

use crate::embeddings::EmbeddingsError;

/// Why a classification cannot be scored.
#[derive(Debug, Error, PartialEq)]
pub enum ClassifyError {
    /// The vectors are no embeddings, or of another width.
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
    /// The prompts do not divide into classes.
    #[error("{prompts} prompts do not divide into classes of {templates} templates")]
    Prompts {
        /// Number of prompts.
        prompts: usize,
        /// Templates of each class.
        templates: usize,
    },
    /// Not one class a prompt.
    #[error("{prompts} prompts, but {classes} of them say which class they describe")]
    Described {
        /// Number of prompts.
        prompts: usize,
        /// Number of entries.
        classes: usize,
    },
    /// A prompt for a class that is not there.
    #[error("prompt {prompt} describes class {class}, there are {classes}, from 0")]
    NoSuchClass {
        /// The prompt's index.
        prompt: usize,
        /// The class it names.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A class that nothing describes.
    #[error("class {class} ({name}) has no prompt")]
    NoPrompt {
        /// The class's index.
        class: usize,
        /// Its name.
        name: String,
    },
    /// Prompts whose mean is no direction.
    #[error("the prompts of class {class} cancel each other out")]
    NoDirection {
        /// The class's index.
        class: usize,
    },
    /// A label that no class has.
    #[error("sample {sample} has label {label}, there are {classes} classes, from 0")]
    Label {
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Not one label a sample, or no sample at all.
    #[error("{samples} samples and {labels} labels cannot be scored")]
    Samples {
        /// Number of samples.
        samples: usize,
        /// Number of labels.
        labels: usize,
    },
    /// Rows that are not there.
    #[error("rows {first} to {end} of {samples} samples")]
    Rows {
        /// The first row.
        first: usize,
        /// The row behind the last.
        end: usize,
        /// Number of samples.
        samples: usize,
    },
}
