//! A fitted probe: one row of weights and a bias a class, and what it says of features.

use rayon::prelude::*;

use super::product::{Matrix, multiply};
use super::samples::{Chosen, ProbeError, Set};
use super::softmax;
use crate::classify::{GUESSES, Guess};
use crate::embeddings::Embeddings;

/// Rows whose logits are one product.
const BLOCK: usize = 256;

/// A linear classifier of features.
///
/// A class that had no training sample has no weights: the loss only falls as its bias goes to −∞, so
/// that limit is taken. It has probability 0 and ranks behind
/// all others, where fewer than five classes are left to guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub(super) classes: usize,
    /// Classes that had a sample, ascending.
    pub(super) present: Vec<usize>,
    /// Subtracted from features, `[dim]`.
    pub(super) mean: Vec<f32>,
    /// `[present, dim]`.
    pub(super) weights: Vec<f32>,
    /// For features without the mean, `[present]`.
    pub(super) bias: Vec<f32>,
}

impl Probe {
    /// Number of classes, with and without training samples.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Values in a row of features.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Classes without a training sample.
    #[must_use]
    pub fn absent(&self) -> Vec<usize> {
        let absent = |class: &usize| self.present.binary_search(class).is_err();
        (0..self.classes).filter(absent).collect()
    }

    /// Weights `[dim]` and bias of a class; none of one without a training sample.
    #[must_use]
    pub fn class(&self, class: usize) -> Option<(&[f32], f64)> {
        let at = self.present.binary_search(&class).ok()?;
        let weights = &self.weights[at * self.dim()..(at + 1) * self.dim()];
        let moved = weights.iter().zip(&self.mean);
        let moved: f64 = moved.map(|(w, m)| f64::from(*w) * f64::from(*m)).sum();
        Some((weights, f64::from(self.bias[at]) - moved))
    }

    /// Every row's probabilities, row-major `[rows, classes]`.
    ///
    /// # Errors
    /// [`ProbeError::Width`] when the features have another width than the probe.
    pub fn probabilities(&self, features: &Embeddings) -> Result<Vec<f32>, ProbeError> {
        self.check(features)?;
        let rows = self.answers(
            features.rows(),
            |row| features.row(row),
            |_, logits| {
                softmax::shares(logits);
                let mut all = vec![0.0; self.classes];
                for (class, share) in self.present.iter().zip(logits) {
                    all[*class] = *share;
                }
                all
            },
        );
        Ok(rows.concat())
    }

    /// Up to five classes for every row, the best first; equal logits rank by lower class. The
    /// confidence is the first's probability.
    ///
    /// # Errors
    /// [`ProbeError::Width`] when the features have another width than the probe.
    pub fn guesses(&self, features: &Embeddings) -> Result<Vec<Guess>, ProbeError> {
        self.check(features)?;
        let absent = self.absent();
        let guess = |_: usize, logits: &mut [f32]| {
            let mut classes: Vec<usize> = best(logits).map(|at| self.present[at]).collect();
            classes.extend(absent.iter().take(GUESSES - classes.len()));
            softmax::shares(logits);
            let confidence = f64::from(logits.iter().copied().fold(0.0, f32::max));
            Guess {
                classes,
                above: Vec::new(),
                confidence,
            }
        };
        Ok(self.answers(features.rows(), |row| features.row(row), guess))
    }

    /// Share of chosen samples whose best guess is their label, and the mean of their cross-entropies.
    pub(super) fn measure(&self, (samples, rows): Chosen<'_>) -> (f64, f64) {
        let measured = self.answers(
            rows.len(),
            |at| samples.features.row(rows[at]),
            |at, logits| {
                let label = self.present.binary_search(&samples.labels[rows[at]]).ok();
                let hit = best(logits).next() == label && label.is_some();
                let loss = label.map_or(f64::INFINITY, |label| softmax::residuals(logits, label));
                (hit, loss)
            },
        );
        let hits = measured.iter().filter(|(hit, _)| *hit).count();
        let loss: f64 = measured.iter().map(|(_, loss)| loss).sum();
        (hits as f64 / rows.len() as f64, loss / rows.len() as f64)
    }

    fn check(&self, features: &Embeddings) -> Result<(), ProbeError> {
        if features.dim() == self.dim() {
            return Ok(());
        }
        Err(ProbeError::Width {
            set: Set::Test,
            width: features.dim(),
            training: self.dim(),
        })
    }

