//! Glosses: what WordNet 3.0 says that the classes are, read from where it is installed.

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::synsets::{Synset, Synsets};
use crate::wnid::Wnid;

/// The file of nouns in WordNet's folder (`/usr/share/wordnet` in Debian).
const FILE: &str = "data.noun";

/// The lines of the licence, which says the version, begin so; no synset does.
const LICENCE: &str = "  ";

/// The gloss of every class.
#[derive(Clone, Debug)]
pub struct Glosses(Vec<Gloss>);

#[derive(Clone, Debug)]
struct Gloss {
    name: String,
    text: String,
}

/// Why WordNet's glosses cannot be had.
#[derive(Debug, Error)]
pub enum GlossesError {
    /// The file of nouns cannot be read.
    #[error("{path}: {error}; WordNet 3.0 is in Debian's package wordnet-base, for example")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Ids are places in the file of WordNet 3.0, so that other versions have other synsets there.
    #[error("{path}: this is {found}; ImageNet's ids are places in the {FILE} of WordNet 3.0")]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        found: String,
    },
    /// A class has no line, or its line is another synset's or broken.
    #[error(
        "{path}: no line is that of {wnid}, {lemma}; it is not the file of WordNet 3.0 as released"
    )]
    Synset {
        /// The file.
        path: PathBuf,
        /// The class.
        wnid: Wnid,
        /// Its first lemma.
        lemma: String,
    },
}

impl Glosses {
    /// Reads `data.noun` in WordNet's folder.
    ///
    /// # Errors
    /// [`GlossesError`] if the file cannot be read, is not that of WordNet 3.0 or lacks a class.
    pub fn read(folder: &Path, synsets: &Synsets) -> Result<Self, GlossesError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => Self::parse(&path, &String::from_utf8_lossy(&bytes), synsets),
            Err(error) => Err(GlossesError::Io { path, error }),
        }
    }

    fn parse(path: &Path, text: &str, synsets: &Synsets) -> Result<Self, GlossesError> {
        let found = version(text);
        if found != Some("3.0") {
            return Err(GlossesError::Version {
                path: path.to_owned(),
                found: found.map_or_else(
                    || "no WordNet that says its version".to_owned(),
                    |version| format!("WordNet {version}"),
                ),
            });
        }
        // They are sorted by their offsets.
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with(LICENCE))
            .collect();
        let gloss = |synset: &Synset| {
            let offset = format!("{:08} ", synset.wnid.offset());
            lines
                .binary_search_by(|line| line.get(..offset.len()).cmp(&Some(&offset)))
                .ok()
                .and_then(|at| gloss(lines[at], synset))
                .ok_or_else(|| GlossesError::Synset {
                    path: path.to_owned(),
                    wnid: synset.wnid,
                    lemma: synset.lemmas[0].clone(),
                })
        };
        synsets
            .classes()
            .iter()
            .map(gloss)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// What WordNet says of a class: definitions, then examples in quotes. `None` if there is no such class.
    pub fn gloss(&self, class: u16) -> Option<&str> {
        Some(&self.0.get(usize::from(class))?.text)
    }

    /// The gloss up to its first example. `None` if there is no such class.
    pub fn definition(&self, class: u16) -> Option<&str> {
        Some(definition(self.gloss(class)?))
    }

    /// The text that captions are compared with: `<name> which is <definition>`, as in LAIONNet. `None` if there is no
    /// such class.
    pub fn prompt(&self, class: u16) -> Option<String> {
        let name = &self.0.get(usize::from(class))?.name;
        Some(format!("{name} which is {}", self.definition(class)?))
    }
}

/// The version that the licence at the top names.
fn version(text: &str) -> Option<&str> {
    text.lines()
        .take_while(|line| line.starts_with(LICENCE))
        .find_map(|line| line.split_once("WordNet ")?.1.split_once(" Copyright"))
        .map(|(version, _)| version)
}

/// `offset file kind count {lemma id}* pointers | gloss`, if the lemmas are those of the synset.
fn gloss(line: &str, synset: &Synset) -> Option<Gloss> {
    let (head, text) = line.split_once(" | ")?;
    let mut fields = head.split(' ').skip(3);
    let count = usize::from_str_radix(fields.next()?, 16).ok()?;
    let lemmas = fields.step_by(2).take(count);
    lemmas.eq(&synset.lemmas).then(|| Gloss {
        name: synset.name(),
        text: text.trim().to_owned(),
    })
}

fn definition(gloss: &str) -> &str {
    gloss
        .split_once("; \"")
        .map_or(gloss, |(definition, _)| definition)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the classes alone, with glosses of our own; WordNet's are not for us to ship.
    fn noun(version: &str) -> String {
        let synsets = Synsets::embedded();
        let mut classes: Vec<&Synset> = synsets.classes().iter().collect();
        classes.sort_by_key(|class| class.wnid);
        let mut text = format!(
            "  1 This software  \n  2 WordNet {version} Copyright 2006 by Princeton University.  \n"
        );
        for class in classes {
            let lemmas: String = class
                .lemmas
                .iter()
                .map(|lemma| format!(" {lemma} 0"))
                .collect();
            let (offset, count, name) = (class.wnid.offset(), class.lemmas.len(), class.name());
            text += &format!(
                "{offset:08} 05 n {count:02x}{lemmas} 001 @ 00001740 n 0000 | any {name}; a thing; \"a {name}!\"; \"two\"  \n"
            );
        }
        text
    }

    fn parse(text: &str) -> Result<Glosses, String> {
        Glosses::parse(Path::new("data.noun"), text, &Synsets::embedded())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_definition_ends_before_the_first_example() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), noun("3.0")).expect("written");
        let glosses = Glosses::read(folder.path(), &Synsets::embedded()).expect("glosses");
        assert_eq!(
            glosses.gloss(2),
            Some("any great white shark; a thing; \"a great white shark!\"; \"two\"")
        );
        assert_eq!(
            glosses.definition(2),
            Some("any great white shark; a thing")
        );
        assert_eq!(
            glosses.prompt(2).as_deref(),
            Some("great white shark which is any great white shark; a thing")
        );
        assert_eq!(glosses.prompt(1000), None);
    }

    #[test]
    fn a_gloss_without_examples_is_a_definition() {
        assert_eq!(definition("a \"gruff\" dog"), "a \"gruff\" dog");
        assert_eq!(definition("a dog; \"the dog barked; it did\""), "a dog");
    }

    #[test]
    fn other_versions_are_refused() {
        let error = parse(&noun("3.1")).expect_err("3.1");
        assert_eq!(
            error,
            "data.noun: this is WordNet 3.1; ImageNet's ids are places in the data.noun of WordNet 3.0"
        );
        let error =
            parse("00001740 03 n 01 entity 0 000 | WordNet 3.0 Copyright").expect_err("no licence");
        assert!(
            error.contains("no WordNet that says its version"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_lacks_a_class_or_has_another_there_is_refused() {
        for (from, to) in [
            ("01440764 05", "01440765 05"),
            ("tench 0", "trench 0"),
            (" | any tench;", ""),
            ("02 tench", "xx tench"),
            ("02 tench", "01 tench"),
        ] {
            let text = noun("3.0");
            assert!(text.contains(from), "{from}");
            let error = parse(&text.replace(from, to)).expect_err("no tench");
            assert!(
                error.starts_with("data.noun: no line is that of n01440764, tench"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_folder_without_wordnet_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Glosses::read(folder.path(), &Synsets::embedded()).expect_err("no file");
        assert!(error.to_string().contains(FILE), "{error}");
    }
}
