//! Classification: the class of every image by prompts, within one evaluation set.

use std::collections::BTreeMap;

use ticclip_eval::classify::{GUESSES, Guess, Head, classify};
use ticclip_eval::metric::{accuracy, mean_per_class_recall, top_k_accuracy};

use super::marks::interval_of;
use super::seen::{Seen, texts};
use super::{Marks, Prediction, ScoreError};
use crate::encode::Encoder;

/// A zero-shot head: every class name in every template.
pub(super) fn head(
    encoder: &Encoder,
    classes: &[String],
    templates: &[String],
) -> Result<Head, ScoreError> {
    let prompts: Vec<String> = classes
        .iter()
        .flat_map(|class| {
            templates
                .iter()
                .map(move |template| template.replace("{c}", class))
        })
        .collect();
    Ok(Head::new(&texts(encoder, &prompts)?, templates.len())?)
}

/// Marks of a model on a classification set; `metric` is one of the kind's.
pub(super) fn mark(seen: &Seen, head: &Head, metric: &str) -> Result<Marks, ScoreError> {
    let labels: Vec<usize> = seen.samples.iter().map(|sample| sample.class).collect();
    let guesses = classify(&seen.images, &labels, head)?;
    let best: Vec<Vec<usize>> = guesses.iter().map(|guess| guess.classes.clone()).collect();
    let metrics = BTreeMap::from([
        ("acc1".to_owned(), accuracy(&best, &labels)),
        ("acc5".to_owned(), top_k_accuracy(&best, &labels, 5)),
        (
            "mean_per_class_recall".to_owned(),
            mean_per_class_recall(&best, &labels),
        ),
    ]);
    let depth = if metric == "acc5" {
        GUESSES.min(head.classes())
    } else {
        1
    };
    Ok(Marks {
        value: metrics.get(metric).copied().unwrap_or_default(),
        n: labels.len() as u64,
        chance: depth as f64 / head.classes() as f64,
        metrics,
        interval: interval_of(&contributions(&guesses, &labels, metric)),
        predictions: predictions(seen, &guesses),
        broken: seen.broken,
    })
}

/// What every sample adds to the mean; for the mean over classes, weighted by its class's size.
fn contributions(guesses: &[Guess], labels: &[usize], metric: &str) -> Vec<f64> {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for label in labels {
        *sizes.entry(*label).or_default() += 1;
    }
    let depth = if metric == "acc5" { 5 } else { 1 };
    let one = |(guess, label): (&Guess, &usize)| {
        let hit = guess.classes.iter().take(depth).any(|class| class == label);
        match metric {
            "mean_per_class_recall" if hit => {
                labels.len() as f64 / (sizes.len() * sizes[label]) as f64
            }
            _ => f64::from(u8::from(hit)),
        }
    };
    guesses.iter().zip(labels).map(one).collect()
}

fn predictions(seen: &Seen, guesses: &[Guess]) -> Vec<Prediction> {
    let samples = seen.samples.iter().zip(guesses);
    samples
        .map(|(sample, guess)| Prediction::of_class(sample.key.clone(), sample.class, guess))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_have_the_metric_as_their_mean() {
        let guess = |class| Guess {
            classes: vec![class, 9],
            confidence: 0.5,
        };
        let (guesses, labels) = ([guess(0), guess(0), guess(1), guess(0)], [0, 0, 0, 1]);
        let best: Vec<Vec<usize>> = guesses.iter().map(|guess| guess.classes.clone()).collect();
        for (metric, value) in [
            ("acc1", accuracy(&best, &labels)),
            (
                "mean_per_class_recall",
                mean_per_class_recall(&best, &labels),
            ),
        ] {
            let mean = contributions(&guesses, &labels, metric).iter().sum::<f64>() / 4.0;
            assert!((mean - value).abs() < 1e-12, "{metric}: {mean} {value}");
        }
    }
}
