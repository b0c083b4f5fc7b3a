//! Zero-shot classification: every class is the mean of its prompts' vectors.

use thiserror::Error;

use crate::embeddings::{Embeddings, EmbeddingsError};

/// Guesses that are kept of each sample.
pub const GUESSES: usize = 5;
/// The factor on similarities in a zero-shot head's logits.
const LOGIT_SCALE: f64 = 100.0;

/// One vector a class.
#[derive(Clone, Debug)]
pub struct Head {
    classes: Embeddings,
}

/// Why a classification cannot be scored.
#[derive(Debug, Error, PartialEq)]
pub enum ClassifyError {
    /// The vectors are no embeddings, or of another width.
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
    /// The prompts do not divide into classes.
    #[error("{prompts} prompts do not divide into classes of {templates} templates")]
    Prompts {
        /// Number of prompts.
        prompts: usize,
        /// Templates of each class.
        templates: usize,
    },
    /// A label that no class has.
    #[error("sample {sample} has label {label}, there are {classes} classes, from 0")]
    Label {
        /// The sample's index.
        sample: usize,
        /// Its label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Not one label a sample, or no sample at all.
    #[error("{samples} samples and {labels} labels cannot be scored")]
    Samples {
        /// Number of samples.
        samples: usize,
        /// Number of labels.
        labels: usize,
    },
}

/// The answer to one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// Up to five classes, the best first; equal similarities rank by lower class.
    pub classes: Vec<usize>,
    /// Probability of the first under the softmax of 100 · similarity.
    pub confidence: f64,
}

impl Head {
    /// Averages each class's unit vectors and scales the mean to length one again.
    ///
    /// # Shapes
    /// prompts `[classes · templates, dim]`, a class's templates one after the other.
    ///
    /// # Errors
    /// [`ClassifyError`] when the prompts do not divide into classes or a mean has no direction.
    pub fn new(prompts: &Embeddings, templates: usize) -> Result<Self, ClassifyError> {
        if templates == 0 || prompts.rows() == 0 || !prompts.rows().is_multiple_of(templates) {
            return Err(ClassifyError::Prompts {
                prompts: prompts.rows(),
                templates,
            });
        }
        let mut means = vec![0.0; prompts.rows() / templates * prompts.dim()];
        for (class, mean) in means.chunks_exact_mut(prompts.dim()).enumerate() {
            for template in 0..templates {
                for (mean, value) in mean
                    .iter_mut()
                    .zip(prompts.row(class * templates + template))
                {
                    *mean += value / templates as f32;
                }
            }
        }
        Ok(Self {
            classes: Embeddings::normalised(means, prompts.dim())?,
        })
    }

    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes.rows()
    }
}

/// Guesses of every image's class, after checking that its label can be guessed at all.
///
/// # Shapes
/// images `[samples, dim]`, labels `[samples]`.
///
/// # Errors
/// [`ClassifyError`] naming the sample whose label no class has, or the widths that differ.
pub fn classify(
    images: &Embeddings,
    labels: &[usize],
    head: &Head,
) -> Result<Vec<Guess>, ClassifyError> {
    if images.rows() != labels.len() || labels.is_empty() {
        return Err(ClassifyError::Samples {
            samples: images.rows(),
            labels: labels.len(),
        });
    }
    let classes = head.classes();
    if let Some((sample, label)) = labels
        .iter()
        .enumerate()
        .find(|(_, label)| **label >= classes)
    {
        return Err(ClassifyError::Label {
            sample,
            label: *label,
            classes,
        });
    }
    Ok(images.against(&head.classes, |_, similarities| guess(similarities))?)
}

fn guess(similarities: &[f32]) -> Guess {
    let mut order: Vec<usize> = (0..similarities.len()).collect();
    order.sort_by(|a, b| similarities[*b].total_cmp(&similarities[*a]).then(a.cmp(b)));
    order.truncate(GUESSES);
    let best = f64::from(similarities[order[0]]);
    let total: f64 = similarities
        .iter()
        .map(|value| (LOGIT_SCALE * (f64::from(*value) - best)).exp())
        .sum();
    Guess {
        classes: order,
        confidence: 1.0 / total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[f32; 2]]) -> Embeddings {
        Embeddings::normalised(rows.concat(), 2).expect("rows")
    }

    #[test]
    fn a_class_is_the_mean_of_its_prompts() {
        let head = Head::new(
            &rows(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [-1.0, 0.0]]),
            2,
        )
        .expect("two classes");
        let guesses = classify(&rows(&[[1.0, 1.0], [-1.0, 0.1]]), &[0, 1], &head).expect("scored");
        assert_eq!(guesses[0].classes, [0, 1]);
        assert_eq!(guesses[1].classes, [1, 0]);
        assert!(guesses[0].confidence > 0.99);
    }

    #[test]
    fn equal_similarities_rank_by_lower_class() {
        let head =
            Head::new(&rows(&[[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), 1).expect("three classes");
        let guesses = classify(&rows(&[[0.0, 1.0]]), &[1], &head).expect("scored");
        assert_eq!(guesses[0].classes, [0, 1, 2]);
        assert!((guesses[0].confidence - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_label_beyond_the_classes_is_named() {
        let head = Head::new(&rows(&[[0.0, 1.0]]), 1).expect("a class");
        let error =
            classify(&rows(&[[0.0, 1.0], [1.0, 0.0]]), &[0, 1], &head).expect_err("one class");
        assert_eq!(
            error,
            ClassifyError::Label {
                sample: 1,
                label: 1,
                classes: 1
            }
        );
    }
}
