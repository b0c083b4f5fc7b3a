//! A task as data: one TOML file says what is asked and what counts.

use serde::Deserialize;
use thiserror::Error;

/// How a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One class an image, by prompts.
    Classification,
    /// Captions for images and images for captions.
    Retrieval,
}

/// One task file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Task {
    /// The name it is called by.
    pub name: String,
    /// How a model is asked.
    pub kind: Kind,
    /// The metric that counts.
    pub metric: String,
    /// Folder of the evaluation sets under `--data`, one folder a time step in it.
    pub data: String,
    /// The name for reports.
    #[serde(default)]
    pub title: Option<String>,
    /// What a reader should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// Why a text is no task.
#[derive(Debug, Error)]
pub enum TaskError {
    /// Not the keys a task has.
    #[error("{file}: {source}")]
    Parse {
        /// The file.
        file: String,
        /// Line, key and what is allowed.
        source: Box<toml::de::Error>,
    },
    /// A metric that this kind of task does not have.
    #[error("{file}: metric {metric:?} does not exist for this kind of task; there are {}", known.join(", "))]
    Metric {
        /// The file.
        file: String,
        /// The metric asked for.
        metric: String,
        /// The metrics there are.
        known: &'static [&'static str],
    },
}

impl Kind {
    /// Metrics that tasks of this kind have.
    #[must_use]
    pub fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Classification => &["acc1", "acc5", "mean_per_class_recall"],
            Self::Retrieval => &[
                "mean_recall@1",
                "image_retrieval_recall@1",
                "image_retrieval_recall@5",
                "image_retrieval_recall@10",
                "text_retrieval_recall@1",
                "text_retrieval_recall@5",
                "text_retrieval_recall@10",
            ],
        }
    }
}

impl Task {
    /// Reads a task from the text of `file`.
    ///
    /// # Errors
    /// [`TaskError`] naming the file, the key and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Self, TaskError> {
        let task: Self = toml::from_str(text).map_err(|source| TaskError::Parse {
            file: file.to_owned(),
            source: Box::new(source),
        })?;
        let known = task.kind.metrics();
        if !known.contains(&task.metric.as_str()) {
            return Err(TaskError::Metric {
                file: file.to_owned(),
                metric: task.metric,
                known,
            });
        }
        Ok(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_reported_with_file_line_and_keys() {
        let text =
            "name = \"x\"\nkind = \"retrieval\"\nmetrics = \"mean_recall@1\"\ndata = \"d\"\n";
        let message = Task::parse("mine.toml", text)
            .expect_err("no such key")
            .to_string();
        for part in ["mine.toml", "line 3", "metrics", "`metric`"] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }

    #[test]
    fn a_metric_of_another_kind_is_refused() {
        let text = "name = \"x\"\nkind = \"retrieval\"\nmetric = \"acc1\"\ndata = \"d\"\n";
        let message = Task::parse("mine.toml", text)
            .expect_err("no accuracy here")
            .to_string();
        assert!(message.contains("mean_recall@1"), "{message}");
    }
}
