//! Training through time: the outer loop over steps, and the loop over batches inside a step.

mod adamw;
mod average;
mod candidates;
mod curves;
mod energy;
mod error;
mod exchange;
mod gradient;
mod gradient_sum;
mod learner;
mod loader;
mod metrics;
mod order;
mod outset;
mod past;
mod place;
mod plan;
mod recipe;
mod record;
mod run;
mod schedule;
#[doc(hidden)]
pub mod state;
mod step;
mod tensorboard;
mod update_log;

pub use curves::{CSV, CurveFormat, EVENTS};
pub use energy::{EnergyMeter, Used};
pub use error::TrainError;
pub use exchange::{Alone, Exchange, ExchangeError, launched};
pub use learner::Learner;
pub use loader::{LoaderError, TrainingPool};
pub use metrics::{UpdateRecord, read as read_metrics};
pub use recipe::{Freeze, Loss, Recipe, RecipeError, Schedule, shipped};
pub use record::{Cost, RecordError, StepRecord, read_cost, read_step_record};
pub use run::{Beginning, Outcome, Through};
pub use state::StateError;
pub use step::{HeldOut, Progress, Pulse};
pub use tensorboard::{EventFile, Scalars};
pub use update_log::BATCHES;
