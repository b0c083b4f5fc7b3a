//! Synsets: the 1000 classes of ImageNet and every WordNet 3.0 synset above them.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::wnid::{NotAWnid, Wnid};

/// How many classes ImageNet (ILSVRC 2012) has; their ids are 0 to 999.
pub const CLASSES: u16 = 1000;

/// Made by `data-manifests/imagenet/make.py`.
const FILE: &str = "data-manifests/imagenet/synsets.tsv";
const TEXT: &str = include_str!("../data-manifests/imagenet/synsets.tsv");
const HEADER: &str = "class\twnid\tlemmas\thypernyms";

/// A set of nouns of one meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synset {
    /// Its name in ImageNet.
    pub wnid: Wnid,
    /// The class that it is, if it is one of the 1000.
    pub class: Option<u16>,
    /// The nouns as WordNet writes them, with `_` for spaces; there is at least one.
    pub lemmas: Vec<String>,
    /// What it is a kind, or an instance, of.
    pub hypernyms: Vec<Wnid>,
}

impl Synset {
    /// The first lemma, with spaces.
    pub fn name(&self) -> String {
        self.lemmas[0].replace('_', " ")
    }
}

/// The classes and what is above them.
#[derive(Clone, Debug)]
pub struct Synsets {
    /// Classes first, in order.
    all: Vec<Synset>,
    rows: BTreeMap<Wnid, usize>,
}

/// Why a table of synsets cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}:{line}: {wrong}")]
pub struct SynsetsError {
    /// The table.
    pub file: String,
    /// Where in it, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong in a line of a table of synsets.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Wrong {
    /// The first line does not name the columns.
    #[error(
        "the first line is not the names of the columns, class, wnid, lemmas and hypernyms, with tabs between"
    )]
    Header,
    /// A row has more or fewer cells than there are columns.
    #[error("a row has four cells, with tabs between, not {0}")]
    Cells(usize),
    /// A cell is not a wnid.
    #[error(transparent)]
    Wnid(#[from] NotAWnid),
    /// Classes are not 0 to 999 in order at the top.
    #[error(
        "the class is {found:?} where {expected:?} is expected: the first 1000 rows are the classes, in order"
    )]
    Class {
        /// The cell.
        found: String,
        /// What it has to be.
        expected: String,
    },
    /// A synset without a name.
    #[error("{0} has no lemma")]
    NoLemma(Wnid),
    /// Two rows are one synset.
    #[error("{0} is in an earlier row too")]
    Twice(Wnid),
    /// A hypernym that is not in the table.
    #[error("the hypernym {0} has no row")]
    Unresolved(Wnid),
    /// The table ends within the classes.
    #[error("the table ends after {0} of 1000 classes")]
    Few(usize),
}

impl Synsets {
    /// The table that is part of the program.
    pub fn embedded() -> Self {
        Self::parse(FILE, TEXT).expect("a test reads the same text")
    }

    /// Reads a table; the file's name is for messages.
    ///
    /// # Errors
    /// [`SynsetsError`] naming the line and what is wrong there.
    pub fn parse(file: &str, text: &str) -> Result<Self, SynsetsError> {
        let at = |line: usize| {
            move |wrong: Wrong| SynsetsError {
                file: file.to_owned(),
                line,
                wrong,
            }
        };
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(at(1)(Wrong::Header));
        }
        let (mut all, mut rows) = (Vec::new(), BTreeMap::new());
        for (row, line) in lines.enumerate() {
            let synset = synset(row, line).map_err(at(row + 2))?;
            if rows.insert(synset.wnid, row).is_some() {
                return Err(at(row + 2)(Wrong::Twice(synset.wnid)));
            }
            all.push(synset);
        }
        if all.len() < usize::from(CLASSES) {
            return Err(at(all.len() + 1)(Wrong::Few(all.len())));
        }
        for (row, synset) in all.iter().enumerate() {
            if let Some(&unknown) = synset
                .hypernyms
                .iter()
                .find(|&wnid| !rows.contains_key(wnid))
            {
                return Err(at(row + 2)(Wrong::Unresolved(unknown)));
            }
        }
        Ok(Self { all, rows })
    }

    /// Every synset: the classes, in order, then what is above them.
    pub fn all(&self) -> &[Synset] {
        &self.all
    }

    /// The classes, in order.
    pub fn classes(&self) -> &[Synset] {
        &self.all[..usize::from(CLASSES)]
    }

    /// A class; `None` if the id is not below [`CLASSES`].
    pub fn class(&self, class: u16) -> Option<&Synset> {
        self.classes().get(usize::from(class))
    }

    /// The synset of this wnid, if it is a class or above one.
    pub fn get(&self, wnid: Wnid) -> Option<&Synset> {
        self.rows.get(&wnid).map(|&row| &self.all[row])
    }
}

