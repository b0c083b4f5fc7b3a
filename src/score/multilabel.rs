//! Multi-label classification: how well images are ranked for each class, by prompts.

use ticclip_eval::classify::Head;
use ticclip_eval::metric::{MeanAveragePrecision, Statistic};
use ticclip_eval::task::Task;

use super::answered::Answered;
use super::features::Rows;
use super::source::{Set, Target};
use super::{Marks, ScoreError};

/// Marks of a model on a multi-label set.
pub(super) fn mark(task: &Task, set: &Set, rows: Rows, head: &Head) -> Result<Marks, ScoreError> {
    let targets = set.source.targets(set.kind)?;
    let classes = head.classes();
    let answered = Answered::join(set, rows, &targets, |_, target| match target {
        Target::Labels(labels) if labels.len() == classes => Ok(labels.clone()),
        Target::Labels(labels) => Err(format!("{} labels for {classes} classes", labels.len())),
        _ => Err("has no labels".to_owned()),
    })?;
    let scores = head.similarities(&answered.images, 0..answered.images.rows())?;
    let truth: Vec<bool> = answered.targets.concat();
    let precision = MeanAveragePrecision::new(&scores, &truth, classes)?;
    let statistics: [(String, Box<dyn Statistic>); 1] =
        [("mean_average_precision".to_owned(), Box::new(precision))];
    Marks::of(&statistics, &task.metric, Vec::new(), answered.left_out)
}
