//! An exam: one task's evaluation sets, one for each time step that the task has.

use std::path::{Path, PathBuf};

use ticclip_eval::probe::ProbeConfig;
use ticclip_eval::score::Score;
use ticclip_eval::task::{Kind, Task};

use super::heads::GivenHead;
use super::prompts::Wording;
use super::source::{self, Set, Source, Target, Wanted};
use super::{Marks, ModelFolder, ScoreError};
use crate::artefact::sha256_of;

/// One task's evaluation sets.
#[derive(Debug)]
pub struct Exam {
    /// The task.
    pub task: Task,
    pub(super) papers: Vec<Paper>,
    pub(super) wording: Wording,
    /// How a probe is fitted, if the task is asked of one.
    pub(super) probe: Option<ProbeConfig>,
}

/// The set of one time step, or the one of a task that has none.
#[derive(Debug)]
pub(super) struct Paper {
    pub(super) step: Option<String>,
    pub(super) set: Set,
    /// What takes the place of prompts.
    pub(super) head: Option<GivenHead>,
    /// What a probe is fitted on.
    pub(super) train: Option<Set>,
    /// Checksum of all of the sets that decides a score.
    pub(super) checksum: String,
}

/// Whether the folders below `data` have anything of the task, and of which of its steps; `steps` are those of the data,
/// for a task that names none.
pub fn find_sets(task: &Task, data: &Path, steps: &[String]) -> Vec<(Option<String>, PathBuf)> {
    let first = |folders: Vec<String>| {
        let folders = folders.into_iter().map(|folder| data.join(folder));
        folders.into_iter().find(|folder| folder.is_dir())
    };
    if !task.is_dynamic() {
        return first(task.folders())
            .map(|folder| (None, folder))
            .into_iter()
            .collect();
    }
    let steps = if task.steps.is_empty() {
        steps
    } else {
        &task.steps
    };
    let found = steps
        .iter()
        .filter_map(|step| Some((Some(step.clone()), first(task.folders_at(step))?)));
    found.collect()
}

impl Exam {
    /// Opens the task's sets below `data`; nothing if there is none. What `prompts_from`
    /// has, a folder or a file, goes before what sets say of their classes.
    ///
    /// # Errors
    /// [`ScoreError`] when a set is there and cannot be read, or is of another kind.
    pub fn open(
        task: &Task,
        data: &Path,
        steps: &[String],
        prompts_from: Option<&Path>,
    ) -> Result<Option<Self>, ScoreError> {
        let wording = Wording::read(prompts_from, task)?;
        let mut papers = Vec::new();
        for (step, folder) in find_sets(task, data, steps) {
            if let Some(mut set) = source::open(&folder, kind(task.kind))? {
                if set.kind != kind(task.kind) {
                    return Err(ScoreError::Kind {
                        path: folder,
                        task: task.name.clone(),
                        there: set.kind.name(),
                        wanted: task.kind,
                    });
                }
                wording.apply(&mut set);
                let checksum = wording.checksum(&set)?;
                papers.push(Paper {
                    step,
                    set,
                    head: None,
                    train: None,
                    checksum,
                });
            }
        }
        Ok((!papers.is_empty()).then(|| Self {
            task: task.clone(),
            papers,
            wording,
            probe: None,
        }))
    }

    /// The same task asked of a linear probe, fitted on the training samples beside each set, `shots` of each class if
    /// that is given; nothing if there are none. Its name ends in `+probe`.
    ///
    /// # Errors
    /// [`ScoreError`] when a set is there and cannot be read.
    pub fn of_probe(
        task: &Task,
        data: &Path,
        steps: &[String],
        shots: Option<usize>,
    ) -> Result<Option<Self>, ScoreError> {
        if task.kind != Kind::Classification {
            return Ok(None);
        }
        let Some(mut exam) = Self::open(task, data, steps, None)? else {
            return Ok(None);
        };
        let mut papers = Vec::new();
        for mut paper in exam.papers {
            let train = source::open_as(&paper.set.path, &Wanted::train(paper.set.kind))?;
            if let Some(train) = train {
                let both = [
                    &paper.checksum,
                    &train.fingerprint()?,
                    &format!("{shots:?}"),
                ];
                paper.checksum = sha256_of(both.map(String::as_str).concat())[..16].to_owned();
                paper.train = Some(train);
                papers.push(paper);
            }
        }
        exam.task.name.push_str("+probe");
        exam.papers = papers;
        exam.probe = Some(ProbeConfig {
            shots,
            ..ProbeConfig::default()
        });
        Ok((!exam.papers.is_empty()).then_some(exam))
    }

