//! Macro F1: the harmonic mean of precision and recall of each class that is there, averaged over classes.

use std::collections::BTreeMap;

use super::{Answers, Statistic, binomial};

/// `f1_macro`, as WILDS takes it of iWildCam and DataComp after it: over the classes that are labels.
///
/// A class that is guessed but is no sample's label is not averaged, unlike in scikit-learn's default, which
/// counts it as 0; such a guess lowers the recall of the class it should have been. A class that is never
/// guessed has an F1 of 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct F1Macro {
    labels: Vec<u32>,
    guesses: Vec<u32>,
    classes: usize,
}

/// Samples of one class.
#[derive(Clone, Copy, Default)]
struct Counts {
    labelled: u64,
    guessed: u64,
    both: u64,
}

impl F1Macro {
    /// Looks at the first guess of every sample.
    #[must_use]
    pub fn new(answers: &Answers) -> Self {
        Self {
            labels: answers.labels().to_vec(),
            guesses: answers.best().collect(),
            classes: answers.classes(),
        }
    }
}

impl Statistic for F1Macro {
    fn rows(&self) -> usize {
        self.labels.len()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let mut classes = vec![Counts::default(); self.classes];
        for &row in rows {
            let (label, guess) = (self.labels[row as usize], self.guesses[row as usize]);
            classes[label as usize].labelled += 1;
            classes[guess as usize].guessed += 1;
            classes[label as usize].both += u64::from(label == guess);
        }
        let present = classes.iter().filter(|class| class.labelled > 0);
        let f1 = |class: &Counts| 2.0 * class.both as f64 / (class.labelled + class.guessed) as f64;
        let f1: Vec<f64> = present.map(f1).collect();
        f1.iter().sum::<f64>() / f1.len() as f64
    }

    /// Exact for guesses that are drawn from all classes alike: of m guesses of a class with n of N samples,
    /// m · n / N are right on average, and m is binomial.
    fn chance(&self) -> f64 {
        let mut sizes: BTreeMap<u32, u64> = BTreeMap::new();
        for label in &self.labels {
            *sizes.entry(*label).or_default() += 1;
        }
        let mut classes_of_size: BTreeMap<u64, u64> = BTreeMap::new();
        for size in sizes.values() {
            *classes_of_size.entry(*size).or_default() += 1;
        }
        let rows = self.rows() as f64;
        let guessed = binomial::probabilities(self.rows(), 1.0 / self.classes as f64);
        let of_size = |size: u64| -> f64 {
            let f1 = |(m, p): (usize, &f64)| p * 2.0 * m as f64 / (size as f64 + m as f64);
            guessed.iter().enumerate().map(f1).sum::<f64>() * size as f64 / rows
        };
        let total: f64 = classes_of_size
            .iter()
            .map(|(size, classes)| of_size(*size) * *classes as f64)
            .sum();
        total / sizes.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_answer;
    use proptest::prelude::*;

    fn of(guesses: &[usize], labels: &[usize], classes: usize) -> F1Macro {
        let rows = guesses.iter().map(std::slice::from_ref);
        F1Macro::new(&Answers::new(rows, labels, classes).expect("answers"))
    }

    #[test]
    fn a_class_that_is_only_guessed_is_not_averaged() {
        // Class 0: precision 1, recall 1/2; class 1: both 1; class 2 is guessed once, for a sample of class 0.
        let f1 = of(&[0, 2, 1], &[0, 0, 1], 3).whole();
        assert!((f1 - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-15, "{f1}");
    }

    #[test]
    fn a_class_that_is_never_guessed_counts_as_zero() {
        assert!((of(&[0, 0], &[0, 1], 2).whole() - 1.0 / 3.0).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn all_right_is_one_and_all_wrong_is_zero(labels in prop::collection::vec(0_usize..5, 1..30)) {
            prop_assert_eq!(of(&labels, &labels, 5).whole(), 1.0);
            let wrong: Vec<usize> = labels.iter().map(|label| (label + 1) % 5).collect();
            prop_assert_eq!(of(&wrong, &labels, 5).whole(), 0.0);
        }

        #[test]
        fn chance_is_the_mean_over_every_answer(
            labels in prop::collection::vec(0_usize..3, 1..6),
            classes in 3_usize..5,
        ) {
            let values = every_answer(labels.len(), classes).map(|guesses| of(&guesses, &labels, classes).whole());
            let values: Vec<f64> = values.collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((mean - of(&labels, &labels, classes).chance()).abs() < 1e-12);
        }
    }

    #[test]
    fn guessing_among_182_classes_is_worth_about_one_percent_at_most() {
        // Shape of iWildCam: one class has a third of the samples.
        let labels: Vec<usize> = (0..42_791_usize)
            .map(|row| if row % 3 == 0 { 0 } else { row % 100 })
            .collect();
        let chance = of(&labels, &labels, 182).chance();
        assert!(chance < 2.0 / 182.0 && chance > 0.004, "{chance}");
    }
}
