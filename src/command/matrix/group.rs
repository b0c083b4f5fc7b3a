//! Scores of a group of ImageNet's classes, from what models answered.

use std::path::Path;

use ticclip_eval::score::Score;
use ticclip_eval::task::ClassList;

use crate::command::failure::Failure;
use crate::score::{Subtrees, restricted, suite};

/// The scores in a folder on tasks over ImageNet's classes, restricted to the group of this name.
pub(super) fn of_group(
    scores: &[Score],
    folder: &Path,
    name: &str,
    within: bool,
) -> Result<Vec<Score>, Failure> {
    let suite = suite().map_err(Failure::failed)?;
    let mut all = Vec::new();
    let mut rest: Vec<&Score> = scores.iter().collect();
    while let Some(first) = rest.first().copied() {
        let same = |score: &&Score| (&score.task, &score.model) == (&first.task, &first.model);
        let (own, others): (Vec<&Score>, Vec<&Score>) = rest.into_iter().partition(same);
        rest = others;
        let task = suite.tasks().find(|task| task.name == first.task);
        let Some(list) = task.and_then(|task| task.class_list.as_deref()) else {
            continue;
        };
        let list = ClassList::by_name(list).map_err(Failure::wrong_input)?;
        let group = Subtrees::over(&list).named(name);
        let group = group.map_err(Failure::wrong_input)?;
        let classes = list.classes().len();
        let own = restricted(&own, folder, &group, within, classes);
        all.extend(own.map_err(Failure::wrong_input)?);
    }
    Ok(all)
}
