//! The held-out pairs of every time step, for a run that decides by them while it trains.

use std::path::Path;

use super::exam::Exam;
use super::features::{captions_of, images_of};
use super::source::Set;
use super::{ScoreError, retrieval, suite};
use crate::encode::Encoder;

/// The task that a run decides by.
const TASK: &str = "retrieval";

/// Retrieval sets of a folder of shards, in order of time.
#[derive(Debug)]
pub struct HeldOutPairs {
    exam: Exam,
}

impl HeldOutPairs {
    /// Opens the retrieval set of every step; or tells the first step that has none.
    ///
    /// # Errors
    /// [`ScoreError`] when a set is there and cannot be read.
    pub fn open(data: &Path, steps: &[String]) -> Result<Result<Self, String>, ScoreError> {
        let suite = suite().expect("the tasks that come with the program are tested");
        let task = suite.task(TASK).expect("it comes with the program");
        let exam = Exam::open(task, data, steps, None)?;
        let there = |step: &String| {
            let mut sets = exam.iter().flat_map(Exam::sets);
            sets.any(|(there, _)| there == Some(step))
        };
        if let Some(missing) = steps.iter().find(|step| !there(step)) {
            return Ok(Err(missing.clone()));
        }
        Ok(match exam {
            Some(exam) => Ok(Self { exam }),
            None => Err(String::new()),
        })
    }

    /// Mean recall@1 of images and captions of step `step`, from 0.
    ///
    /// # Errors
    /// [`ScoreError`] when the set cannot be read.
    pub fn recall(&self, encoder: &Encoder, step: usize) -> Result<f64, ScoreError> {
        let set: &Set = &self.exam.papers[step].set;
        let images = images_of(encoder, set.source.as_ref())?;
        let targets = set.source.targets(set.kind)?;
        let captions = captions_of(encoder, &targets)?;
        let marks = retrieval::mark(&self.exam.task, set, images, captions, &targets)?;
        Ok(marks.value)
    }
}
