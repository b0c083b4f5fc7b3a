//! Training through time: the outer loop over steps, and the loop over batches inside a step.

mod adamw;
mod energy;
mod learner;
mod loader;
mod metrics;
mod order;
mod recipe;
mod run;
mod schedule;
#[doc(hidden)]
pub mod state;
mod step;
mod tensorboard;

pub use energy::{EnergyMeter, Used};
pub use learner::Learner;
pub use loader::{LoaderError, TrainingPool};
pub use metrics::{UpdateRecord, read as read_metrics};
pub use recipe::{Recipe, RecipeError};
pub use run::{Beginning, Outcome, StepRecord, Through, TrainError, read_step_record};
pub use step::Progress;
pub use tensorboard::{EventFile, Scalars};
