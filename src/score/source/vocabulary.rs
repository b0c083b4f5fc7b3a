//! Vocabulary: class names and prompts that are not those of the set.
//!
//! A folder has `classnames.txt` and `zeroshot_classification_templates.txt`, as evaluation sets do. A text file has one
//! name or, if a line has a `{c}`, one template a line. A JSON file has a list of either; or, by the name of a dataset, such
//! a list or prompts by class name, as CLIP_benchmark's files have them; or prompts by class name, as CuPL's have them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::SourceError;
use super::text_file::{CLASSES_FILE, TEMPLATES_FILE, lines, lines_if_there, text};

/// Where a class name goes in a template.
const PLACE: &str = "{c}";
/// The dataset whose templates CLIP_benchmark takes where a file has none for the one that is asked for.
const FALLBACK: &str = "imagenet1k";

/// Class names and prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// The names of classes, by class id.
    pub classes: Option<Vec<String>>,
    /// Prompts, with `{c}` where a name goes.
    pub templates: Option<Vec<String>>,
    /// Whole prompts, by class name. They come before templates.
    pub prompts: Option<BTreeMap<String, Vec<String>>>,
    /// Where it is from.
    pub path: PathBuf,
}

impl Vocabulary {
    /// Reads a folder or file. Of a file for several datasets the first of `datasets` that it has counts (such as
    /// `vtab/eurosat`, then `eurosat`); for templates without any of them those of `imagenet1k`.
    ///
    /// # Errors
    /// [`SourceError`] when there is nothing, or it has none of these forms.
    pub fn read(path: &Path, datasets: &[&str]) -> Result<Self, SourceError> {
        let mut vocabulary = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        if path.is_dir() {
            vocabulary.classes = lines_if_there(&path.join(CLASSES_FILE))?;
            vocabulary.templates = lines_if_there(&path.join(TEMPLATES_FILE))?.map(with_place);
            if vocabulary.classes.is_none() && vocabulary.templates.is_none() {
                return Err(SourceError::Lacks {
                    path: path.to_owned(),
                    what: format!("{CLASSES_FILE} and no {TEMPLATES_FILE}"),
                });
            }
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let value = serde_json::from_str(&text(path)?)
                .map_err(|error| SourceError::damaged(path, error))?;
            vocabulary.take(&value, datasets)?;
        } else {
            vocabulary.take_list(lines(path)?)?;
        }
        Ok(vocabulary)
    }

    /// The prompts of every class: its own, or its name in every template.
    ///
    /// # Errors
    /// [`SourceError::Lacks`] when there are none for one of the classes.
    pub fn prompts_of(&self, classes: &[String]) -> Result<Vec<Vec<String>>, SourceError> {
        let lacks = |what: String| SourceError::Lacks {
            path: self.path.clone(),
            what,
        };
        let one = |class: &String| match (&self.prompts, &self.templates) {
            (Some(prompts), _) => prompts
                .get(class)
                .cloned()
                .ok_or_else(|| lacks(format!("prompts for the class `{class}`"))),
            (None, Some(templates)) => {
                let templates = templates.iter();
                Ok(templates
                    .map(|template| template.replace(PLACE, class))
                    .collect())
            }
            (None, None) => Err(lacks("templates".to_owned())),
        };
        classes.iter().map(one).collect()
    }

    fn take(&mut self, value: &Value, datasets: &[&str]) -> Result<(), SourceError> {
        if let Some(list) = texts(value) {
            return self.take_list(list);
        }
        let Value::Object(entries) = value else {
            return Err(self.unlike());
        };
        if let Some(entry) = datasets.iter().find_map(|name| entries.get(*name)) {
            return match (texts(entry), prompts(entry)) {
                (Some(list), _) => self.take_list(list),
                (None, Some(prompts)) => self.take_prompts(prompts),
                (None, None) => Err(self.unlike()),
            };
        }
        // Prompts of another dataset are no class names: only its templates may stand in.
        if let Some(list) = entries.get(FALLBACK).and_then(texts)
            && has_place(&list)
        {
            return self.take_list(list);
        }
        if entries.values().all(Value::is_array)
            && let Some(prompts) = prompts(value)
            && !prompts.values().any(|list| has_place(list))
        {
            return self.take_prompts(prompts);
        }
        let there: Vec<_> = entries.keys().take(16).map(String::as_str).collect();
        Err(SourceError::Lacks {
            path: self.path.clone(),
            what: format!(
                "entry for {}; it has {}",
                datasets.join(" or "),
                there.join(", ")
            ),
        })
    }

    fn take_list(&mut self, list: Vec<String>) -> Result<(), SourceError> {
        if list.is_empty() {
            return Err(SourceError::Lacks {
                path: self.path.clone(),
                what: "class names or templates".to_owned(),
            });
        }
        if has_place(&list) {
            self.templates = Some(with_place(list));
        } else {
            self.classes = Some(list);
        }
        Ok(())
    }

