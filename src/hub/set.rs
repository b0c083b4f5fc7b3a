//! Set: a task's evaluation set, found on a hub and brought below a folder of sets.

use std::path::{Path, PathBuf};

use ticclip_eval::task::Task;
use url::Url;

use super::side::{Side, SideJob, Sum};
use super::{AddressError, Hub, HubError, Progress};
use crate::artefact::{ORIGIN_FILE, Origin, remove_all};

/// Names of classes, a line each.
const CLASSES_FILE: &str = "classnames.txt";
/// Prompts, a line each.
const TEMPLATES_FILE: &str = "zeroshot_classification_templates.txt";
/// What is asked of the set.
const TYPE_FILE: &str = "dataset_type.txt";
/// What marks the origin of a set that came from a hub.
const MARK: &str = "--download";

/// How sets are brought from a hub.
#[derive(Clone, Copy)]
pub struct SetJob<'a> {
    /// The hub.
    pub hub: &'a Hub,
    /// The folder of sets.
    pub data: &'a Path,
    /// Whether images to train on are wanted, too.
    pub train: bool,
    /// Whether class names and prompts come from elsewhere, so that a set need not have them.
    pub has_prompts: bool,
    /// Whether sets that came from a hub are brought anew.
    pub overwrite: bool,
    /// Hears how far it is.
    pub progress: &'a dyn Progress,
}

/// A set that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// Where.
    pub folder: PathBuf,
    /// The address it came from; none if it was there before.
    pub address: Option<Url>,
    /// Samples to test on, where they are in tars.
    pub samples: Option<u64>,
    /// Samples to train on, where there are any.
    pub train_samples: Option<u64>,
    /// Bytes of its tars.
    pub bytes: u64,
    /// Bytes that came in by this call.
    pub received: u64,
}

impl SetJob<'_> {
    /// Brings a task's set, or what is missing of it.
    ///
    /// # Errors
    /// [`HubError`]; [`HubError::may_pass`] tells whether the same call may have it later.
    pub fn get(&self, task: &Task) -> Result<Got, HubError> {
        let there = task
            .folders()
            .into_iter()
            .map(|folder| self.data.join(folder));
        let there = there.into_iter().find(|folder| has_entries(folder));
        match there {
            Some(home) if !self.overwrite || !came_from_a_hub(&home) => {
                let test = Sum::of(&home.join("test")).ok();
                self.with_train(task, home, None, test)
            }
            before => {
                let (folder, side) = self.find(task, "test")?;
                let home = before.unwrap_or_else(|| self.data.join(folder));
                let test = self.bring_test(task, &home, &side)?;
                self.with_train(task, home, Some(side.set), Some(test))
            }
        }
    }

    fn with_train(
        &self,
        task: &Task,
        home: PathBuf,
        mut address: Option<Url>,
        test: Option<Sum>,
    ) -> Result<Got, HubError> {
        let mut train = None;
        let folder = home.join("train");
        if has_entries(&folder) {
            train = Sum::of(&folder).ok();
        } else if self.train {
            train = match self.find(task, "train") {
                Ok((_, side)) => {
                    let sum = self.bring_train(task, &home, &side)?;
                    address.get_or_insert(side.set);
                    Some(sum)
                }
                // The task file says that there are none.
                Err(HubError::Nowhere { .. }) if !task.train => None,
                Err(error) => return Err(error),
            };
        }
        let sums = [test, train].map(Option::unwrap_or_default);
        Ok(Got {
            folder: home,
            address,
            samples: test.map(|sum| sum.samples),
            train_samples: train.map(|sum| sum.samples),
            bytes: sums.iter().map(|sum| sum.bytes).sum(),
            received: sums.iter().map(|sum| sum.received).sum(),
        })
    }

    /// Asks for a part of the set by all names that it may have.
    fn find(&self, task: &Task, side: &'static str) -> Result<(String, Side), HubError> {
        let mut tried = Vec::new();
        for folder in task.folders() {
            let set = match self.hub.config.address.of(&folder) {
                Ok(set) => set,
                // One of several names that cannot be a url's; the only one is told of.
                Err(AddressError::Folder { .. }) if task.data.is_none() => continue,
                Err(error) => return Err(error.into()),
            };
            match Side::find(self.hub, &set, side)? {
                Ok(side) => return Ok((folder, side)),
                Err(status) => tried.push((set, status)),
            }
        }
        Err(HubError::Nowhere {
            task: task.name.clone(),
            tried,
        })
    }

    fn bring_test(&self, task: &Task, home: &Path, side: &Side) -> Result<Sum, HubError> {
        let needed = task.kind.has_classes() && !self.has_prompts;
        let texts = [
            (CLASSES_FILE, needed),
            (TEMPLATES_FILE, needed),
            (TYPE_FILE, false),
        ];
        let folder = beside(home, ".partial");
        self.job(task, side, &folder, &texts).run(side, |whole| {
            // Another process may have been faster.
            if has_entries(home) && !self.overwrite {
                return Ok(remove_all(whole)?);
            }
            remove_all(home)?;
            std::fs::rename(whole, home).map_err(HubError::io(home))
        })
    }

    fn bring_train(&self, task: &Task, home: &Path, side: &Side) -> Result<Sum, HubError> {
        let folder = beside(home, ".train.partial");
        self.job(task, side, &folder, &[]).run(side, |whole| {
            let (from, to) = (whole.join("train"), home.join("train"));
            std::fs::copy(whole.join(ORIGIN_FILE), from.join(ORIGIN_FILE))
                .and_then(|_| std::fs::rename(&from, &to))
                .map_err(HubError::io(&to))?;
            Ok(remove_all(whole)?)
        })
    }

    fn job<'a>(
        &'a self,
        task: &Task,
        side: &Side,
        folder: &'a Path,
        texts: &'a [(&'static str, bool)],
    ) -> SideJob<'a> {
        let (data, set) = (self.data.to_string_lossy(), side.set.to_string());
        let call = [
            "ticclip", "eval", MARK, "--tasks", &task.name, "--data", &data,
        ];
        SideJob {
            hub: self.hub,
            progress: self.progress,
            folder,
            texts,
            origin: Origin::new(call)
                .with_parameter("address", set)
                .with_parameter("side", side.name),
            overwrite: self.overwrite,
        }
    }
}

/// A folder beside the one of a set, in which it is put together.
fn beside(home: &Path, ending: &str) -> PathBuf {
    let mut name = home.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn has_entries(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether a set is ours to replace.
fn came_from_a_hub(set: &Path) -> bool {
    let origin = Origin::read(&set.join(ORIGIN_FILE)).ok().flatten();
    origin.is_some_and(|origin| {
        let call = origin.commands().last();
        call.is_some_and(|words| words.iter().any(|word| word == MARK))
    })
}
