//! A line of `scores.jsonl`: what one model reached on one task.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One score; all figures lie in [0, 1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The task's name.
    pub task: String,
    /// Where the model is.
    pub model: String,
    /// Checksum of its weights and configuration: a model that was trained anew is another one.
    pub weights: String,
    /// Checksum of its tokenizer, if that is not CLIP's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// Checksum of the samples, class names and prompts that it was asked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The strategy it was trained under, if it says so.
    pub strategy: Option<String>,
    /// Name of the metric that counts.
    pub metric: String,
    /// Its value.
    pub value: f64,
    /// Samples it is the mean of.
    pub n: u64,
    /// What guessing would reach.
    pub chance: f64,
    /// The time step after which the model was taken.
    pub trained_step: Option<String>,
    /// The time step whose samples were asked.
    pub tested_step: Option<String>,
    /// All metrics that apply.
    pub metrics: BTreeMap<String, f64>,
    /// Lower end of the value's 95% interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A line that is no score.
#[derive(Debug, Error)]
#[error("line {line}: {problem}")]
pub struct ReadScoresError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// What is wrong, without a place of its own: every line is its reader's first.
fn problem(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    told.strip_suffix(&place).unwrap_or(&told).to_owned()
}

impl Score {
    /// The score as one line of JSON.
    ///
    /// # Errors
    /// When a figure is not a finite number.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|line| line + "\n")
    }
}

/// Reads the text of a `scores.jsonl`.
///
/// # Errors
/// [`ReadScoresError`] with the number of the line that is no score.
pub fn read_scores(text: &str) -> Result<Vec<Score>, ReadScoresError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            serde_json::from_str(line).map_err(|error| ReadScoresError {
                line: at + 1,
                problem: problem(&error),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        let score = Score {
            task: "retrieval".into(),
            model: "train/sequential/2019".into(),
            weights: "00ff".into(),
            tokenizer: None,
            data: None,
            strategy: Some("sequential".into()),
            metric: "mean_recall@1".into(),
            value: 0.25,
            n: 40,
            chance: 0.025,
            trained_step: Some("2019".into()),
            tested_step: None,
            metrics: BTreeMap::from([("mean_recall@1".into(), 0.25)]),
            low: 0.1,
            high: 0.4,
        };
        let line = score.to_line().expect("finite figures");
        assert_eq!(read_scores(&line).expect("a score"), [score]);
    }

    #[test]
    fn a_broken_line_is_named_by_number() {
        let error = read_scores("\n{\"task\":").expect_err("cut off");
        assert_eq!(error.line, 2);
        let told = error.to_string();
        assert_eq!(told, "line 2: EOF while parsing a value");
    }
}
