//! Tasks and groups by name.

use super::{Group, Suite, SuiteError};
use crate::near::near;
use crate::task::Task;

impl Suite {
    /// The tasks of these names and groups, each once, in the order they are named.
    ///
    /// A task is called by its name, its key or what it is also called; task files by their paths, once
    /// [`with_files`](Self::with_files) has read them.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] with names that are nearly the same, and all there are.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Task>, SuiteError> {
        let mut chosen: Vec<&Task> = Vec::new();
        for name in names {
            let tasks = match self.find_group(name) {
                Some(group) => self.members_of(group)?,
                None => vec![self.task(name)?],
            };
            for task in tasks {
                if chosen.iter().all(|known| known.name != task.name) {
                    chosen.push(task);
                }
            }
        }
        Ok(chosen)
    }

    /// The task of that name.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] with names that are nearly the same, and all there are.
    pub fn task(&self, name: &str) -> Result<&Task, SuiteError> {
        let place = self.places.get(name).ok_or_else(|| self.unknown(name))?;
        Ok(&self.tasks[*place])
    }

    /// The group of that name.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] with names that are nearly the same, and all there are.
    pub fn group(&self, name: &str) -> Result<&Group, SuiteError> {
        self.find_group(name).ok_or_else(|| self.unknown(name))
    }

    /// The tasks of a group.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] when there is no such group.
    pub fn members(&self, group: &str) -> Result<Vec<&Task>, SuiteError> {
        self.members_of(self.group(group)?)
    }

    /// The tasks whose place in a group no source settles: whoever prints a mean of the group says so.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] when there is no such group.
    pub fn unsettled(&self, group: &str) -> Result<Vec<&Task>, SuiteError> {
        let members = self.group(group)?.members.iter();
        members
            .filter(|member| !member.settled)
            .map(|member| self.task(&member.name))
            .collect()
    }

    fn find_group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    fn members_of(&self, group: &Group) -> Result<Vec<&Task>, SuiteError> {
        let members = group.members.iter();
        members.map(|member| self.task(&member.name)).collect()
    }

    fn unknown(&self, name: &str) -> SuiteError {
        let groups: Vec<&str> = self.groups().map(|group| group.name.as_str()).collect();
        let tasks: Vec<&str> = self.tasks().map(|task| task.name.as_str()).collect();
        let known = groups
            .iter()
            .copied()
            .chain(self.places.keys().map(String::as_str));
        SuiteError::Unknown {
            name: name.to_owned(),
            near: near(name, known).into_iter().map(str::to_owned).collect(),
            groups: groups.join(", "),
            tasks: tasks.join(", "),
        }
    }
}
