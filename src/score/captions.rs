//! The captions of a task's sets, by the keys of their samples.

use std::path::Path;

use ticclip_eval::task::Task;

use super::source::Target;
use super::{Exam, ScoreError};

/// The captions of one set: its time step, empty for a task that has none, and of each sample key and captions.
pub type Captions = (String, Vec<(String, Vec<String>)>);

/// The captions of all samples that have some, of each of the task's sets below `data`.
///
/// # Errors
/// [`ScoreError`] when a set cannot be read.
pub fn captions(task: &Task, data: &Path, steps: &[String]) -> Result<Vec<Captions>, ScoreError> {
    let exam = Exam::open(task, data, steps, None)?;
    let mut all = Vec::new();
    for paper in exam.iter().flat_map(|exam| &exam.papers) {
        let source = paper.set.source.as_ref();
        let targets = source.targets(paper.set.kind)?.into_iter().enumerate();
        let captions = targets.filter_map(|(sample, target)| match target {
            Ok(Target::Captions(captions)) => Some((source.key(sample), captions)),
            _ => None,
        });
        all.push((paper.step.clone().unwrap_or_default(), captions.collect()));
    }
    Ok(all)
}
