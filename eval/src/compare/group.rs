//! Named groups of classes, and the same as sets of bits.

use std::collections::BTreeMap;

use thiserror::Error;

/// Classes that belong together: those below one WordNet synset, for example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// Class ids, from 0.
    pub classes: Vec<usize>,
}

/// A set of class ids, a bit each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClassSet {
    words: Box<[u64]>,
}

/// A class that there is not.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("group {group:?} has class {class}, there are {classes} classes, from 0")]
pub struct GroupError {
    /// The group.
    pub group: String,
    /// The class.
    pub class: usize,
    /// Number of classes.
    pub classes: usize,
}

/// Groups of one and the same set of classes.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) others: Vec<String>,
    pub(super) set: ClassSet,
}

impl ClassSet {
    /// The set of a group's classes among `classes` of them.
    ///
    /// # Errors
    /// [`GroupError`] naming a class that is not below `classes`.
    pub fn new(group: &Group, classes: usize) -> Result<Self, GroupError> {
        let mut words = vec![0; classes.div_ceil(64)].into_boxed_slice();
        for class in &group.classes {
            if *class >= classes {
                return Err(GroupError {
                    group: group.name.clone(),
                    class: *class,
                    classes,
                });
            }
            words[class / 64] |= 1 << (class % 64);
        }
        Ok(Self { words })
    }

    /// Whether a class is in the set.
    #[must_use]
    pub fn contains(&self, class: usize) -> bool {
        self.words
            .get(class / 64)
            .is_some_and(|word| (word >> (class % 64)) & 1 == 1)
    }

    /// The classes in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            (0..64)
                .filter(move |bit| (word >> bit) & 1 == 1)
                .map(move |bit| at * 64 + bit)
        })
    }

    /// The classes in the set for which `keep` is true.
    pub(super) fn filtered(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut words = self.words.clone();
        for class in self.iter().filter(|class| !keep(*class)) {
            words[class / 64] &= !(1 << (class % 64));
        }
        Self { words }
    }
}

/// The groups, those of equal `key` as one, by the first's name and place.
pub(super) fn distinct(
    groups: &[Group],
    classes: usize,
    key: impl Fn(&ClassSet) -> ClassSet,
) -> Result<Vec<Member>, GroupError> {
    let mut members: Vec<Member> = Vec::new();
    let mut places = BTreeMap::new();
    for group in groups {
        let set = ClassSet::new(group, classes)?;
        let place = *places.entry(key(&set)).or_insert(members.len());
        match members.get_mut(place) {
            Some(member) => member.others.push(group.name.clone()),
            None => members.push(Member {
                name: group.name.clone(),
                others: Vec::new(),
                set,
            }),
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn group(name: &str, classes: &[usize]) -> Group {
        Group {
            name: name.to_owned(),
            classes: classes.to_vec(),
        }
    }

    proptest! {
        #[test]
        fn a_set_holds_what_the_group_has(classes in prop::collection::btree_set(0_usize..1000, 0..60)) {
            let listed: Vec<usize> = classes.iter().copied().collect();
            let set = ClassSet::new(&group("any", &listed), 1000).expect("below 1000");
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), listed);
            prop_assert!((0..1100).all(|class| set.contains(class) == classes.contains(&class)));
        }
    }

    #[test]
    fn equal_groups_are_one_with_other_names() {
        let groups = [
            group("dog", &[1, 2]),
            group("bird", &[3]),
            group("canine", &[2, 1, 2]),
        ];
        let members = distinct(&groups, 5, ClassSet::clone).expect("classes exist");
        assert_eq!(members.len(), 2);
        assert_eq!(
            (&*members[0].name, &*members[0].others),
            ("dog", &["canine".to_owned()][..])
        );
        assert_eq!(members[1].name, "bird");
    }

    #[test]
    fn a_class_that_there_is_not_is_named() {
        let message = ClassSet::new(&group("dog", &[1, 1000]), 1000)
            .expect_err("beyond")
            .to_string();
        assert!(
            message.contains("\"dog\"") && message.contains("class 1000"),
            "{message}"
        );
    }
}