    /// What `answer` makes of the logits of each of `rows` rows, in their order.
    fn answers<'f, T: Send>(
        &self,
        rows: usize,
        features: impl Fn(usize) -> &'f [f32] + Sync,
        answer: impl Fn(usize, &mut [f32]) -> T + Sync,
    ) -> Vec<T> {
        let weights = Matrix::new(&self.weights, self.dim()).transposed();
        let blocks: Vec<Vec<T>> = (0..rows.div_ceil(BLOCK))
            .into_par_iter()
            .map(|block| {
                let rows = block * BLOCK..rows.min((block + 1) * BLOCK);
                let mut values = Vec::with_capacity(rows.len() * self.dim());
                for row in rows.clone() {
                    let features = features(row).iter().zip(&self.mean);
                    values.extend(features.map(|(value, mean)| value - mean));
                }
                let mut logits = vec![0.0; rows.len() * self.bias.len()];
                multiply(&mut logits, Matrix::new(&values, self.dim()), weights);
                let logits = logits.chunks_exact_mut(self.bias.len());
                rows.zip(logits)
                    .map(|(row, logits)| {
                        for (logit, bias) in logits.iter_mut().zip(&self.bias) {
                            *logit += bias;
                        }
                        answer(row, logits)
                    })
                    .collect()
            })
            .collect();
        blocks.into_iter().flatten().collect()
    }
}

/// Indices of up to five greatest logits, the greatest first; equal ones by lower index.
fn best(logits: &[f32]) -> impl Iterator<Item = usize> {
    let mut best: Vec<usize> = Vec::with_capacity(GUESSES + 1);
    for (at, logit) in logits.iter().enumerate() {
        if best.len() == GUESSES && *logit <= logits[best[GUESSES - 1]] {
            continue;
        }
        let place = best.partition_point(|other| logits[*other] >= *logit);
        best.insert(place, at);
        best.truncate(GUESSES);
    }
    best.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Samples;

    /// Classes 1, 2 and 4 of 6; features of two values.
    fn probe() -> Probe {
        Probe {
            classes: 6,
            present: vec![1, 2, 4],
            mean: vec![0.5, 0.0],
            weights: vec![1.0, 0.0, 0.0, 1.0, 1.0, 0.0],
            bias: vec![0.0, 0.5, 0.0],
        }
    }

    fn features() -> Embeddings {
        Embeddings::new(vec![1.0, 0.0, 0.0, 1.0], 2).expect("unit rows")
    }

    #[test]
    fn equal_logits_rank_by_lower_class_and_absent_classes_last() {
        let guesses = probe().guesses(&features()).expect("the same width");
        assert_eq!(guesses[0].classes, [1, 2, 4, 0, 3]);
        assert_eq!(guesses[1].classes, [2, 1, 4, 0, 3]);
        assert!((guesses[0].confidence - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(probe().absent(), [0, 3, 5]);
    }

    #[test]
    fn the_best_five_of_many_are_found_in_order() {
        let logits = [2.0, 9.0, 4.0, 9.0, 1.0, 4.0, 4.0, 8.0, 9.0];
        assert_eq!(best(&logits).collect::<Vec<_>>(), [1, 3, 8, 7, 2]);
    }

    #[test]
    fn probabilities_stand_in_their_class_and_add_up_to_one() {
        let rows = probe().probabilities(&features()).expect("the same width");
        assert_eq!((rows[0], rows[3], rows[5]), (0.0, 0.0, 0.0));
        assert!((rows[6..].iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((rows[6 + 1] / rows[6 + 2] - (-2.0_f32).exp()).abs() < 1e-6);
    }

    #[test]
    fn the_bias_is_that_of_features_with_their_mean() {
        let probe = probe();
        assert_eq!(probe.class(4), Some((&[1.0, 0.0][..], -0.5)));
        assert_eq!(probe.class(3), None);
    }

    #[test]
    fn a_label_that_was_never_seen_is_a_miss_of_infinite_loss() {
        let features = features();
        let measure =
            |labels: &[usize]| probe().measure((Samples::new(&features, labels), &[0, 1]));
        assert_eq!(measure(&[1, 3]), (0.5, f64::INFINITY));
        let (accuracy, loss) = measure(&[1, 2]);
        let expected = (3.0_f64.ln() + (1.0 + 2.0 * (-2.0_f64).exp()).ln()) / 2.0;
        assert!(accuracy == 1.0 && (loss - expected).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn features_of_another_width_are_refused() {
        let wide = Embeddings::new(vec![1.0, 0.0, 0.0], 3).expect("a row");
        let error = probe().guesses(&wide).expect_err("another width");
        let expected = ProbeError::Width {
            set: Set::Test,
            width: 3,
            training: 2,
        };
        assert_eq!(error, expected);
    }
}
