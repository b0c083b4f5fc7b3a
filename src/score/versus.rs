//! Versus: the outcomes of two models on the same samples of a task, from their predictions.

use std::path::{Path, PathBuf};

use thiserror::Error;
use ticclip_eval::compare::{Outranking, OutrankingError, Paired, PairedError};
use ticclip_eval::metric::{
    Answers, ClassificationMetric, MetricError, Recall, Retrieval, Statistic,
};
use ticclip_eval::retrieve::Ranks;
use ticclip_eval::score::Score;

use super::predictions::PredictionsError;
use super::{PREDICTIONS, Prediction, predictions_file, read_predictions};

/// Why two models cannot be compared on a task.
#[derive(Debug, Error)]
pub enum VersusError {
    /// Predictions cannot be read.
    #[error(transparent)]
    Predictions(#[from] PredictionsError),
    /// The models were not asked about the same samples.
    #[error("{}: {problem}; both models must be scored on the same data", path.display())]
    Differ {
        /// B's predictions.
        path: PathBuf,
        /// Where they differ from A's.
        problem: String,
    },
    /// Predictions make no answers.
    #[error("{}: {source}", path.display())]
    Metric {
        /// The predictions.
        path: PathBuf,
        /// What is wrong.
        source: MetricError,
    },
    /// Outcomes cannot be paired.
    #[error(transparent)]
    Paired(#[from] PairedError),
    /// Classes before the right one cannot be read.
    #[error(transparent)]
    Outranking(#[from] OutrankingError),
}

/// Outcomes of two models on one evaluation set.
#[derive(Debug)]
pub struct Versus {
    /// The time step of the set; empty for a task that has none.
    pub step: String,
    /// What outcomes are contributions to.
    pub metric: String,
    /// The samples, in their order.
    pub keys: Vec<String>,
    /// Their classes, where they have one.
    pub labels: Option<Vec<usize>>,
    /// The outcomes.
    pub pairs: Paired,
    /// Of each model its first guess, where there are classes.
    pub first: Option<[Vec<usize>; 2]>,
    /// Of each model the classes that it put before the right one.
    above: Option<[Vec<Vec<u16>>; 2]>,
}

impl Versus {
    /// Reads what two models, each with its folder of scores, were asked in a task.
    ///
    /// The metric that counts is taken where it is a mean over samples, top-1 accuracy else.
    ///
    /// # Errors
    /// [`VersusError`] naming the file, and the sample where the two differ.
    pub fn read(score: &Score, [a, b]: [(&Path, &str); 2]) -> Result<Vec<Self>, VersusError> {
        let path = |(folder, model): (&Path, &str)| {
            folder
                .join(PREDICTIONS)
                .join(predictions_file(&score.task, model))
        };
        let (path_a, path_b) = (path(a), path(b));
        let (a, b) = (read_predictions(&path_a)?, read_predictions(&path_b)?);
        let differ = |problem: String| VersusError::Differ {
            path: path_b.clone(),
            problem,
        };
        if a.len() != b.len() {
            return Err(differ(format!("{} sets, not {}", b.len(), a.len())));
        }
        let mut versus = Vec::new();
        for ((step, a), (step_b, b)) in a.into_iter().zip(b) {
            if step != step_b || a.len() != b.len() {
                let [here, there] = [(&step_b, b.len()), (&step, a.len())]
                    .map(|(step, answers)| format!("{answers} answers on {step:?}"));
                return Err(differ(format!("{here}, not {there}")));
            }
            let mut pairs = a.iter().zip(&b);
            let other =
                pairs.find(|(a, b)| (&a.key, a.query, a.label) != (&b.key, b.query, b.label));
            if let Some((a, b)) = other {
                return Err(differ(format!(
                    "sample `{}` of class {:?} where the other has `{}` of class {:?}",
                    b.key, b.label, a.key, a.label
                )));
            }
            let metric = |path: &Path| {
                let path = path.to_owned();
                move |source| VersusError::Metric { path, source }
            };
            let outcomes_a = Outcomes::of(&a, &score.metric).map_err(metric(&path_a))?;
            let outcomes_b = Outcomes::of(&b, &score.metric).map_err(metric(&path_b))?;
            versus.push(Self {
                step,
                metric: outcomes_a.metric,
                keys: outcomes_a.keys,
                labels: outcomes_a.labels,
                pairs: Paired::values(outcomes_a.values, outcomes_b.values)?,
                first: outcomes_a.first.zip(outcomes_b.first).map(<[_; 2]>::from),
                above: outcomes_a.above.zip(outcomes_b.above).map(<[_; 2]>::from),
            });
        }
        Ok(versus)
    }

    /// Outcomes alone, for tests.
    #[cfg(test)]
    pub(crate) fn of_outcomes(metric: &str, labels: Option<Vec<usize>>, pairs: Paired) -> Self {
        Self {
            step: String::new(),
            metric: metric.to_owned(),
            keys: (0..pairs.samples()).map(|key| key.to_string()).collect(),
            labels,
            pairs,
            first: None,
            above: None,
        }
    }

    /// What each model put before the right class, among so many classes; none where there are no classes.
    ///
    /// # Errors
    /// When a class is beyond them.
    pub fn outrankings(&self, classes: usize) -> Result<Option<[Outranking; 2]>, VersusError> {
        let (Some(labels), Some([a, b])) = (&self.labels, &self.above) else {
            return Ok(None);
        };
        let of = |above: &[Vec<u16>]| Outranking::new(classes, labels.clone(), above);
        Ok(Some([of(a)?, of(b)?]))
    }

    /// All sets of a task as one.
    ///
    /// # Errors
    /// When there is none.
    pub fn pooled(sets: &[Self]) -> Result<Self, VersusError> {
        let values = |of: fn(&Paired) -> &[f64]| {
            let values = sets.iter().flat_map(|set| of(&set.pairs).iter().copied());
            values.collect::<Vec<f64>>()
        };
        let labels = sets.iter().map(|set| set.labels.clone());
        let labels: Option<Vec<Vec<usize>>> = labels.collect();
        let first = sets.iter().map(|set| set.first.clone());
        let first: Option<Vec<[Vec<usize>; 2]>> = first.collect();
        let above = sets.iter().map(|set| set.above.clone());
        let above: Option<Vec<[Vec<Vec<u16>>; 2]>> = above.collect();
        Ok(Self {
            step: String::new(),
            metric: sets
                .first()
                .map(|set| set.metric.clone())
                .unwrap_or_default(),
            keys: sets.iter().flat_map(|set| set.keys.clone()).collect(),
            labels: labels.map(|labels| labels.concat()),
            pairs: Paired::values(values(Paired::a), values(Paired::b))?,
            first: first.map(joined),
            above: above.map(joined),
        })
    }
}

/// What each model has of all sets.
fn joined<T: Clone>(sets: Vec<[Vec<T>; 2]>) -> [Vec<T>; 2] {
    let (a, b): (Vec<_>, Vec<_>) = sets.into_iter().map(<(_, _)>::from).unzip();
    [a.concat(), b.concat()]
}

/// What each sample adds to one model's score.
struct Outcomes {
    metric: String,
    keys: Vec<String>,
    labels: Option<Vec<usize>>,
    values: Vec<f64>,
    first: Option<Vec<usize>>,
    above: Option<Vec<Vec<u16>>>,
}

impl Outcomes {
    fn of(predictions: &[Prediction], metric: &str) -> Result<Self, MetricError> {
        let labels: Option<Vec<usize>> = predictions
            .iter()
            .map(|prediction| usize::try_from(prediction.label?).ok())
            .collect();
        match labels {
            Some(labels) if !labels.is_empty() => Self::of_classes(predictions, labels, metric),
            _ => Self::of_ranks(predictions, metric),
        }
    }

    fn of_classes(
        predictions: &[Prediction],
        labels: Vec<usize>,
        metric: &str,
    ) -> Result<Self, MetricError> {
        let guesses: Vec<Vec<usize>> = predictions
            .iter()
            .map(|prediction| prediction.top.iter().map(|class| *class as usize).collect())
            .collect();
        let named = guesses.iter().flatten().chain(&labels).max();
        let classes = named.map_or(0, |last| last + 1);
        let answers = Answers::new(guesses.iter().map(Vec::as_slice), &labels, classes)?;
        let counts = ClassificationMetric::by_name(metric).filter(|metric| !metric.needs_groups());
        let counted = match counts {
            Some(metric) => metric.of(&answers, None)?,
            None => None,
        };
        let contributions = counted.and_then(|statistic| statistic.contributions());
        let (metric, values) = match contributions {
            Some(values) => (metric.to_owned(), values),
            None => {
                let first = ClassificationMetric::Acc1;
                let statistic = first.of(&answers, None)?;
                let values = statistic.and_then(|statistic| statistic.contributions());
                (first.name().to_owned(), values.unwrap_or_default())
            }
        };
        let above = predictions.iter().map(|prediction| {
            let above = prediction.above.as_ref()?;
            above
                .iter()
                .map(|class| u16::try_from(*class).ok())
                .collect()
        });
        Ok(Self {
            metric,
            keys: predictions
                .iter()
                .map(|prediction| prediction.key.clone())
                .collect(),
            above: above.collect(),
            first: guesses.iter().map(|guess| guess.first().copied()).collect(),
            labels: Some(labels),
            values,
        })
    }

    fn of_ranks(predictions: &[Prediction], metric: &str) -> Result<Self, MetricError> {
        let of = |query: &'static str| {
            let own = predictions
                .iter()
                .filter(move |prediction| prediction.query == query);
            own.map(|prediction| {
                (
                    prediction.key.clone(),
                    prediction.rank.unwrap_or(0) as usize,
                )
            })
        };
        let (keys, text_of_image): (Vec<String>, Vec<usize>) = of("image").unzip();
        let (owners, image_of_text): (Vec<String>, Vec<usize>) = of("text").unzip();
        // Captions come in the order of their images; of equal keys the next image is meant.
        let mut image = 0;
        let image_of: Vec<usize> = owners
            .iter()
            .map(|owner| {
                while keys.get(image).is_some_and(|key| key != owner) {
                    image += 1;
                }
                image
            })
            .collect();
        let ranks = Ranks {
            text_of_image,
            image_of_text,
        };
        let retrieval = Retrieval::new(ranks, &image_of)?;
        let recall = Recall::by_name(&retrieval, metric);
        let values = recall.and_then(|recall| recall.contributions());
        Ok(Self {
            metric: metric.to_owned(),
            keys,
            labels: None,
            values: values.unwrap_or_default(),
            first: None,
            above: None,
        })
    }
}
