//! The classes that outrank a sample's label: what is needed to restrict a classifier to any group.
//!
//! A sample is right among all classes iff nothing outranks its label, and right within a group iff
//! nothing that outranks it is in the group. Most lists are empty or short, so that hundreds of
//! groups cost little more than one.

use thiserror::Error;

use super::group::ClassSet;

/// Of every sample its label and the classes that outrank it, for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outranking {
    classes: usize,
    labels: Vec<usize>,
    /// Where a row's classes begin; one entry more than rows.
    starts: Vec<usize>,
    above: Vec<u16>,
}

/// Why there is no ranking.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OutrankingError {
    /// More classes than ids are kept for.
    #[error("there are {classes} classes; rankings are kept for at most 65536")]
    Classes {
        /// Number of classes.
        classes: usize,
    },
    /// A label or a class that there is not.
    #[error("row {row} has class {class}, there are {classes} classes, from 0")]
    Class {
        /// The sample's row, from 0.
        row: usize,
        /// The class.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// A label that outranks itself.
    #[error("row {row}: its label {label} is listed as a class that outranks it")]
    OwnLabel {
        /// The sample's row, from 0.
        row: usize,
        /// Its label.
        label: usize,
    },
    /// A similarity is NaN or infinite.
    #[error("the similarity to class {class} is not finite")]
    NotFinite {
        /// The first such class.
        class: usize,
    },
    /// Not one list a label.
    #[error("{lists} lists of classes for {labels} labels; there must be one a label")]
    Lists {
        /// Number of labels.
        labels: usize,
        /// Number of lists.
        lists: usize,
    },
}

/// Classes of higher similarity than the label, or of equal similarity and a lower index, ascending.
///
/// # Shapes
/// similarities `[classes]`.
///
/// # Errors
/// [`OutrankingError`] when a similarity is not finite, the label is no class, or there are too many.
pub fn above(similarities: &[f32], label: usize) -> Result<Vec<u16>, OutrankingError> {
    let classes = similarities.len();
    if classes > usize::from(u16::MAX) + 1 {
        return Err(OutrankingError::Classes { classes });
    }
    let Some(own) = similarities.get(label) else {
        return Err(OutrankingError::Class {
            row: 0,
            class: label,
            classes,
        });
    };
    if let Some(class) = similarities.iter().position(|value| !value.is_finite()) {
        return Err(OutrankingError::NotFinite { class });
    }
    Ok(similarities
        .iter()
        .enumerate()
        .filter(|(class, value)| *value > own || (*value == own && *class < label))
        .map(|(class, _)| class as u16)
        .collect())
}

impl Outranking {
    /// Takes a list of outranking classes a label, as [`above`] makes them.
    ///
    /// # Errors
    /// [`OutrankingError`] naming the row whose label or list is impossible.
    pub fn new<L: AsRef<[u16]>>(
        classes: usize,
        labels: Vec<usize>,
        lists: &[L],
    ) -> Result<Self, OutrankingError> {
        if classes > usize::from(u16::MAX) + 1 {
            return Err(OutrankingError::Classes { classes });
        }
        if lists.len() != labels.len() {
            let (labels, lists) = (labels.len(), lists.len());
            return Err(OutrankingError::Lists { labels, lists });
        }
        let mut starts = Vec::with_capacity(labels.len() + 1);
        let mut above = Vec::new();
        starts.push(0);
        for (row, (label, list)) in labels.iter().zip(lists).enumerate() {
            let list = list.as_ref();
            let ids = list.iter().map(|class| usize::from(*class));
            for class in ids.chain([*label]) {
                if class >= classes {
                    return Err(OutrankingError::Class {
                        row,
                        class,
                        classes,
                    });
                }
            }
            if list.iter().any(|class| usize::from(*class) == *label) {
                return Err(OutrankingError::OwnLabel { row, label: *label });
            }
            above.extend_from_slice(list);
            starts.push(above.len());
        }
        Ok(Self {
            classes,
            labels,
            starts,
            above,
        })
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// A label a row.
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Whether the label wins against all classes, a row each.
    pub fn hits(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.labels.len()).map(|row| self.above(row).is_empty())
    }

    /// Whether the row's label wins against all classes in `set`.
    #[must_use]
    pub fn wins_within(&self, row: usize, set: &ClassSet) -> bool {
        !self
            .above(row)
            .iter()
            .any(|class| set.contains(usize::from(*class)))
    }

    /// Whether the row's label wins against all classes that are not in `set`.
    #[must_use]
    pub fn wins_without(&self, row: usize, set: &ClassSet) -> bool {
        self.above(row)
            .iter()
            .all(|class| set.contains(usize::from(*class)))
    }

    fn above(&self, row: usize) -> &[u16] {
        &self.above[self.starts[row]..self.starts[row + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::Group;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn wins_are_those_of_an_argmax_over_the_group(
            similarities in prop::collection::vec((-3_i8..3).prop_map(f32::from), 12),
            members in prop::collection::btree_set(0_usize..12, 1..12),
            label in 0_usize..12,
        ) {
            let list = above(&similarities, label).expect("finite");
            let ranking = Outranking::new(12, vec![label], &[list]).expect("a ranking");
            let group = Group { name: "any".into(), classes: members.iter().copied().collect() };
            let set = ClassSet::new(&group, 12).expect("classes exist");
            // The first of the best among the chosen classes and the label.
            let best = |chosen: &dyn Fn(usize) -> bool| {
                (0..12).filter(|class| chosen(*class) || *class == label).fold(None, |best, class| {
                    match best {
                        Some(best) if similarities[best] >= similarities[class] => Some(best),
                        _ => Some(class),
                    }
                })
            };
            prop_assert_eq!(ranking.hits().next(), Some(best(&|_| true) == Some(label)));
            let within = best(&|class| members.contains(&class)) == Some(label);
            prop_assert_eq!(ranking.wins_within(0, &set), within);
            let without = best(&|class| !members.contains(&class)) == Some(label);
            prop_assert_eq!(ranking.wins_without(0, &set), without);
        }
    }

    #[test]
    fn impossible_rows_are_named() {
        assert_eq!(
            above(&[0.0, f32::NAN], 0),
            Err(OutrankingError::NotFinite { class: 1 })
        );
        let new = |labels: Vec<usize>, lists: &[&[u16]]| Outranking::new(3, labels, lists);
        assert_eq!(
            new(vec![0, 1], &[&[], &[3]]),
            Err(OutrankingError::Class {
                row: 1,
                class: 3,
                classes: 3
            })
        );
        assert_eq!(
            new(vec![0, 1], &[&[], &[1]]),
            Err(OutrankingError::OwnLabel { row: 1, label: 1 })
        );
        assert_eq!(
            new(vec![0], &[]),
            Err(OutrankingError::Lists {
                labels: 1,
                lists: 0
            })
        );
    }
}