    fn take_prompts(&mut self, prompts: BTreeMap<String, Vec<String>>) -> Result<(), SourceError> {
        if let Some((class, _)) = prompts.iter().find(|(_, list)| list.is_empty()) {
            return Err(SourceError::Lacks {
                path: self.path.clone(),
                what: format!("prompts for the class `{class}`"),
            });
        }
        self.prompts = Some(prompts);
        Ok(())
    }

    fn unlike(&self) -> SourceError {
        SourceError::damaged(
            &self.path,
            "neither a list of texts nor lists of texts by dataset or class name",
        )
    }
}

/// A list of texts.
fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?.iter();
    list.map(|text| text.as_str().map(str::to_owned)).collect()
}

/// Lists of texts by name.
fn prompts(value: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let entries = value.as_object()?.iter();
    entries
        .map(|(class, list)| Some((class.clone(), texts(list)?)))
        .collect()
}

fn has_place(list: &[String]) -> bool {
    list.iter()
        .any(|line| line.contains(PLACE) || line.contains("{}"))
}

/// Templates as other programs write them, with `{}`, as ours.
fn with_place(templates: Vec<String>) -> Vec<String> {
    let templates = templates.into_iter();
    templates
        .map(|template| template.replace("{}", PLACE))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str, datasets: &[&str]) -> Result<Vocabulary, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        Vocabulary::read(&path, datasets).map_err(|error| error.to_string())
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_text_file_has_names_or_templates() {
        let names = read("n.txt", "cat\ndog\n", &[]).expect("names");
        assert_eq!(names.classes, Some(list(&["cat", "dog"])));
        let templates = read("t.txt", "a {c}.\nthe {}.\n", &[]).expect("templates");
        assert_eq!(templates.templates, Some(list(&["a {c}.", "the {c}."])));
        let prompts = templates.prompts_of(&list(&["cat"])).expect("filled in");
        assert_eq!(prompts, [list(&["a cat.", "the cat."])]);
        assert!(names.prompts_of(&list(&["cat"])).is_err());
        assert!(
            read("n.txt", "\n", &[])
                .expect_err("empty")
                .contains("no class names")
        );
    }

    #[test]
    fn a_folder_has_both_and_an_empty_one_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = Vocabulary::read(dir.path(), &[]).expect_err("nothing");
        assert!(
            error.to_string().contains("has no classnames.txt"),
            "{error}"
        );
        std::fs::write(dir.path().join(CLASSES_FILE), "cat\n").expect("written");
        std::fs::write(dir.path().join(TEMPLATES_FILE), "a {c}\n").expect("written");
        let vocabulary = Vocabulary::read(dir.path(), &[]).expect("both");
        assert_eq!(vocabulary.classes, Some(list(&["cat"])));
        assert_eq!(vocabulary.templates, Some(list(&["a {c}"])));
    }

    #[test]
    fn json_of_several_datasets_is_asked_by_name() {
        let names = r#"{"eurosat": ["forest", "river"], "cifar10": ["cat"]}"#;
        let found = read("n.json", names, &["vtab/eurosat", "eurosat"]).expect("the second");
        assert_eq!(found.classes, Some(list(&["forest", "river"])));
        let templates = r#"{"cifar10": ["a {c}"], "imagenet1k": ["my {c}"]}"#;
        let found = read("t.json", templates, &["cifar10"]).expect("its own");
        assert_eq!(found.templates, Some(list(&["a {c}"])));
        let found = read("t.json", templates, &["dtd"]).expect("those of ImageNet");
        assert_eq!(found.templates, Some(list(&["my {c}"])));
        let others = r#"{"cifar10": ["a {c}"], "pets": ["my {c}"]}"#;
        let error = read("t.json", others, &["dtd"]).expect_err("templates of others");
        assert!(error.contains("no entry for dtd"), "{error}");
        let cupl = r#"{"dtd": {"woven": ["Woven cloth.", "A mat."]}, "sun397": {}}"#;
        let found = read("c.json", cupl, &["dtd"]).expect("prompts");
        let prompts = found.prompts_of(&list(&["woven"])).expect("there");
        assert_eq!(prompts, [list(&["Woven cloth.", "A mat."])]);
        let error = read("c.json", cupl, &["pets"]).expect_err("not there");
        assert!(
            error.contains("no entry for pets; it has dtd, sun397"),
            "{error}"
        );
    }

    #[test]
    fn prompts_by_class_name_are_whole_and_a_missing_class_is_named() {
        let cupl = r#"{"cat": ["A cat purrs.", "Whiskers."], "dog": ["It barks."]}"#;
        let found = read("c.json", cupl, &["pets"]).expect("prompts");
        let prompts = found.prompts_of(&list(&["dog", "cat"])).expect("both");
        assert_eq!(prompts[1], list(&["A cat purrs.", "Whiskers."]));
        let error = found.prompts_of(&list(&["emu"])).expect_err("no emu");
        assert!(
            error.to_string().contains("no prompts for the class `emu`"),
            "{error}"
        );
        assert!(
            read("c.json", "[1]", &[])
                .expect_err("numbers")
                .contains("neither a list")
        );
        assert!(read("c.json", r#"{"cat": []}"#, &[]).is_err());
        assert!(read("c.json", "{", &[]).is_err());
    }
}
