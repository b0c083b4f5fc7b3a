//! The examiner: puts models to exams, several at a time.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ticclip_eval::classify::Head;
use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::task::Kind;

use super::exam::{Exam, Marked, Paper};
use super::features::{Examinee, FeatureCache};
use super::heads::head_file;
use super::source::{self, Target};
use super::{
    Marks, ModelFolder, ScoreError, association, classification, heads, multilabel, retrieval,
};
use crate::model::Precision;

/// Puts models to exams.
#[derive(Debug)]
pub struct Examiner {
    device: Device,
    precision: Precision,
    cache: FeatureCache,
}

/// The images of classes in several sets, as a model sees them.
#[derive(Debug)]
pub struct ClassVectors {
    /// `[samples, dim]`.
    pub vectors: Embeddings,
    /// The class of each.
    pub classes: Vec<usize>,
    /// The number of the set of each.
    pub steps: Vec<usize>,
}

impl Examiner {
    /// An examiner who computes on `device`, called `name`, and keeps features in `features`, if anywhere.
    #[must_use]
    pub fn new(
        device: &Device,
        name: &str,
        precision: Precision,
        features: Option<PathBuf>,
    ) -> Self {
        Self {
            device: device.clone(),
            precision,
            cache: FeatureCache::new(features, name, precision),
        }
    }

    /// Loads a model.
    ///
    /// # Errors
    /// [`ScoreError`] when it cannot be read.
    pub fn open(&self, model: &ModelFolder) -> Result<Examinee, ScoreError> {
        Examinee::open(model, &self.device, self.precision)
    }

    /// Shows all images of the exam to those of the models that have not seen them, each image decoded once; `done`
    /// hears of the samples that one more model has seen.
    ///
    /// # Errors
    /// [`ScoreError`] when a model or a set cannot be read. What was seen stays.
    pub fn show(
        &self,
        models: &[&Examinee],
        exam: &Exam,
        mut done: impl FnMut(u64),
    ) -> Result<(), ScoreError> {
        for paper in &exam.papers {
            self.cache.see(models, &paper.set, &mut done)?;
            if let Some(train) = &paper.train {
                self.cache.see(models, train, &mut done)?;
            }
        }
        Ok(())
    }

    /// Marks of a model on every set of the exam, whose images it has seen.
    ///
    /// # Errors
    /// [`ScoreError`] when a set cannot be read, or is not what the task asks for.
    pub fn mark(&self, model: &Examinee, exam: &Exam) -> Result<Vec<Marked>, ScoreError> {
        let marked = |paper: &Paper| {
            Ok(Marked {
                step: paper.step.clone(),
                data: paper.checksum.clone(),
                marks: self.mark_paper(model, exam, paper)?,
            })
        };
        exam.papers.iter().map(marked).collect()
    }

    /// The vectors of all images of a classification exam, with their classes and the numbers of their sets.
    ///
    /// # Errors
    /// [`ScoreError`] when a set cannot be read.
    pub fn classes(&self, model: &Examinee, exam: &Exam) -> Result<ClassVectors, ScoreError> {
        let (mut values, mut classes, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        for (step, paper) in exam.papers.iter().enumerate() {
            let images = self.cache.images(model, &paper.set)?;
            let targets = paper.set.source.targets(source::Kind::Classification)?;
            for (row, sample) in images.samples.iter().enumerate() {
                if let Ok(Target::Class(class)) = &targets[*sample] {
                    values.extend_from_slice(images.vectors.row(row));
                    classes.push(*class);
                    steps.push(step);
                }
            }
        }
        Ok(ClassVectors {
            vectors: Embeddings::new(values, model.encoder.dim())?,
            classes,
            steps,
        })
    }

    /// Writes the heads of a zero-shot exam into a folder, as files of unit rows with the names of the classes.
    ///
    /// # Errors
    /// [`ScoreError`] when a head cannot be made or written.
    pub fn write_heads(
        &self,
        model: &Examinee,
        exam: &Exam,
        folder: &Path,
    ) -> Result<(), ScoreError> {
        for paper in &exam.papers {
            let head = self.head(model, exam, paper)?;
            let names = paper.set.classes.clone();
            let numbers = || (0..head.classes()).map(|class| class.to_string()).collect();
            let names = names.unwrap_or_else(numbers);
            let file = head_file(&exam.task.name, paper.step.as_deref());
            heads::write(&folder.join(file), model, &exam.task.name, &names, &head)?;
        }
        Ok(())
    }

    /// The head that is handed in for a set, else that of its prompts.
    fn head(&self, model: &Examinee, exam: &Exam, paper: &Paper) -> Result<Head, ScoreError> {
        match &paper.head {
            Some(given) => given.of(paper.set.classes.as_ref(), model.encoder.dim()),
            None => exam.wording.prompts(&paper.set)?.head(model, &self.cache),
        }
    }

    fn mark_paper(
        &self,
        model: &Examinee,
        exam: &Exam,
        paper: &Paper,
    ) -> Result<Marks, ScoreError> {
        let (task, set) = (&exam.task, &paper.set);
        let images = self.cache.images(model, set)?;
        if let (Some(train), Some(probe)) = (&paper.train, &exam.probe) {
            let seen = self.cache.images(model, train)?;
            return classification::mark_probe(task, (set, images), (train, seen), probe);
        }
        match task.kind {
            Kind::Classification => {
                let head = self.head(model, exam, paper)?;
                classification::mark(task, set, images, &head)
            }
            Kind::Multilabel => {
                let head = self.head(model, exam, paper)?;
                multilabel::mark(task, set, images, &head)
            }
            Kind::Retrieval => {
                let targets = set.source.targets(set.kind)?;
                let captions = self.cache.captions(model, set, &targets)?;
                retrieval::mark(task, set, images, captions, &targets)
            }
            Kind::Winogavil => {
                let (texts, questions, left_out) = association::questions(set)?;
                let cues = self.cache.texts(model, &texts)?;
                association::mark(task, set, &images, &cues, &questions, left_out)
            }
        }
    }
}
