//! Training through time: the outer loop over steps, and the loop over batches inside a step.

mod adamw;
mod average;
mod candidates;
mod curves;
mod energy;
mod error;
mod gradient;
mod learner;
mod loader;
mod metrics;
mod order;
mod past;
mod plan;
mod recipe;
mod record;
mod run;
mod schedule;
#[doc(hidden)]
pub mod state;
mod step;
mod tensorboard;

pub use curves::{CSV, CurveFormat, EVENTS};
pub use energy::{EnergyMeter, Used};
pub use error::TrainError;
pub use learner::Learner;
pub use loader::{LoaderError, TrainingPool};
pub use metrics::{UpdateRecord, read as read_metrics};
pub use recipe::{Freeze, Loss, Recipe, RecipeError, Schedule, shipped};
pub use record::{Cost, RecordError, StepRecord, read_cost, read_step_record};
pub use run::{Beginning, Outcome, Through};
pub use state::StateError;
pub use step::{BATCHES, HeldOut, Progress, Pulse};
pub use tensorboard::{EventFile, Scalars};
