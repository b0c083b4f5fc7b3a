//! What users add to a suite: tasks of their own, and other lists of members.

use std::fs;
use std::path::Path;

use super::group::Entry;
use super::{Suite, SuiteError};
use crate::task::Task;

/// How the name of a task file ends.
const TASK_FILE: &str = ".toml";
/// How the name of a class list's file ends.
const CLASS_LIST_FILE: &str = ".txt";

impl Suite {
    /// Adds the tasks of those names that are task files, that is, end in `.toml`; they are then called by their own
    /// names and by their files'. A class list is looked for beside the file that names it.
    ///
    /// # Errors
    /// [`SuiteError`] when a file cannot be read, is no task, or has the name of another task.
    pub fn with_files(mut self, names: &[String]) -> Result<Self, SuiteError> {
        for file in names.iter().filter(|name| name.ends_with(TASK_FILE)) {
            if self.places.contains_key(file) {
                continue;
            }
            let mut task = Task::parse(file, &read(file)?)?;
            if let Some(list) = &mut task.class_list
                && list.ends_with(CLASS_LIST_FILE)
                && let Some(folder) = Path::new(file).parent()
            {
                *list = folder.join(&*list).to_string_lossy().into_owned();
            }
            let place = self.add(file, task)?;
            self.places.insert(file.clone(), place);
        }
        self.gather()?;
        Ok(self)
    }

    /// Reads a groups file; see [`with_groups`](Self::with_groups).
    ///
    /// # Errors
    /// [`SuiteError`] when the file cannot be read or is wrong.
    pub fn with_groups_file(self, file: &str) -> Result<Self, SuiteError> {
        let text = read(file)?;
        self.with_groups(file, &text)
    }

    /// Takes the groups in the text of `file`: they replace those of the same name, or come after the others.
    ///
    /// A group is `[[group]]` with a `name`, and `title`, `note` and `members` if it has them. Members are names of
    /// tasks, with a question mark where the place is not settled; without them, the tasks say who is in the group.
    ///
    /// # Errors
    /// [`SuiteError`] naming the file and what is wrong in it.
    pub fn with_groups(mut self, file: &str, text: &str) -> Result<Self, SuiteError> {
        for entry in Entry::parse(file, text)? {
            let entry = (file.to_owned(), entry);
            match self
                .entries
                .iter_mut()
                .find(|(_, known)| known.name == entry.1.name)
            {
                Some(known) => *known = entry,
                None => self.entries.push(entry),
            }
        }
        self.gather()?;
        Ok(self)
    }

    /// Adds a task; tells its place.
    pub(super) fn add(&mut self, file: &str, task: Task) -> Result<usize, SuiteError> {
        if self.tasks.iter().any(|known| known.name == task.name) {
            return Err(SuiteError::Twice {
                file: file.to_owned(),
                name: task.name,
            });
        }
        let place = self.tasks.len();
        self.places.insert(task.name.clone(), place);
        for name in task.key.iter().chain(&task.also) {
            self.places.entry(name.clone()).or_insert(place);
        }
        self.tasks.push(task);
        Ok(place)
    }
}

fn read(file: &str) -> Result<String, SuiteError> {
    fs::read_to_string(file).map_err(|source| SuiteError::Read {
        file: file.to_owned(),
        source,
    })
}
