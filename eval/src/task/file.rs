//! A task file: the keys that it may have, and what they must agree on.

use std::ops::Range;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::kind::OVER_GROUPS;
use super::{ClassList, Grouping, Kind, Membership, Task};
use crate::toml_mistake::TomlMistake;

/// Why a text is no task.
#[derive(Debug, Error)]
pub enum TaskError {
    /// Not the keys and values that a task has.
    #[error("{file}:{mistake}")]
    Parse {
        /// The file.
        file: String,
        /// Line, key and what is allowed.
        mistake: TomlMistake,
    },
    /// Keys that do not fit each other.
    #[error("{file}:{line}: {problem}")]
    Disagreement {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: Problem,
    },
}

/// Keys that do not fit each other.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A metric that this kind of task does not have.
    #[error("metric {metric:?} does not exist for kind {:?}; there are {}", kind.name(), kind.metrics().join(", "))]
    Metric {
        /// The metric asked for.
        metric: String,
        /// The kind of task.
        kind: Kind,
    },
    /// A metric that needs groups of samples.
    #[error(
        "metric {metric:?} needs the key `grouping`, such as {{ member = \"npy\", columns = [\"region\", \"year\"], by = \"region\" }}"
    )]
    NoGrouping {
        /// The metric asked for.
        metric: String,
    },
    /// A key that this kind of task does not have.
    #[error("a task of kind {:?} has no `{key}`", kind.name())]
    NotOfKind {
        /// The key.
        key: &'static str,
        /// The kind of task.
        kind: Kind,
    },
    /// Steps that appear in no folder's name.
    #[error("`steps` need a place in `data`, such as data = \"eval/{{step}}\"")]
    NowhereToStep,
    /// A class list that does not exist.
    #[error("there is no class list {name:?}; there are {}, or a file that ends in .txt", ClassList::shipped().collect::<Vec<_>>().join(", "))]
    ClassList {
        /// The name asked for.
        name: String,
    },
}

/// The keys of a task file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TaskKeys {
    name: Name,
    kind: Kind,
    metric: Spanned<String>,
    key: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    title: Option<String>,
    classes: Option<Spanned<usize>>,
    size: Option<u64>,
    chance: Option<Share>,
    #[serde(default)]
    groups: Vec<Membership>,
    data: Option<String>,
    steps: Option<Spanned<Steps>>,
    class_list: Option<Spanned<String>>,
    grouping: Option<Spanned<Grouping>>,
    #[serde(default)]
    train: bool,
    note: Option<String>,
}

/// A name that can be part of a file's name.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(String);

/// A number in [0, 1].
#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Share(f64);

/// Names of time steps, each once.
#[derive(Deserialize)]
#[serde(try_from = "Vec<String>")]
struct Steps(Vec<String>);

impl Task {
    /// Reads a task from the text of `file`.
    ///
    /// # Errors
    /// [`TaskError`] naming the file, the line, the key and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, TaskError> {
        let keys: TaskKeys = toml::from_str(text).map_err(|error| TaskError::Parse {
            file: file.to_owned(),
            mistake: TomlMistake::new(text, &error),
        })?;
        if let Some((place, problem)) = keys.problem() {
            let line = text[..place.start].matches('\n').count() + 1;
            let file = file.to_owned();
            return Err(TaskError::Disagreement {
                file,
                line,
                problem,
            });
        }
        Ok(keys.into_task())
    }
}

impl TaskKeys {
    /// The first thing on which keys do not agree, and where.
    fn problem(&self) -> Option<(Range<usize>, Problem)> {
        self.metric_problem()
            .map(|problem| (self.metric.span(), problem))
            .or_else(|| self.kind_problem())
            .or_else(|| self.steps_problem())
            .or_else(|| self.class_list_problem())
    }

    fn metric_problem(&self) -> Option<Problem> {
        let (metric, kind) = (self.metric.get_ref(), self.kind);
        if !kind.metrics().contains(&metric.as_str()) {
            let metric = metric.clone();
            return Some(Problem::Metric { metric, kind });
        }
        (OVER_GROUPS.contains(&metric.as_str()) && self.grouping.is_none()).then(|| {
            Problem::NoGrouping {
                metric: metric.clone(),
            }
        })
    }

    fn kind_problem(&self) -> Option<(Range<usize>, Problem)> {
        let kind = self.kind;
        let one_class = kind == Kind::Classification;
        let class_list = self.class_list.as_ref().map(Spanned::span);
        [
            (
                "classes",
                kind.has_classes(),
                self.classes.as_ref().map(Spanned::span),
            ),
            ("class-list", one_class, class_list),
            (
                "grouping",
                one_class,
                self.grouping.as_ref().map(Spanned::span),
            ),
        ]
        .into_iter()
        .filter(|(_, fits, _)| !fits)
        .find_map(|(key, _, place)| Some((place?, Problem::NotOfKind { key, kind })))
    }

    fn steps_problem(&self) -> Option<(Range<usize>, Problem)> {
        let place = self.steps.as_ref()?.span();
        let data = self.data.as_deref().unwrap_or_default();
        (!data.contains("{step}")).then_some((place, Problem::NowhereToStep))
    }

    fn class_list_problem(&self) -> Option<(Range<usize>, Problem)> {
        let list = self.class_list.as_ref()?;
        let name = list.get_ref();
        let known = name.ends_with(".txt") || ClassList::shipped().any(|known| known == name);
        let name = name.clone();
        (!known).then(|| (list.span(), Problem::ClassList { name }))
    }

    fn into_task(self) -> Task {
        Task {
            name: self.name.0,
            kind: self.kind,
            metric: self.metric.into_inner(),
            key: self.key,
            also: self.also,
            title: self.title,
            classes: self.classes.map(Spanned::into_inner),
            size: self.size,
            chance: self.chance.map(|chance| chance.0),
            groups: self.groups,
            data: self.data,
            steps: self
                .steps
                .map_or_else(Vec::new, |steps| steps.into_inner().0),
            class_list: self.class_list.map(Spanned::into_inner),
            grouping: self.grouping.map(Spanned::into_inner),
            train: self.train,
            note: self.note,
        }
    }
}

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_+".contains(letter);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(format!(
                "{name:?} is no task's name, which is of ASCII letters, digits, and the signs - _ +"
            ));
        }
        Ok(Self(name))
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        if !(0.0..=1.0).contains(&value) {
            return Err(format!("{value} does not lie in [0, 1]"));
        }
        Ok(Self(value))
    }
}

impl TryFrom<Vec<String>> for Steps {
    type Error = String;

    fn try_from(steps: Vec<String>) -> Result<Self, Self::Error> {
        if steps.is_empty() {
            return Err("no steps; without the key `steps`, the data tells them".to_owned());
        }
        for (at, step) in steps.iter().enumerate() {
            if step.is_empty() || steps[..at].contains(step) {
                return Err(format!("step {step:?} has no name of its own"));
            }
        }
        Ok(Self(steps))
    }
}

#[cfg(test)]
mod tests;
