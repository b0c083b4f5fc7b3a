//! Classification: the class of every image, by prompts or by a probe, within one evaluation set.

use ticclip_eval::classify::{Guess, Head, classify};
use ticclip_eval::metric::{Answers, ClassificationMetric, Groups, Statistic};
use ticclip_eval::probe::{ProbeConfig, ProbeSamples, Samples, evaluate};
use ticclip_eval::task::Task;

use super::answered::Answered;
use super::features::Rows;
use super::source::{Answer, Kind, Set, Target};
use super::{Marks, Prediction, ScoreError};

/// The samples of a set that have a class.
struct Asked {
    answered: Answered<(usize, Option<usize>)>,
    labels: Vec<usize>,
    classes: usize,
}

/// Marks of a model by its zero-shot head.
pub(super) fn mark(task: &Task, set: &Set, rows: Rows, head: &Head) -> Result<Marks, ScoreError> {
    let asked = Asked::of(task, set, rows, head.classes())?;
    let guesses = classify(&asked.answered.images, &asked.labels, head)?;
    asked.mark(task, set, guesses, true)
}

/// Marks of a model by a probe on its features of the training set.
pub(super) fn mark_probe(
    task: &Task,
    (test, test_rows): (&Set, Rows),
    (train, train_rows): (&Set, Rows),
    config: &ProbeConfig,
) -> Result<Marks, ScoreError> {
    let train_targets = train.source.targets(Kind::Classification)?;
    let classes = classes(task, test, &train_targets)?;
    let train = Asked::of(task, train, train_rows, classes)?;
    let test_asked = Asked::of(task, test, test_rows, classes)?;
    let samples = ProbeSamples {
        train: Samples::new(&train.answered.images, &train.labels),
        validation: None,
        test: Samples::new(&test_asked.answered.images, &test_asked.labels),
    };
    let probed = evaluate(&samples, classes, config)?;
    tracing::info!(
        task = task.name,
        c = probed.c,
        train = probed.train_accuracy,
        converged = probed.fit.converged,
        "probe fitted"
    );
    test_asked.mark(task, test, probed.guesses, false)
}

/// How many classes a probe tells apart: those with a name, those the task counts, or those that are there.
fn classes(task: &Task, test: &Set, train: &[Answer<Target>]) -> Result<usize, ScoreError> {
    let named = test.classes.as_ref().map(Vec::len);
    if let Some(classes) = named.or(task.classes) {
        return Ok(classes);
    }
    let own = test.source.targets(Kind::Classification)?;
    let there = own.iter().chain(train).filter_map(|target| match target {
        Ok(Target::Class(class)) => Some(*class),
        _ => None,
    });
    Ok(there.max().map_or(0, |last| last + 1))
}

impl Asked {
    fn of(task: &Task, set: &Set, rows: Rows, classes: usize) -> Result<Self, ScoreError> {
        let targets = set.source.targets(Kind::Classification)?;
        for (sample, target) in targets.iter().enumerate() {
            if let Ok(Target::Class(class)) = target
                && *class >= classes
            {
                return Err(ScoreError::Label {
                    path: set.path.clone(),
                    key: set.source.key(sample),
                    label: *class,
                    classes,
                });
            }
        }
        let groups = groups(task, set)?;
        let mut answered = Answered::join(set, rows, &targets, |sample, target| {
            let Target::Class(class) = target else {
                return Err("has no class".to_owned());
            };
            let group = groups.as_ref().map(|groups| groups[sample].clone());
            Ok((*class, group.transpose()?))
        })?;
        let labels: Vec<usize> = answered.targets.iter().map(|(class, _)| *class).collect();
        let mut used = vec![false; classes];
        labels.iter().for_each(|label| used[*label] = true);
        answered.left_out.classes = (0..classes).filter(|class| !used[*class]).collect();
        Ok(Self {
            answered,
            labels,
            classes,
        })
    }

    /// Marks for these guesses, of which it may be known what came before the label.
    fn mark(
        self,
        task: &Task,
        set: &Set,
        guesses: Vec<Guess>,
        above_known: bool,
    ) -> Result<Marks, ScoreError> {
        let best = guesses.iter().map(|guess| guess.classes.as_slice());
        let answers = Answers::new(best, &self.labels, self.classes)?;
        let group_of = self.answered.targets.iter().map(|(_, group)| *group);
        let group_of: Option<Vec<usize>> = group_of.collect();
        let groups = group_of.map(|of| {
            let number = of.iter().max().map_or(0, |last| last + 1);
            Groups::new(&of, number)
        });
        let groups = groups.transpose()?;
        let mut statistics: Vec<(String, Box<dyn Statistic>)> = Vec::new();
        for metric in ClassificationMetric::ALL {
            // Of the names for a worst group only the task's own one is meant.
            if metric.needs_groups() && metric.name() != task.metric {
                continue;
            }
            if let Some(statistic) = metric.of(&answers, groups.as_ref())? {
                statistics.push((metric.name().to_owned(), statistic));
            }
        }
        let keys = self.answered.keys(set);
        let predictions = keys.into_iter().zip(&self.labels).zip(guesses);
        let predictions = predictions
            .map(|((key, label), guess)| {
                let mut prediction = Prediction::of_class(key, *label, &guess);
                prediction.above = prediction.above.filter(|_| above_known);
                prediction
            })
            .collect();
        Marks::of(
            &statistics,
            &task.metric,
            predictions,
            self.answered.left_out,
        )
    }
}

/// The group of every sample, if the task has groups.
fn groups(task: &Task, set: &Set) -> Result<Option<Vec<Answer<usize>>>, ScoreError> {
    let Some(grouping) = &task.grouping else {
        return Ok(None);
    };
    let group = |numbers: Answer<Vec<f64>>| {
        let numbers = numbers?;
        let group = numbers.get(grouping.column()).copied();
        let whole = group.filter(|group| *group >= 0.0 && group.fract() == 0.0 && *group < 1e6);
        whole.map(|group| group as usize).ok_or_else(|| {
            let by = grouping.by();
            format!("has no {by} (column {} of its .npy)", grouping.column() + 1)
        })
    };
    let numbers = set.source.numbers()?;
    Ok(Some(numbers.into_iter().map(group).collect()))
}
