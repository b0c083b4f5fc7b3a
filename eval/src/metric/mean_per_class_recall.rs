//! Mean per-class recall: accuracy of each class that is there, averaged over classes.

use super::{Answers, Statistic};

/// `mean_per_class_recall`; scikit-learn's balanced accuracy is the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeanPerClassRecall {
    labels: Vec<u32>,
    hits: Vec<bool>,
    classes: usize,
}

impl MeanPerClassRecall {
    /// Looks at the first guess of every sample.
    #[must_use]
    pub fn new(answers: &Answers) -> Self {
        let hit = |(guess, label): (u32, &u32)| guess == *label;
        Self {
            labels: answers.labels().to_vec(),
            hits: answers.best().zip(answers.labels()).map(hit).collect(),
            classes: answers.classes(),
        }
    }

    /// Recall of every class over `rows`; none of one that no row has.
    #[must_use]
    pub fn of_classes(&self, rows: &[u32]) -> Vec<Option<f64>> {
        let mut classes = vec![(0_u64, 0_u64); self.classes];
        for &row in rows {
            let (right, all) = &mut classes[self.labels[row as usize] as usize];
            *all += 1;
            *right += u64::from(self.hits[row as usize]);
        }
        let recall = |(right, all): (u64, u64)| (all > 0).then(|| right as f64 / all as f64);
        classes.into_iter().map(recall).collect()
    }
}

impl Statistic for MeanPerClassRecall {
    fn rows(&self) -> usize {
        self.labels.len()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let present: Vec<f64> = self.of_classes(rows).into_iter().flatten().collect();
        present.iter().sum::<f64>() / present.len() as f64
    }

    /// A hit counts the more the smaller its class is.
    fn contributions(&self) -> Option<Vec<f64>> {
        let mut sizes = vec![0_usize; self.classes];
        for label in &self.labels {
            sizes[*label as usize] += 1;
        }
        let present = sizes.iter().filter(|size| **size > 0).count();
        let weight = |label: u32| self.rows() as f64 / (present * sizes[label as usize]) as f64;
        let rows = self.labels.iter().zip(&self.hits);
        Some(
            rows.map(|(label, hit)| if *hit { weight(*label) } else { 0.0 })
                .collect(),
        )
    }

    fn chance(&self) -> f64 {
        1.0 / self.classes as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_answer;
    use proptest::prelude::*;

    fn of(guesses: &[usize], labels: &[usize]) -> MeanPerClassRecall {
        let rows = guesses.iter().map(std::slice::from_ref);
        MeanPerClassRecall::new(&Answers::new(rows, labels, 4).expect("answers"))
    }

    #[test]
    fn every_class_counts_the_same_however_large() {
        assert_eq!(of(&[0, 0, 0, 0], &[0, 0, 0, 1]).whole(), 0.5);
    }

    #[test]
    fn classes_without_a_sample_are_absent() {
        let recall = of(&[2, 1, 0], &[2, 2, 0]);
        assert_eq!(
            recall.of_classes(&[0, 1, 2]),
            [Some(1.0), None, Some(0.5), None]
        );
        assert_eq!(recall.whole(), 0.75);
        assert_eq!(recall.value(&[0, 0, 1]), 2.0 / 3.0);
        assert!(recall.value(&[]).is_nan());
    }

    proptest! {
        #[test]
        fn contributions_have_the_metric_as_their_mean(
            rows in prop::collection::vec((0_usize..4, 0_usize..4), 1..30),
        ) {
            let (guesses, labels): (Vec<usize>, Vec<usize>) = rows.into_iter().unzip();
            let recall = of(&guesses, &labels);
            let added = recall.contributions().expect("a mean");
            let mean = added.iter().sum::<f64>() / added.len() as f64;
            prop_assert!((mean - recall.whole()).abs() < 1e-12);
        }

        #[test]
        fn chance_is_the_mean_over_every_answer(labels in prop::collection::vec(0_usize..3, 1..5)) {
            let values = every_answer(labels.len(), 4).map(|guesses| of(&guesses, &labels).whole());
            let values: Vec<f64> = values.collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((mean - of(&labels, &labels).chance()).abs() < 1e-12);
        }
    }
}
