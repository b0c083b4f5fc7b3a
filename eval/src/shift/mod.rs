//! What changes over time in a benchmark: words, classes, looks.
//!
//! - [`tokens`]: a caption as phrases of lower-case words;
//! - [`WordCounts`]: captions that have a word or phrase, per step, in bounded memory; [`TermTable`]
//!   is what was counted;
//! - [`rising`], [`characteristic`], [`new_terms`]: weighted log-odds of one step against others;
//!   [`trends`]: growth over all steps;
//! - [`class_moves`]: how far the mean vector of a class moves between two steps;
//! - [`Appearance`], [`AppearanceSummary`]: size, shape and white background of images.
//!
//! All of it counts captions or images as independent of each other. Series by one author and
//! near-copies are not: thin them out first, or read z as an upper bound.

mod appearance;
mod bounded;
mod centroid;
mod hash;
mod log_odds;
mod quantiles;
mod random;
mod term_table;
#[cfg(test)]
mod tests;
pub mod tokens;
mod trend;
mod words;

pub use appearance::{Appearance, AppearanceError, AppearanceSummary, NEAR_WHITE, StepAppearance};
pub use centroid::{CentroidError, ClassMove, ClassMoves, class_moves};
pub use log_odds::{LogOddsError, PRIOR_CAPTIONS, Ranked, characteristic, new_terms, rising};
pub use quantiles::Quantiles;
pub(crate) use random::Random;
pub use term_table::{Term, TermTable};
pub use trend::{TrendError, Trends, trends};
pub use words::{Limits, WordCounts, WordsError};
