//! All tasks there are, and groups of them.

mod add;
mod error;
mod group;
mod mean;
mod select;
mod shipped;

use std::collections::BTreeMap;

pub use error::SuiteError;
pub use group::Group;
pub use mean::GroupMean;

use crate::task::{Task, TaskError};

/// Tasks in order, and groups of their names.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    tasks: Vec<Task>,
    /// Places of tasks by their names, keys, other names and files.
    places: BTreeMap<String, usize>,
    /// What files say of groups, each with the file's name.
    entries: Vec<(String, group::Entry)>,
    groups: Vec<Group>,
}

impl Suite {
    /// The tasks and groups that come with the program.
    ///
    /// # Errors
    /// [`SuiteError`] when a file is wrong, which the tests rule out.
    pub fn shipped() -> Result<Self, SuiteError> {
        Self::new(shipped::TASKS, shipped::GROUPS)
    }

    /// Puts together the texts of task files and of one groups file, each with its name.
    ///
    /// # Errors
    /// [`SuiteError`] naming the file and what is wrong in it.
    pub fn new(files: &[(&str, &str)], groups: (&str, &str)) -> Result<Self, SuiteError> {
        let mut suite = Self::default();
        for (file, text) in files {
            suite.add(file, Task::parse(file, text)?)?;
        }
        suite.with_groups(groups.0, groups.1)
    }

    /// All tasks, in the order they were put together.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter()
    }

    /// All groups, in the order of the groups file; what only tasks name comes last.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }
}

#[cfg(test)]
mod tests;
