//! Tasks whose samples have no date: what every model scores on them.

use serde::{Deserialize, Serialize};

use super::Score;

/// One task without time steps, such as ImageNet or EuroSAT.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticTask {
    /// Its name in `scores.jsonl`, such as `imagenet`.
    pub name: String,
    /// Its name for people, such as `ImageNet`.
    pub title: String,
    /// The metric that counts, such as `acc1`.
    pub metric: String,
    /// Groups it belongs to, such as `imagenet-shift`.
    pub groups: Vec<String>,
    /// Score of guessing, in [0, 1].
    pub chance: Option<f64>,
    /// Evaluation items.
    pub n: Option<u64>,
    /// The score of every model that was asked.
    pub scores: Vec<StaticScore>,
}

/// What one model scores on a static task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticScore {
    /// The strategy the model was trained under.
    pub strategy: String,
    /// Index of its training step in [`Content::steps`](super::Content::steps).
    pub step: usize,
    /// The score, in [0, 1].
    pub score: Score,
}

/// A column of static scores: one task, or the plain mean over several.
///
/// A model that lacks a score on one of the tasks has none in the column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StaticColumn {
    /// Its heading, such as `ImageNet shifts`.
    pub title: String,
    /// Names of its tasks.
    pub tasks: Vec<String>,
}
