//! Why a suite cannot be put together, or does not have what is asked for.

use std::io;

use thiserror::Error;

use super::TaskError;
use crate::near::did_you_mean;
use crate::toml_mistake::TomlMistake;

/// Why a suite cannot be put together, or does not have what is asked for.
#[derive(Debug, Error)]
pub enum SuiteError {
    /// A task file is wrong.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A file cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// A groups file is wrong.
    #[error("{file}:{mistake}")]
    Groups {
        /// The file.
        file: String,
        /// Line, key and what is allowed.
        mistake: TomlMistake,
    },
    /// Two tasks of one name.
    #[error("{file}: there is a task {name:?} already")]
    Twice {
        /// The second file.
        file: String,
        /// The name.
        name: String,
    },
    /// A group of a task's name: one of them could not be asked for.
    #[error("group {name:?} has the name of a task")]
    GroupLikeTask {
        /// The name.
        name: String,
    },
    /// A group that a file names twice.
    #[error("{file}: group {name:?} is there twice")]
    GroupTwice {
        /// The file.
        file: String,
        /// The name.
        name: String,
    },
    /// A task that a group has twice.
    #[error("group {group:?} has the task {task:?} twice")]
    MemberTwice {
        /// The group.
        group: String,
        /// The task.
        task: String,
    },
    /// A group without members.
    #[error("{file}: group {name:?} has no `members`, and no task says that it is in it")]
    NoMembers {
        /// The file.
        file: String,
        /// The group.
        name: String,
    },
    /// A member that is no task.
    #[error("{file}: group {group:?}: {source}")]
    Member {
        /// The file.
        file: String,
        /// The group.
        group: String,
        /// What is not there, and what is.
        source: Box<SuiteError>,
    },
    /// Neither a task nor a group.
    #[error("no task or group {name:?}{}", instead(near, groups, tasks))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names that are nearly the same, the nearest first.
        near: Vec<String>,
        /// Groups there are.
        groups: String,
        /// Tasks there are.
        tasks: String,
    },
    /// A score that is no number.
    #[error("task {task}: a score of {value} is no number in [0, 1]")]
    Score {
        /// The task.
        task: String,
        /// The score.
        value: f64,
    },
}

/// The names that may have been meant, or else all there are.
fn instead(near: &[String], groups: &str, tasks: &str) -> String {
    match near.is_empty() {
        true => format!("; there are the groups {groups} and the tasks {tasks}"),
        false => format!("{} There are the groups {groups}", did_you_mean(near)),
    }
}
