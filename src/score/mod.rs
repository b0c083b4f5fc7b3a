//! Scores: models put to the tasks' evaluation sets.

mod book;
mod classification;
mod exam;
mod held_out;
mod marks;
mod model_folder;
mod predictions;
mod retrieval;
mod seen;

pub use book::{BookError, SCORES_FILE, ScoreBook};
pub use exam::{Exam, Examiner, ScoreError, suite};
pub use held_out::HeldOutPairs;
pub use marks::Marks;
pub use model_folder::{ModelFolder, ModelFolderError, find_models};
pub use predictions::{PREDICTIONS, Prediction, PredictionsError, write_predictions};
