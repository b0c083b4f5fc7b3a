//! Accuracy: the share of samples whose label is the first guess, or among the first k.

use super::{Answers, MetricError, Statistic};

/// `acc1`, `acc5`, or accuracy among any number of guesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accuracy {
    hits: Vec<bool>,
    k: usize,
    classes: usize,
}

impl Accuracy {
    /// Whether every sample's label is among its first `k` guesses; none where there are fewer than `k` classes,
    /// as CLIP_benchmark has no top-5 accuracy of four classes.
    ///
    /// # Errors
    /// [`MetricError::Depth`] when `k` is 0 or a sample has fewer guesses.
    pub fn at(answers: &Answers, k: usize) -> Result<Option<Self>, MetricError> {
        if answers.classes() < k {
            return Ok(None);
        }
        answers.deep_enough(k)?;
        let hit = |(row, label)| answers.guesses(row)[..k].contains(label);
        Ok(Some(Self {
            hits: answers.labels().iter().enumerate().map(hit).collect(),
            k,
            classes: answers.classes(),
        }))
    }

    /// Whether every sample's label is its first guess.
    #[must_use]
    pub fn first(answers: &Answers) -> Self {
        let hit = |(guess, label): (u32, &u32)| guess == *label;
        Self {
            hits: answers.best().zip(answers.labels()).map(hit).collect(),
            k: 1,
            classes: answers.classes(),
        }
    }

    /// Whether each sample is answered right.
    #[must_use]
    pub fn hits(&self) -> &[bool] {
        &self.hits
    }
}

impl Statistic for Accuracy {
    fn rows(&self) -> usize {
        self.hits.len()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let right = rows.iter().filter(|row| self.hits[**row as usize]);
        right.count() as f64 / rows.len() as f64
    }

    fn contributions(&self) -> Option<Vec<f64>> {
        Some(
            self.hits
                .iter()
                .map(|hit| f64::from(u8::from(*hit)))
                .collect(),
        )
    }

    /// k of the classes, drawn at random, hold the label, whatever the labels are.
    fn chance(&self) -> f64 {
        self.k as f64 / self.classes as f64
    }
}

/// Expected accuracy of guessing each class as often as it is a label: Σ p².
///
/// This, not one over the number of classes, is the random score that DataComp gives for tasks of accuracy.
///
/// # Shapes
/// labels `[samples]`.
///
/// # Errors
/// [`MetricError::Empty`] without a label.
pub fn chance_by_frequency(labels: &[usize]) -> Result<f64, MetricError> {
    let classes = labels.iter().max().ok_or(MetricError::Empty)? + 1;
    let mut sizes = vec![0_u64; classes];
    for label in labels {
        sizes[*label] += 1;
    }
    let share = |size: &u64| (*size as f64 / labels.len() as f64).powi(2);
    Ok(sizes.iter().map(share).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_answer;
    use proptest::prelude::*;

    #[test]
    fn there_is_no_top_5_of_four_classes() {
        let answers = Answers::new([&[3, 1, 0, 2][..]], &[2], 4).expect("an answer");
        assert_eq!(Accuracy::at(&answers, 5), Ok(None));
        let four = Accuracy::at(&answers, 4)
            .expect("deep enough")
            .expect("four classes");
        assert_eq!(four.whole(), 1.0);
        let error = Accuracy::at(&answers, 0).expect_err("nothing is looked at");
        assert_eq!(
            error,
            MetricError::Depth {
                row: 0,
                guesses: 4,
                k: 0
            }
        );
    }

    #[test]
    fn guesses_that_are_not_there_are_no_misses() {
        let answers = Answers::new([&[3, 1][..]], &[2], 6).expect("an answer");
        let error = Accuracy::at(&answers, 5).expect_err("two guesses");
        assert_eq!(
            error,
            MetricError::Depth {
                row: 0,
                guesses: 2,
                k: 5
            }
        );
    }

    proptest! {
        #[test]
        fn chance_is_the_mean_over_every_answer(labels in prop::collection::vec(0_usize..3, 1..5)) {
            let values = every_answer(labels.len(), 3).map(|guesses| {
                let rows = guesses.iter().map(std::slice::from_ref);
                let accuracy = Accuracy::first(&Answers::new(rows, &labels, 3).expect("answers"));
                (accuracy.whole(), accuracy.chance())
            });
            let (values, chances): (Vec<f64>, Vec<f64>) = values.unzip();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((mean - chances[0]).abs() < 1e-12);
        }
    }

    #[test]
    fn random_scores_of_datacomp_are_guesses_by_frequency() {
        // Test images of every class of MNIST and of SVHN, digits 0 to 9; DataComp's list has 0.100377 and 0.117851.
        let mnist = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
        let svhn = [1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595];
        for (sizes, published) in [(mnist, 0.1004), (svhn, 0.1179)] {
            let digits = sizes.iter().enumerate();
            let labels: Vec<usize> = digits.flat_map(|(digit, n)| vec![digit; *n]).collect();
            let chance = chance_by_frequency(&labels).expect("labels");
            assert!((chance - published).abs() < 5e-5, "{chance}");
        }
    }
}
