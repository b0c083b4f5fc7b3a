//! The transfer matrix E: a model after every training step, tested on every step.
//!
//! Eᵢⱼ is the score of the model after step i on the samples of step j (TiC-CLIP, section 4).
//!
//! - [`Transfer`]: the square matrix, steps trained and tested alike;
//! - [`Grid`]: what was measured, where tested steps may be more, finer or outside of training;
//!   [`Place`] says when each lies, [`Merged`] has one column a training step;
//! - [`Part`]: in-domain, backward, forward and next step, as weights on the cells of a grid;
//! - [`bound_of_means`], [`interval_of_means`]: how sure those means are;
//! - [`drift`]: score lost a week away from training.

mod drift;
mod grid;
mod matrix;
mod mean_interval;
mod merged;
mod part;
mod place;
#[cfg(test)]
mod tests;

pub use drift::{Drift, DriftError, Side, drift};
pub use grid::{Grid, GridError, TransferError};
pub use matrix::Transfer;
pub use mean_interval::{MeanIntervalError, bound_of_means, interval_of_means, of_sum_of_means};
pub use merged::{Column, MergeError, Merged};
pub use part::Part;
pub use place::{Place, PlaceError, Span, places};