fn synset(row: usize, line: &str) -> Result<Synset, Wrong> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [class, wnid, lemmas, hypernyms] = cells[..] else {
        return Err(Wrong::Cells(cells.len()));
    };
    let expected = u16::try_from(row).ok().filter(|&class| class < CLASSES);
    let text = expected.map(|class| class.to_string()).unwrap_or_default();
    if class != text {
        return Err(Wrong::Class {
            found: class.to_owned(),
            expected: text,
        });
    }
    let wnid = wnid.parse()?;
    let lemmas: Vec<String> = lemmas.split_whitespace().map(str::to_owned).collect();
    if lemmas.is_empty() {
        return Err(Wrong::NoLemma(wnid));
    }
    Ok(Synset {
        wnid,
        class: expected,
        lemmas,
        hypernyms: hypernyms
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_is_the_1000_classes_and_860_synsets_above_them() {
        let synsets = Synsets::parse(FILE, TEXT).expect("a table");
        assert_eq!(synsets.classes().len(), 1000);
        assert_eq!(synsets.all().len(), 1860);
        for (id, class) in (0..).zip(synsets.classes()) {
            assert_eq!(class.class, Some(id));
        }
        let tench = synsets.class(0).expect("a class");
        assert_eq!(tench.wnid.to_string(), "n01440764");
        assert_eq!(tench.lemmas, ["tench", "Tinca_tinca"]);
        assert_eq!(synsets.class(999).expect("a class").name(), "toilet tissue");
        assert_eq!(synsets.class(1000), None);
    }

    #[test]
    fn all_but_the_root_have_a_hypernym() {
        let synsets = Synsets::embedded();
        let roots: Vec<String> = synsets
            .all()
            .iter()
            .filter(|synset| synset.hypernyms.is_empty())
            .map(Synset::name)
            .collect();
        assert_eq!(roots, ["entity"]);
    }

    #[test]
    fn a_broken_line_is_named() {
        let broken = |from: &str, to: &str| {
            assert!(TEXT.contains(from), "{from}");
            Synsets::parse("table", &TEXT.replacen(from, to, 1))
                .expect_err("a broken table")
                .to_string()
        };
        let tench = "0\tn01440764\ttench Tinca_tinca\tn01439121";
        for (from, to, message) in [
            (
                "class\t",
                "id\t",
                "table:1: the first line is not the names",
            ),
            (
                tench,
                "0\tn01440764\ttench",
                "table:2: a row has four cells, with tabs between, not 3",
            ),
            (
                tench,
                "0\tn1440764\ttench\tn01439121",
                "table:2: \"n1440764\" is not a wnid",
            ),
            (
                tench,
                "1\tn01440764\ttench\tn01439121",
                "table:2: the class is \"1\" where \"0\" is expected",
            ),
            (
                tench,
                "0\tn01440764\t\tn01439121",
                "table:2: n01440764 has no lemma",
            ),
            (
                tench,
                "0\tn01440764\ttench\tn01439122",
                "table:2: the hypernym n01439122 has no row",
            ),
            (
                "n01443537",
                "n01440764",
                "table:3: n01440764 is in an earlier row too",
            ),
            (
                "\n999\t",
                "\n\t",
                "table:1001: the class is \"\" where \"999\" is expected",
            ),
        ] {
            let found = broken(from, to);
            assert!(found.starts_with(message), "{found}");
        }
    }

    #[test]
    fn a_table_cut_short_is_refused() {
        let lines: Vec<&str> = TEXT.lines().take(4).collect();
        let error = Synsets::parse("table", &lines.join("\n")).expect_err("three classes");
        assert_eq!(error.wrong, Wrong::Few(3));
    }
}
