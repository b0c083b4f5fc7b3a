//! The hierarchy above ImageNet's classes: which of them are below a synset.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::synsets::Synsets;
use crate::wnid::Wnid;

/// The classes below every synset that has any.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    below: BTreeMap<Wnid, Vec<u16>>,
    /// Synsets by lemma, in small letters.
    senses: BTreeMap<String, Vec<Wnid>>,
}

/// Why there is no group of classes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoClasses {
    /// No class is below the synset, or WordNet 3.0 has none of this wnid.
    #[error("no ImageNet class is below {0}; wnids are those of WordNet 3.0")]
    Below(Wnid),
    /// No class is below a synset of this name.
    #[error("no ImageNet class is below a synset named {0:?}")]
    Named(String),
}

impl Hierarchy {
    /// Closes the table of synsets over what is above what.
    pub fn new(synsets: &Synsets) -> Self {
        let mut below: BTreeMap<Wnid, Vec<u16>> = BTreeMap::new();
        let classes = synsets.classes().iter().zip(0..);
        for (synset, class) in classes {
            for wnid in with_ancestors(synset.wnid, synsets) {
                below.entry(wnid).or_default().push(class);
            }
        }
        let mut senses: BTreeMap<String, Vec<Wnid>> = BTreeMap::new();
        for synset in synsets.all() {
            for lemma in &synset.lemmas {
                senses.entry(key(lemma)).or_default().push(synset.wnid);
            }
        }
        Self { below, senses }
    }

    /// The classes that are this synset or below it, in order.
    ///
    /// # Errors
    /// [`NoClasses::Below`] if there are none.
    pub fn classes(&self, root: Wnid) -> Result<&[u16], NoClasses> {
        self.below
            .get(&root)
            .map(Vec::as_slice)
            .ok_or(NoClasses::Below(root))
    }

    /// Every synset that is a class or above one, with the classes that are it or below it, in order.
    pub fn all(&self) -> impl Iterator<Item = (Wnid, &[u16])> {
        self.below
            .iter()
            .map(|(wnid, classes)| (*wnid, classes.as_slice()))
    }

    /// The classes below any synset that has this lemma, in order: all senses of a name together, as the groups of
    /// TiC-CLIP's script are formed.
    ///
    /// # Errors
    /// [`NoClasses::Named`] if there are none.
    pub fn classes_named(&self, name: &str) -> Result<Vec<u16>, NoClasses> {
        let senses = self
            .senses
            .get(&key(name))
            .ok_or_else(|| NoClasses::Named(name.to_owned()))?;
        let classes: BTreeSet<u16> = senses
            .iter()
            .filter_map(|wnid| self.below.get(wnid))
            .flatten()
            .copied()
            .collect();
        Ok(classes.into_iter().collect())
    }
}

/// A lemma as it is looked up.
fn key(lemma: &str) -> String {
    lemma.replace(' ', "_").to_lowercase()
}

/// Each once, though WordNet is no tree: a dog is a canine and a domestic animal, both of them animals.
fn with_ancestors(wnid: Wnid, synsets: &Synsets) -> BTreeSet<Wnid> {
    let (mut found, mut queue) = (BTreeSet::new(), vec![wnid]);
    while let Some(next) = queue.pop() {
        if found.insert(next) {
            queue.extend(
                synsets
                    .get(next)
                    .iter()
                    .flat_map(|synset| &synset.hypernyms),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hierarchy() -> Hierarchy {
        Hierarchy::new(&Synsets::embedded())
    }

    #[test]
    fn subtrees_have_the_known_numbers_of_classes() {
        let hierarchy = hierarchy();
        for (wnid, name, count) in [
            ("n03791235", "motor vehicle", 22),
            ("n02084071", "dog", 118),
            ("n01503061", "bird", 59),
            ("n04524313", "vehicle", 67),
            ("n03183080", "device", 130),
            ("n07555863", "food", 27),
            ("n01440764", "tench, a class", 1),
            ("n00001740", "entity, the root", 1000),
        ] {
            let root = wnid.parse().expect("a wnid");
            let classes = hierarchy.classes(root).expect("a synset above classes");
            assert_eq!(classes.len(), count, "{name}");
            assert!(classes.is_sorted_by(|a, b| a < b), "{name}");
        }
    }

    #[test]
    fn all_senses_of_a_name_are_the_released_groups() {
        let hierarchy = hierarchy();
        for (name, count) in [
            ("device", 130),
            ("motor vehicle", 22),
            ("machine", 30),
            ("computer", 6),
            ("garment", 26),
            ("clothing", 49),
            ("Dog", 118),
            ("bird", 59),
            ("cat", 13),
            ("animal", 398),
        ] {
            let classes = hierarchy.classes_named(name).expect("a known name");
            assert_eq!(classes.len(), count, "{name}");
        }
        assert_eq!(hierarchy.classes_named("phone"), Ok(vec![487, 528, 707]));
    }

    #[test]
    fn what_has_no_classes_is_said() {
        let hierarchy = hierarchy();
        let wnid: Wnid = "n00000001".parse().expect("a wnid");
        assert_eq!(hierarchy.classes(wnid), Err(NoClasses::Below(wnid)));
        assert_eq!(
            hierarchy
                .classes_named("democracy")
                .map_err(|error| error.to_string()),
            Err("no ImageNet class is below a synset named \"democracy\"".to_owned())
        );
    }
}