    /// The same exam with the heads of a folder in the place of prompts, where it has one for the task.
    ///
    /// # Errors
    /// [`ScoreError`] when a head cannot be read.
    pub fn with_heads(mut self, folder: &Path) -> Result<Self, ScoreError> {
        if !matches!(self.task.kind, Kind::Classification | Kind::Multilabel)
            || self.probe.is_some()
        {
            return Ok(self);
        }
        for paper in &mut self.papers {
            if let Some(head) = GivenHead::find(folder, &self.task.name, paper.step.as_deref())? {
                let both = [paper.checksum.as_str(), &head.checksum()];
                paper.checksum = sha256_of(both.concat())[..16].to_owned();
                paper.head = Some(head);
            }
        }
        Ok(self)
    }

    /// Whether a head is given for one of its sets.
    #[must_use]
    pub fn has_head(&self) -> bool {
        self.papers.iter().any(|paper| paper.head.is_some())
    }

    /// Whether it asks a fitted probe, not the model itself.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.probe.is_some()
    }

    /// Samples of all its sets, training samples included.
    #[must_use]
    pub fn samples(&self) -> usize {
        let train = |paper: &Paper| paper.train.as_ref().map_or(0, |set| set.source.len());
        let samples = |paper: &Paper| paper.set.source.len() + train(paper);
        self.papers.iter().map(samples).sum()
    }

    /// Names of its sets' time steps; one empty name for a task that has none.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        let step = |paper: &Paper| paper.step.clone().unwrap_or_default();
        self.papers.iter().map(step).collect()
    }

    /// The samples of its set number `at`.
    ///
    /// # Panics
    /// When there is no such set.
    #[must_use]
    pub fn source(&self, at: usize) -> &dyn Source {
        self.papers[at].set.source.as_ref()
    }

    /// All captions of its set number `at`; what cannot be read is left out.
    ///
    /// # Errors
    /// [`ScoreError`] when the set has no captions, or cannot be read.
    ///
    /// # Panics
    /// When there is no such set.
    pub fn captions(&self, at: usize) -> Result<Vec<String>, ScoreError> {
        let targets = self.papers[at]
            .set
            .source
            .targets(source::Kind::Retrieval)?;
        let captions = targets.into_iter().filter_map(|target| match target {
            Ok(Target::Captions(captions)) => Some(captions),
            _ => None,
        });
        Ok(captions.flatten().collect())
    }

    /// The name of a class, where its sets have names.
    #[must_use]
    pub fn class_name(&self, class: usize) -> Option<String> {
        let named = self
            .papers
            .iter()
            .find_map(|paper| paper.set.classes.as_ref());
        named?.get(class).cloned()
    }

    /// The time steps that it has sets of, and the checksum of each.
    pub fn sets(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        self.papers
            .iter()
            .map(|paper| (paper.step.as_deref(), paper.checksum.as_str()))
    }
}

/// The kind of set that a task of a kind is asked with.
fn kind(kind: Kind) -> source::Kind {
    match kind {
        Kind::Classification => source::Kind::Classification,
        Kind::Multilabel => source::Kind::Multilabel,
        Kind::Retrieval => source::Kind::Retrieval,
        Kind::Winogavil => source::Kind::Association,
    }
}

/// The marks of one model on one set of an exam.
#[derive(Debug)]
pub struct Marked {
    /// The time step of the set.
    pub step: Option<String>,
    /// Checksum of the set.
    pub data: String,
    /// What the model reached.
    pub marks: Marks,
}

impl Marked {
    /// The line of `scores.jsonl` for these marks.
    #[must_use]
    pub fn score(&self, task: &Task, name: &str, model: &ModelFolder) -> Score {
        Score {
            task: task.name.clone(),
            model: name.to_owned(),
            weights: model.weights.clone(),
            tokenizer: model.tokenizer.clone(),
            data: Some(self.data.clone()),
            strategy: model.strategy.clone(),
            metric: task.metric.clone(),
            value: self.marks.value,
            n: self.marks.n,
            chance: self.marks.chance,
            trained_step: model.trained.as_ref().map(|(_, step)| step.clone()),
            tested_step: self.step.clone(),
            metrics: self.marks.metrics.clone(),
            low: self.marks.interval.0,
            high: self.marks.interval.1,
        }
    }
}
