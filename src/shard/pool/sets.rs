//! Sets of a split: which uid lists there are, and where the shards of each go.

use std::path::{Path, PathBuf};

use super::classes::{ClassesJob, ClassesOfStep};
use crate::shard::ShardError;
use crate::shard::set_kind::SetKind;
use crate::split::{Side, SplitRecord, evaluation_list, list_path};
use crate::timeline::Step;

/// One set.
pub(super) struct Set {
    /// The step's place in the timeline.
    pub(super) step: usize,
    pub(super) kind: SetKind,
    /// Its uid list.
    pub(super) list: PathBuf,
    /// Where its shards go, below the output's folder.
    pub(super) folder: PathBuf,
    /// Of a classification set, what its pairs show.
    pub(super) classes: Option<ClassesOfStep>,
}

/// The steps of the split in `folder`, and the sets that it, and `classes`, have a list of.
pub(super) fn of_split(
    folder: &Path,
    classes: Option<&ClassesJob>,
) -> Result<(Vec<Step>, Vec<Set>), ShardError> {
    let steps = SplitRecord::read(folder)?.timeline()?.steps().to_vec();
    let mut sets = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let set = |kind: SetKind, list| Set {
            step: index,
            kind,
            list,
            folder: kind.folder(Path::new(""), &step.name),
            classes: None,
        };
        let list = folder.join(list_path(Side::Train, &step.name));
        sets.push(set(SetKind::Training, list));
        let list = evaluation_list(folder, &step.name);
        if list.exists() {
            sets.push(set(SetKind::Retrieval, list));
        }
        if let Some(classes) = classes.and_then(|classes| classes.of(&step.name).transpose()) {
            let mut set = set(SetKind::Classification, PathBuf::new());
            let classes = classes?;
            set.list = classes.list.clone();
            set.classes = Some(classes);
            sets.push(set);
        }
    }
    Ok((steps, sets))
}
