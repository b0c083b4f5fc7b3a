//! Sets of a split: which uid lists there are, and where the shards of each go.

use std::path::{Path, PathBuf};

use crate::shard::ShardError;
use crate::shard::evaluation::retrieval_folder;
use crate::shard::job::train_folder;
use crate::shard::set_writer::Layout;
use crate::split::{Side, SplitError, SplitRecord, list_path};
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
        let mut add = |layout, side, below: PathBuf| {
            let list = folder.join(list_path(side, &step.name));
            if list.exists() {
                sets.push(Set {
                    step: index,
                    layout,
                    list,
                    folder: below,
                });
            } else if side == Side::Train {
                return Err(ShardError::Split(SplitError::Io {
                    path: list,
                    source: std::io::ErrorKind::NotFound.into(),
                }));
            }
            Ok(())
        };
        let below = Path::new("");
        add(
            Layout::Training,
            Side::Train,
            train_folder(below, &step.name),
        )?;
        add(
            Layout::Evaluation,
            Side::HeldOut,
            retrieval_folder(below, &step.name),
        )?;
    }
    Ok((steps, sets))
}
