//! All tasks there are, and groups of them.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::task::{Task, TaskError};

/// Tasks by name, and groups of names.
#[derive(Clone, Debug)]
pub struct Suite {
    tasks: BTreeMap<String, Task>,
    groups: BTreeMap<String, Vec<String>>,
}

/// Why a suite cannot be put together, or does not have what is asked for.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// A task file is wrong.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The groups file is wrong.
    #[error("{file}: {source}")]
    Groups {
        /// The file.
        file: String,
        /// Line, key and what is allowed.
        source: Box<toml::de::Error>,
    },
    /// Two tasks of one name.
    #[error("{file}: there is a task {name:?} already")]
    Twice {
        /// The second file.
        file: String,
        /// The name.
        name: String,
    },
    /// Neither a task nor a group.
    #[error("no task or group {name:?}; there are the groups {groups} and the tasks {tasks}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Groups there are.
        groups: String,
        /// Tasks there are.
        tasks: String,
    },
}

impl Suite {
    /// Puts together the texts of task files and of one groups file, each with its name.
    ///
    /// # Errors
    /// [`SuiteError`] naming the file and what is wrong in it.
    pub fn new(files: &[(&str, &str)], groups: (&str, &str)) -> Result<Self, SuiteError> {
        let mut tasks = BTreeMap::new();
        for (file, text) in files {
            let task = Task::parse(file, text)?;
            if tasks.contains_key(&task.name) {
                return Err(SuiteError::Twice {
                    file: (*file).to_owned(),
                    name: task.name,
                });
            }
            tasks.insert(task.name.clone(), task);
        }
        let (file, text) = groups;
        let groups: BTreeMap<String, Vec<String>> =
            toml::from_str(text).map_err(|source| SuiteError::Groups {
                file: file.to_owned(),
                source: Box::new(source),
            })?;
        let suite = Self { tasks, groups };
        for member in suite.groups.values().flatten() {
            suite.task(member)?;
        }
        Ok(suite)
    }

    /// All tasks, by name.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// The tasks of these names and groups, each once, in the order they are named.
    ///
    /// # Errors
    /// [`SuiteError::Unknown`] listing what there is.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Task>, SuiteError> {
        let mut chosen: Vec<&Task> = Vec::new();
        for name in names {
            let members = self
                .groups
                .get(name)
                .map_or(std::slice::from_ref(name), Vec::as_slice);
            for member in members {
                let task = self.task(member)?;
                if !chosen.contains(&task) {
                    chosen.push(task);
                }
            }
        }
        Ok(chosen)
    }

    fn task(&self, name: &str) -> Result<&Task, SuiteError> {
        let list = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>().join(", ");
        self.tasks.get(name).ok_or_else(|| SuiteError::Unknown {
            name: name.to_owned(),
            groups: list(self.groups.keys().collect()),
            tasks: list(self.tasks.keys().collect()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str =
        "name = \"a\"\nkind = \"retrieval\"\nmetric = \"mean_recall@1\"\ndata = \"a\"\n";
    const B: &str = "name = \"b\"\nkind = \"classification\"\nmetric = \"acc1\"\ndata = \"b\"\n";

    #[test]
    fn groups_and_names_select_each_task_once() {
        let suite =
            Suite::new(&[("a", A), ("b", B)], ("groups", "all = [\"b\", \"a\"]")).expect("a suite");
        let names = |chosen: &[&str]| -> Vec<String> {
            let chosen: Vec<String> = chosen.iter().map(|name| (*name).to_owned()).collect();
            suite
                .select(&chosen)
                .expect("they exist")
                .iter()
                .map(|task| task.name.clone())
                .collect()
        };
        assert_eq!(names(&["a", "all"]), ["a", "b"]);
        assert_eq!(names(&["all"]), ["b", "a"]);
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is() {
        let suite = Suite::new(&[("a", A)], ("groups", "all = [\"a\"]")).expect("a suite");
        let message = suite
            .select(&["retreival".to_owned()])
            .expect_err("a typo")
            .to_string();
        assert!(
            message.contains("groups all") && message.contains("tasks a"),
            "{message}"
        );
    }
}
