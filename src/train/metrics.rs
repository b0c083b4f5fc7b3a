//! `metrics.jsonl`: one line an update, in the order of training; and `batches.jsonl`, the keys of each batch.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A line about an update.
pub(super) trait Line: Serialize + DeserializeOwned {
    /// Name of the time step, and updates done in it.
    fn place(&self) -> (&str, u64);
}

/// What is known after an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateRecord {
    /// Name of the time step.
    pub step: String,
    /// Updates done in this step.
    pub update: u64,
    /// Pairs seen in this step.
    pub samples: u64,
    /// Contrastive loss of the batch, with the penalty of a strategy that has one.
    pub loss: f32,
    /// Share of the batch's images and captions whose partner is the nearest one in it.
    #[serde(default)]
    pub accuracy: f64,
    /// Learning rate of the update.
    pub learning_rate: f64,
    /// Factor on similarities after the update.
    pub temperature: f32,
    /// Norm of all gradients together, where it is clipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
}

impl Line for UpdateRecord {
    fn place(&self) -> (&str, u64) {
        (&self.step, self.update)
    }
}

/// The pairs of an update's batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BatchRecord {
    /// Name of the time step.
    pub(super) step: String,
    /// Updates done in this step.
    pub(super) update: u64,
    /// Keys of the pairs.
    pub(super) keys: Vec<String>,
}

impl Line for BatchRecord {
    fn place(&self) -> (&str, u64) {
        (&self.step, self.update)
    }
}

/// Appends lines to a strategy's file.
#[derive(Debug)]
pub(super) struct LineLog {
    path: PathBuf,
    file: File,
}

impl LineLog {
    /// Opens the file and drops what belongs to `step` after `update`, and all later steps: a run
    /// that was killed wrote lines beyond its last checkpoint.
    pub(super) fn resume<T: Line>(
        path: &Path,
        earlier_steps: &[&str],
        step: &str,
        update: u64,
    ) -> std::io::Result<Self> {
        let kept: Vec<T> = read_lines(path)?
            .into_iter()
            .filter(|line: &T| {
                let (of_step, at) = line.place();
                earlier_steps.contains(&of_step) || (of_step == step && at <= update)
            })
            .collect();
        let partial = path.with_extension("jsonl.partial");
        let mut file = File::create(&partial)?;
        for record in &kept {
            write_line(&mut file, record)?;
        }
        std::fs::rename(&partial, path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    pub(super) fn append(&mut self, record: &impl Line) -> std::io::Result<()> {
        write_line(&mut self.file, record)
    }

    /// Puts what was appended on the disk.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn write_line(file: &mut File, record: &impl Line) -> std::io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    file.write_all(line.as_bytes())
}

/// Records of a file; none if it is not there. A half-written last line is left out.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read(path: &Path) -> std::io::Result<Vec<UpdateRecord>> {
    read_lines(path)
}

fn read_lines<T: DeserializeOwned>(path: &Path) -> std::io::Result<Vec<T>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let lines = BufReader::new(file).lines();
    lines
        .map(|line| Ok(serde_json::from_str(&line?).ok()))
        .filter_map(Result::transpose)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(step: &str, update: u64) -> UpdateRecord {
        UpdateRecord {
            step: step.to_owned(),
            update,
            samples: 0,
            loss: 1.0,
            accuracy: 0.5,
            learning_rate: 0.0,
            temperature: 1.0,
            gradient_norm: None,
        }
    }

    #[test]
    fn lines_beyond_the_checkpoint_are_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metrics.jsonl");
        let mut log = LineLog::resume::<UpdateRecord>(&path, &[], "a", 0).expect("a new file");
        for record in [
            record("a", 1),
            record("a", 2),
            record("b", 1),
            record("b", 2),
        ] {
            log.append(&record).expect("it can be written");
        }
        OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"{\"step\":\"b\",\"upd"))
            .expect("half a line");
        LineLog::resume::<UpdateRecord>(&path, &["a"], "b", 1).expect("it resumes");
        assert_eq!(
            read(&path).expect("readable"),
            [record("a", 1), record("a", 2), record("b", 1)]
        );
    }
}
