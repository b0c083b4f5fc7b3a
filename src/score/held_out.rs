//! The held-out pairs of every time step, for a run that decides by them while it trains.

use std::path::Path;

use super::seen::{Asked, see};
use super::{ScoreError, retrieval, suite};
use crate::encode::Encoder;
use crate::shard::{EvaluationSet, ShardIndex};

/// The task that a run decides by.
const TASK: &str = "retrieval";

/// Retrieval sets of a folder of shards, in order of time.
#[derive(Debug)]
pub struct HeldOutPairs {
    metric: String,
    sets: Vec<ShardIndex>,
}

impl HeldOutPairs {
    /// Opens the retrieval set of every step; or tells the first step that has none.
    ///
    /// # Errors
    /// [`ScoreError`] when a set is there and cannot be read.
    pub fn open(data: &Path, steps: &[String]) -> Result<Result<Self, String>, ScoreError> {
        let suite = suite().expect("the tasks that come with the program are tested");
        let asked = [TASK.to_owned()];
        let task = suite.select(&asked).expect("it comes with the program")[0];
        let mut sets = Vec::new();
        for step in steps {
            let path = data.join(&task.data).join(step);
            if !path.is_dir() {
                return Ok(Err(step.clone()));
            }
            sets.push(ShardIndex::open(EvaluationSet::open(&path)?.tars)?);
        }
        Ok(Ok(Self {
            metric: task.metric.clone(),
            sets,
        }))
    }

    /// Mean recall@1 of images and captions of step `step`, from 0.
    ///
    /// # Errors
    /// [`ScoreError`] when the set cannot be read.
    pub fn recall(&self, encoder: &Encoder, step: usize) -> Result<f64, ScoreError> {
        let seen = see(encoder, &self.sets[step], Asked::Captions)?;
        Ok(retrieval::mark(encoder, &seen, &self.metric)?.value)
    }
}
