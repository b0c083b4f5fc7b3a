//! Prompts: what a head is made of, from a dataset's own names and templates or from those given in their place.

use std::path::Path;

use ticclip_eval::classify::Head;
use ticclip_eval::task::Task;

use super::ScoreError;
use super::features::{Examinee, FeatureCache};
use super::source::{Set, SourceError, Vocabulary};
use crate::artefact::sha256_of;

/// What is said of one task's classes in place of the datasets' own names and templates; nothing, mostly.
#[derive(Debug, Default)]
pub(super) struct Wording {
    given: Option<Vocabulary>,
}

/// The prompts of all classes.
#[derive(Debug, PartialEq)]
pub(super) struct Prompts {
    texts: Vec<String>,
    class_of: Vec<usize>,
    classes: Vec<String>,
}

impl Wording {
    /// What a folder or file says of the task's classes.
    pub(super) fn read(path: Option<&Path>, task: &Task) -> Result<Self, SourceError> {
        let names: Vec<&str> = [task.key.as_deref(), Some(&task.name)]
            .into_iter()
            .flatten()
            .chain(task.also.iter().map(String::as_str))
            .collect();
        let given = path.map(|path| Vocabulary::read(path, &names));
        Ok(Self {
            given: given.transpose()?,
        })
    }

    /// Puts given class names and templates in the place of the set's.
    pub(super) fn apply(&self, set: &mut Set) {
        let Some(given) = &self.given else {
            return;
        };
        if given.classes.is_some() {
            set.classes.clone_from(&given.classes);
        }
        if given.templates.is_some() {
            set.templates.clone_from(&given.templates);
        }
    }

    /// Checksum of all of a set that decides a score, given words included.
    pub(super) fn checksum(&self, set: &Set) -> Result<String, SourceError> {
        let own = set.fingerprint()?;
        let prompts = self.given.as_ref().and_then(|given| given.prompts.as_ref());
        let all = match prompts {
            Some(prompts) => {
                let words = serde_json::to_string(prompts).expect("texts are plain data");
                sha256_of(own + &words)
            }
            None => own,
        };
        Ok(all[..16].to_owned())
    }

    /// The prompts of a set's classes.
    pub(super) fn prompts(&self, set: &Set) -> Result<Prompts, ScoreError> {
        let missing = |what| ScoreError::NoPrompts {
            path: set.path.clone(),
            what,
        };
        let classes = set.classes.as_ref().ok_or_else(|| missing("class names"))?;
        if let Some(given) = self.given.as_ref().filter(|given| given.prompts.is_some()) {
            return Ok(Prompts::of_each(classes, given.prompts_of(classes)?));
        }
        let templates = set.templates.as_ref().ok_or_else(|| missing("templates"))?;
        let texts = classes
            .iter()
            .flat_map(|class| {
                templates
                    .iter()
                    .map(|template| template.replace("{c}", class))
            })
            .collect();
        let class_of = (0..classes.len())
            .flat_map(|class| std::iter::repeat_n(class, templates.len()))
            .collect();
        Ok(Prompts {
            texts,
            class_of,
            classes: classes.clone(),
        })
    }
}

impl Prompts {
    /// Prompts of their own for each class.
    fn of_each(classes: &[String], prompts: Vec<Vec<String>>) -> Self {
        let class_of = prompts.iter().enumerate();
        let class_of = class_of.flat_map(|(class, own)| std::iter::repeat_n(class, own.len()));
        Self {
            class_of: class_of.collect(),
            texts: prompts.concat(),
            classes: classes.to_vec(),
        }
    }

    /// The head of a model: the mean of each class's prompts.
    pub(super) fn head(&self, model: &Examinee, cache: &FeatureCache) -> Result<Head, ScoreError> {
        let vectors = cache.texts(model, &self.texts)?;
        Ok(Head::of_prompts(&vectors, &self.class_of, &self.classes)?)
    }
}
