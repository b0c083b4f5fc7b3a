//! Two scores that order the same models.

use serde::{Deserialize, Serialize};

use super::Score;

/// A comparison of two orders, such as by static and by dynamic scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// Its heading, such as `Static against dynamic scores`.
    pub title: String,
    /// What the left side ranks by.
    pub left: String,
    /// What the right side ranks by.
    pub right: String,
    /// The models, with both scores.
    pub models: Vec<RankedModel>,
    /// The command line that made these figures.
    pub command: Option<String>,
}

/// A model with two scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RankedModel {
    /// Its name; where it is a strategy's, it has the strategy's colour.
    pub name: String,
    /// The score that the left side ranks by, in [0, 1].
    pub left: Score,
    /// The score that the right side ranks by, in [0, 1].
    pub right: Score,
}
