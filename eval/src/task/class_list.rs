//! Where the classes of a data set stand in WordNet: the ImageNet synsets of every class id.

use std::{fs, io};

use thiserror::Error;

/// Names, files and texts of the lists that come with the program.
const SHIPPED: [(&str, &str, &str); 5] = [
    (
        "imagenet",
        "data-manifests/imagenet/classes.txt",
        include_str!("../../data-manifests/imagenet/classes.txt"),
    ),
    (
        "imagenet-a",
        "tasks/classes/imagenet-a.txt",
        include_str!("../../tasks/classes/imagenet-a.txt"),
    ),
    (
        "imagenet-o",
        "tasks/classes/imagenet-o.txt",
        include_str!("../../tasks/classes/imagenet-o.txt"),
    ),
    (
        "imagenet-r",
        "tasks/classes/imagenet-r.txt",
        include_str!("../../tasks/classes/imagenet-r.txt"),
    ),
    (
        "objectnet",
        "tasks/classes/objectnet.txt",
        include_str!("../../tasks/classes/objectnet.txt"),
    ),
];

/// The wnids of every class, by class id. A class may stand for several synsets, as some of ObjectNet's do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassList {
    classes: Vec<Vec<String>>,
}

/// Why there is no class list.
#[derive(Debug, Error)]
pub enum ClassListError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// A line with something else than wnids.
    #[error("{file}, line {line}: {word:?} is no wnid, which is `n` and eight digits")]
    Wnid {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        word: String,
    },
    /// No class at all.
    #[error("{file}: no class here; a list has a line a class, with its wnids separated by spaces")]
    Empty {
        /// The file.
        file: String,
    },
}

impl ClassList {
    /// Names of the lists that come with the program.
    pub fn shipped() -> impl Iterator<Item = &'static str> {
        SHIPPED.into_iter().map(|(name, _, _)| name)
    }

    /// The shipped list of that name, or else the list in the file of that name.
    ///
    /// # Errors
    /// [`ClassListError`] when it is neither.
    pub fn by_name(name: &str) -> Result<Self, ClassListError> {
        if let Some((_, file, text)) = SHIPPED.into_iter().find(|(known, ..)| *known == name) {
            return Self::parse(file, text);
        }
        let text = fs::read_to_string(name).map_err(|source| ClassListError::Read {
            file: name.to_owned(),
            source,
        })?;
        Self::parse(name, &text)
    }

    /// Reads a list from the text of `file`: a line a class, in the order of class ids, with its wnids separated by
    /// spaces. Empty lines and those that begin with `#` do not count.
    ///
    /// # Errors
    /// [`ClassListError`] with the line that holds something else.
    pub fn parse(file: &str, text: &str) -> Result<Self, ClassListError> {
        let mut classes = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(word) = line.split_whitespace().find(|word| !is_wnid(word)) {
                return Err(ClassListError::Wnid {
                    file: file.to_owned(),
                    line: at + 1,
                    word: word.to_owned(),
                });
            }
            classes.push(line.split_whitespace().map(str::to_owned).collect());
        }
        if classes.is_empty() {
            return Err(ClassListError::Empty {
                file: file.to_owned(),
            });
        }
        Ok(Self { classes })
    }

    /// The wnids of every class, in the order of class ids.
    #[must_use]
    pub fn classes(&self) -> &[Vec<String>] {
        &self.classes
    }

    /// Ids of the classes that lie within a set of synsets with all of their wnids, ascending.
    pub fn classes_within(&self, within: impl Fn(&str) -> bool) -> Vec<usize> {
        let all_within = |wnids: &[String]| wnids.iter().all(|wnid| within(wnid));
        let classes = self.classes.iter().enumerate();
        classes
            .filter(|(_, wnids)| all_within(wnids))
            .map(|(class, _)| class)
            .collect()
    }
}

fn is_wnid(word: &str) -> bool {
    let digits = word.strip_prefix('n').unwrap_or_default();
    digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str) -> Vec<Vec<String>> {
        ClassList::by_name(name).expect("it is shipped").classes
    }

    #[test]
    fn imagenet_and_its_parts_are_in_the_order_of_wnids() {
        for (name, size) in [
            ("imagenet", 1000),
            ("imagenet-a", 200),
            ("imagenet-o", 200),
            ("imagenet-r", 200),
        ] {
            let wnids: Vec<String> = list(name).concat();
            assert_eq!(wnids.len(), size, "{name}");
            assert!(wnids.is_sorted_by(|a, b| a < b), "{name}");
        }
    }

    #[test]
    fn every_class_is_one_of_imagenets() {
        let imagenet = list("imagenet").concat();
        for name in ClassList::shipped() {
            for wnid in list(name).concat() {
                assert!(imagenet.contains(&wnid), "{name}: {wnid}");
            }
        }
    }

    #[test]
    fn objectnet_has_113_classes_of_which_9_are_several_synsets() {
        let classes = list("objectnet");
        assert_eq!(classes.len(), 113);
        assert_eq!(classes.iter().filter(|wnids| wnids.len() > 1).count(), 9);
        // An alarm clock is an analog or a digital clock; the last class is the wok.
        assert_eq!(classes[0], ["n02708093", "n03196217"]);
        assert_eq!(classes[112], ["n04596742"]);
    }

    #[test]
    fn a_class_lies_within_a_set_with_all_its_synsets() {
        let list = ClassList::parse("x", "n00000001 n00000002\nn00000002\n").expect("a list");
        assert_eq!(list.classes_within(|wnid| wnid == "n00000002"), [1]);
        assert_eq!(list.classes_within(|_| true), [0, 1]);
    }

    #[test]
    fn a_line_without_wnids_is_named() {
        let message = ClassList::parse("mine.txt", "# head\nn00000001\ntench\n")
            .expect_err("a class name")
            .to_string();
        for part in ["mine.txt", "line 3", "tench"] {
            assert!(message.contains(part), "{part} in {message}");
        }
        ClassList::parse("mine.txt", "# head\n\n").expect_err("an empty list");
    }

    #[test]
    fn a_list_that_is_not_shipped_is_a_file() {
        let mine = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/own_task/mine.txt");
        let list = ClassList::by_name(mine).expect("a file");
        assert_eq!(list.classes(), [["n02123045"], ["n02084071"]]);
        let message = ClassList::by_name("none.txt")
            .expect_err("no such file")
            .to_string();
        assert!(message.contains("none.txt"), "{message}");
    }
}
