//! Subtrees: groups of a task's classes, each all classes below one of WordNet's synsets.

use std::collections::BTreeSet;

use thiserror::Error;
use ticclip_eval::compare::Group;
use ticclip_eval::task::ClassList;
use ticclip_net::hierarchy::{Hierarchy, NoClasses};
use ticclip_net::synsets::Synsets;
use ticclip_net::wnid::Wnid;

/// The groups that TiC-CLIP's script forms: all senses of a name together.
pub const RELEASED: [&str; 11] = [
    "device",
    "motor_vehicle",
    "machine",
    "phone",
    "computer",
    "garment",
    "clothing",
    "dog",
    "bird",
    "cat",
    "animal",
];

/// Why there is no such group.
#[derive(Debug, Error)]
pub enum SubtreeError {
    /// Neither a name nor a wnid above ImageNet's classes.
    #[error(
        "{0}; a group is a WordNet 3.0 name such as motor-vehicle, or a wnid such as n03791235"
    )]
    Unknown(#[from] NoClasses),
    /// None of the task's classes is below it.
    #[error("none of the task's classes is below {0}")]
    Empty(String),
}

/// WordNet above the classes of a task.
#[derive(Debug)]
pub struct Subtrees<'a> {
    list: &'a ClassList,
    synsets: Synsets,
    hierarchy: Hierarchy,
}

impl<'a> Subtrees<'a> {
    /// Subtrees over the classes of this list.
    #[must_use]
    pub fn over(list: &'a ClassList) -> Self {
        let synsets = Synsets::embedded();
        Self {
            list,
            hierarchy: Hierarchy::new(&synsets),
            synsets,
        }
    }

    /// All of them that have a class, each with its wnid behind its name.
    pub fn all(&self) -> Vec<Group> {
        let groups = self.hierarchy.all().map(|(wnid, below)| {
            let name = self.synsets.get(wnid).map(|synset| synset.name());
            Group {
                name: format!("{} ({wnid})", name.unwrap_or_default()),
                classes: self.of(below),
            }
        });
        groups.filter(|group| !group.classes.is_empty()).collect()
    }

    /// The group of a wnid, or of all senses of a name; `-`, `_` and spaces are the same.
    ///
    /// # Errors
    /// [`SubtreeError`] when nothing of that name is above the task's classes.
    pub fn named(&self, name: &str) -> Result<Group, SubtreeError> {
        let below = match name.parse::<Wnid>() {
            Ok(wnid) => self.hierarchy.classes(wnid)?.to_vec(),
            Err(_) => self.hierarchy.classes_named(&name.replace('-', "_"))?,
        };
        let classes = self.of(&below);
        if classes.is_empty() {
            return Err(SubtreeError::Empty(name.to_owned()));
        }
        Ok(Group {
            name: name.to_owned(),
            classes,
        })
    }

    /// What WordNet calls a class of the task: the first of its synsets.
    pub fn class_name(&self, class: usize) -> Option<String> {
        let wnid = self.list.classes().get(class)?.first()?;
        let synset = self.synsets.get(wnid.parse().ok()?)?;
        Some(synset.name())
    }

    /// The task's classes among ImageNet's.
    fn of(&self, below: &[u16]) -> Vec<usize> {
        let wnids: BTreeSet<String> = below
            .iter()
            .filter_map(|class| Some(self.synsets.class(*class)?.wnid.to_string()))
            .collect();
        self.list.classes_within(|wnid| wnids.contains(wnid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_papers_numbers_of_classes() {
        let list = ClassList::by_name("imagenet").expect("shipped");
        let subtrees = Subtrees::over(&list);
        let classes = |name: &str| subtrees.named(name).expect("a group").classes.len();
        let counts = RELEASED.map(classes);
        assert_eq!(counts, [130, 22, 30, 3, 6, 26, 49, 118, 59, 13, 398]);
        assert_eq!(classes("motor-vehicle"), 22);
        assert_eq!(classes("n03791235"), 22);
        let all = subtrees.all();
        let entity = all.iter().find(|group| group.classes.len() == 1000);
        assert!(entity.is_some() && all.len() > 1500, "{}", all.len());
        let error = subtrees.named("democracy").expect_err("none").to_string();
        assert!(error.contains("motor-vehicle"), "{error}");
    }

    #[test]
    fn a_shift_has_the_part_of_a_group_that_it_has() {
        let list = ClassList::by_name("imagenet-a").expect("shipped");
        let subtrees = Subtrees::over(&list);
        let vehicles = subtrees.named("motor-vehicle").expect("some").classes;
        assert!(!vehicles.is_empty() && vehicles.len() < 22, "{vehicles:?}");
        assert!(vehicles.iter().all(|class| *class < 200));
    }
}
