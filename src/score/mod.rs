//! Scores: models put to the tasks' evaluation sets.

mod answered;
mod association;
mod book;
mod captions;
mod classification;
mod error;
mod exam;
mod examiner;
mod features;
mod held_out;
mod marks;
mod model_folder;
mod multilabel;
mod pass;
mod predictions;
mod prompts;
mod retrieval;
pub mod source;
mod subtrees;
mod versus;

use ticclip_eval::suite::{Suite, SuiteError};

pub use book::{BookError, SCORES_FILE, ScoreBook};
pub use captions::{Captions, captions};
pub use error::ScoreError;
pub use exam::{Exam, Marked, find_sets};
pub use examiner::{ClassVectors, Examiner};
pub use features::{Examinee, FeatureCache};
pub use held_out::HeldOutPairs;
pub use marks::{LeftOut, Marks};
pub use model_folder::{ModelFolder, ModelFolderError, find_models};
pub use predictions::{
    PREDICTIONS, Prediction, PredictionsError, predictions_file, read_predictions,
    write_predictions,
};
pub use subtrees::{RELEASED, SubtreeError, Subtrees};
pub use versus::{Versus, VersusError};

/// The tasks and groups that come with the program.
///
/// # Errors
/// [`SuiteError`] when a task file is wrong, which the tests rule out.
pub fn suite() -> Result<Suite, SuiteError> {
    Suite::shipped()
}
