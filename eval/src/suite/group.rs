//! Groups of tasks: what tasks say of their groups, what a groups file says, and how the two go together.

use serde::Deserialize;

use super::{Suite, SuiteError};
use crate::task::Membership;
use crate::toml_mistake::TomlMistake;

/// Tasks that are asked, or averaged, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name it is called by.
    pub name: String,
    /// The name for reports.
    pub title: Option<String>,
    /// What a reader should know.
    pub note: Option<String>,
    /// Its tasks, in order.
    pub members: Vec<Membership>,
}

/// What a file says of one group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    title: Option<String>,
    note: Option<String>,
    /// Counts instead of what tasks say.
    members: Option<Vec<Membership>>,
}

/// A file of groups.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Groups {
    #[serde(default)]
    group: Vec<Entry>,
}

impl Entry {
    /// Reads what the text of `file` says of groups.
    pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Self>, SuiteError> {
        let groups: Groups = toml::from_str(text).map_err(|error| SuiteError::Groups {
            file: file.to_owned(),
            mistake: TomlMistake::new(text, &error),
        })?;
        let mut names = groups.group.iter().map(|entry| &entry.name);
        while let Some(name) = names.next() {
            if names.clone().any(|other| other == name) {
                return Err(SuiteError::GroupTwice {
                    file: file.to_owned(),
                    name: name.clone(),
                });
            }
        }
        Ok(groups.group)
    }
}

impl Suite {
    /// Puts the groups together anew: those of groups files first, then what only tasks name.
    pub(super) fn gather(&mut self) -> Result<(), SuiteError> {
        let mut groups = Vec::new();
        for (file, entry) in &self.entries {
            groups.push(self.listed(file, entry)?);
        }
        for place in self.tasks.iter().flat_map(|task| &task.groups) {
            if groups.iter().all(|group| group.name != place.name) {
                groups.push(Group {
                    name: place.name.clone(),
                    title: None,
                    note: None,
                    members: self.claimed(&place.name),
                });
            }
        }
        for group in &groups {
            self.check(group)?;
        }
        self.groups = groups;
        Ok(())
    }

    /// The group of a groups file's entry.
    fn listed(&self, file: &str, entry: &Entry) -> Result<Group, SuiteError> {
        let members = match &entry.members {
            Some(members) => self
                .resolved(members)
                .map_err(|source| SuiteError::Member {
                    file: file.to_owned(),
                    group: entry.name.clone(),
                    source: Box::new(source),
                })?,
            None => self.claimed(&entry.name),
        };
        if members.is_empty() {
            return Err(SuiteError::NoMembers {
                file: file.to_owned(),
                name: entry.name.clone(),
            });
        }
        Ok(Group {
            name: entry.name.clone(),
            title: entry.title.clone(),
            note: entry.note.clone(),
            members,
        })
    }

    /// The same members by the tasks' own names.
    fn resolved(&self, members: &[Membership]) -> Result<Vec<Membership>, SuiteError> {
        let named = |member: &Membership| {
            Ok(Membership {
                name: self.task(&member.name)?.name.clone(),
                settled: member.settled,
            })
        };
        members.iter().map(named).collect()
    }

    /// Tasks that say they are in a group.
    fn claimed(&self, group: &str) -> Vec<Membership> {
        let mut members = Vec::new();
        for task in &self.tasks {
            for place in task.groups.iter().filter(|place| place.name == group) {
                members.push(Membership {
                    name: task.name.clone(),
                    settled: place.settled,
                });
            }
        }
        members
    }

    fn check(&self, group: &Group) -> Result<(), SuiteError> {
        if self.places.contains_key(&group.name) {
            return Err(SuiteError::GroupLikeTask {
                name: group.name.clone(),
            });
        }
        let mut members = group.members.iter().map(|member| &member.name);
        while let Some(task) = members.next() {
            if members.clone().any(|other| other == task) {
                return Err(SuiteError::MemberTwice {
                    group: group.name.clone(),
                    task: task.clone(),
                });
            }
        }
        Ok(())
    }
}
