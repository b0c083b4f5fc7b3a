//! Sets of a split: which uid lists there are, and where the shards of each go.

use std::path::{Path, PathBuf};

use crate::shard::ShardError;
use crate::shard::evaluation::retrieval_folder;
use crate::shard::job::train_folder;
use crate::shard::set_writer::Layout;
use crate::split::{Side, SplitRecord, evaluation_list, list_path};
use crate::timeline::Step;

/// One set.
pub(super) struct Set {
    /// The step's place in the timeline.
    pub(super) step: usize,
    pub(super) layout: Layout,
    /// Its uid list.
    pub(super) list: PathBuf,
    /// Where its shards go, below the output's folder.
    pub(super) folder: PathBuf,
}

impl Set {
    /// What messages call it.
    pub(super) fn kind(&self) -> &'static str {
        match self.layout {
            Layout::Training => "training set",
            Layout::Evaluation => "evaluation set",
        }
    }
}

/// The steps of the split in `folder`, and the sets that it has a list of.
pub(super) fn of_split(folder: &Path) -> Result<(Vec<Step>, Vec<Set>), ShardError> {
    let steps = SplitRecord::read(folder)?.timeline()?.steps().to_vec();
    let mut sets = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let below = Path::new("");
        let train = Set {
            step: index,
            layout: Layout::Training,
            list: folder.join(list_path(Side::Train, &step.name)),
            folder: train_folder(below, &step.name),
        };
        sets.push(train);
        let list = evaluation_list(folder, &step.name);
        if list.exists() {
            sets.push(Set {
                step: index,
                layout: Layout::Evaluation,
                list,
                folder: retrieval_folder(below, &step.name),
            });
        }
    }
    Ok((steps, sets))
}
