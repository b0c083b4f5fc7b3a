//! Scores: models put to the tasks' evaluation sets.

mod answered;
mod association;
mod book;
mod calendar;
mod captions;
mod classification;
mod error;
mod exam;
mod examiner;
mod features;
mod heads;
mod held_out;
mod marks;
mod matrix;
mod model_folder;
mod multilabel;
mod parts;
mod pass;
mod predictions;
mod prompts;
mod restricted;
mod retrieval;
mod share;
mod shifted;
pub mod source;
mod subtrees;
mod versus;

use ticclip_eval::suite::{Suite, SuiteError};

pub use book::{BookError, SCORES_FILE, ScoreBook};
pub use calendar::Calendar;
pub use captions::{Captions, captions};
pub use error::ScoreError;
pub use exam::{Exam, Marked, find_sets};
pub use examiner::{ClassVectors, Examiner};
pub use features::{Examinee, FeatureCache};
pub use heads::head_file;
pub use held_out::HeldOutPairs;
pub use marks::{LeftOut, Marks};
pub use matrix::{Estimate, Matrix, MatrixError, matrices};
pub use model_folder::{ModelFolder, ModelFolderError, find_models};
pub use parts::{SCORE_PART_FILE, ScorePart, ScoreParts, ScorePartsError};
pub use predictions::{
    PREDICTIONS, Prediction, PredictionsError, flat_name, predictions_file, read_predictions,
    write_predictions,
};
pub use restricted::restricted;
pub use share::Share;
pub use shifted::{Asked, Shifted};
pub use subtrees::{RELEASED, SubtreeError, Subtrees};
pub use versus::{Versus, VersusError};

/// The tasks and groups that come with the program.
///
/// # Errors
/// [`SuiteError`] when a task file is wrong, which the tests rule out.
pub fn suite() -> Result<Suite, SuiteError> {
    Suite::shipped()
}
