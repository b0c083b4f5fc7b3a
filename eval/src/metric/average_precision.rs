//! Mean average precision of a multi-label task: how far up each class's samples are when ranked by its score.

use rayon::prelude::*;

use super::{MetricError, Statistic, ranking};

/// `mean_average_precision`, as CLIP_benchmark takes it of Pascal VOC's multi-label set: of every class the mean,
/// over its samples, of the precision at the place where the sample is ranked (no interpolation), averaged over
/// classes. Equal scores rank by lower row.
///
/// A class that no sample has counts as 0, as in CLIP_benchmark; [`Self::of_classes`] tells which these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeanAveragePrecision {
    classes: Vec<Ranked>,
    rows: usize,
}

/// Samples in the order of one class's score.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranked {
    order: Vec<u32>,
    /// Whether the class is in the sample at each place.
    truth: Vec<bool>,
    positives: usize,
}

impl MeanAveragePrecision {
    /// Ranks the samples by every class's score.
    ///
    /// # Shapes
    /// scores `[samples, classes]` and truth `[samples, classes]`, row-major.
    ///
    /// # Errors
    /// [`MetricError`] naming the row and column of a score that is not finite, or the matrix that does not fit.
    pub fn new(scores: &[f32], truth: &[bool], classes: usize) -> Result<Self, MetricError> {
        if scores.is_empty() || classes == 0 {
            return Err(MetricError::Empty);
        }
        let rows = scores.len() / classes;
        for (what, values) in [("scores", scores.len()), ("labels", truth.len())] {
            if values != rows * classes {
                return Err(MetricError::Shape {
                    what,
                    values,
                    rows,
                    columns: classes,
                });
            }
        }
        ranking::finite(scores, classes)?;
        let ranked = |class| {
            let column: Vec<f32> = scores
                .iter()
                .skip(class)
                .step_by(classes)
                .copied()
                .collect();
            let order = ranking::first(&column, rows);
            let truth: Vec<bool> = order
                .iter()
                .map(|row| truth[row * classes + class])
                .collect();
            Ranked {
                order: order.into_iter().map(|row| row as u32).collect(),
                positives: truth.iter().filter(|positive| **positive).count(),
                truth,
            }
        };
        Ok(Self {
            classes: (0..classes).into_par_iter().map(ranked).collect(),
            rows,
        })
    }

    /// Average precision of every class; none of one that no sample has.
    #[must_use]
    pub fn of_classes(&self) -> Vec<Option<f64>> {
        let once = vec![1; self.rows];
        self.classes
            .iter()
            .map(|class| class.average_precision(&once))
            .collect()
    }
}

impl Statistic for MeanAveragePrecision {
    fn rows(&self) -> usize {
        self.rows
    }

    /// A class that no sample of the whole set has counts as 0; one that is merely not among `rows` is left out,
    /// so that resampling by itself lowers nothing.
    fn value(&self, rows: &[u32]) -> f64 {
        if rows.is_empty() {
            return f64::NAN;
        }
        let mut times = vec![0_u32; self.rows];
        for &row in rows {
            times[row as usize] += 1;
        }
        let found: Vec<f64> = self
            .classes
            .iter()
            .filter_map(|class| class.average_precision(&times))
            .collect();
        let never = self
            .classes
            .iter()
            .filter(|class| class.positives == 0)
            .count();
        found.iter().sum::<f64>() / (found.len() + never) as f64
    }

    /// Exact for an order drawn at random: a class with r of n samples has
    /// (Hₙ + (n − Hₙ) (r − 1) / (n − 1)) / n on average, Hₙ = 1 + 1/2 + … + 1/n.
    fn chance(&self) -> f64 {
        let n = self.rows as f64;
        let harmonic: f64 = (1..=self.rows).map(|place| 1.0 / place as f64).sum();
        let of_class = |class: &Ranked| match class.positives {
            0 => 0.0,
            1 => harmonic / n,
            r => (harmonic + (n - harmonic) * (r as f64 - 1.0) / (n - 1.0)) / n,
        };
        self.classes.iter().map(of_class).sum::<f64>() / self.classes.len() as f64
    }
}

impl Ranked {
    /// Average precision when every row is there as often as `times` says; none without a row of the class.
    fn average_precision(&self, times: &[u32]) -> Option<f64> {
        let (mut right, mut seen, mut precisions) = (0_u64, 0_u64, 0.0);
        for (row, positive) in self.order.iter().zip(&self.truth) {
            let times = u64::from(times[*row as usize]);
            if *positive {
                // The same sample drawn twice stands at two places.
                for copy in 1..=times {
                    precisions += (right + copy) as f64 / (seen + copy) as f64;
                }
                right += times;
            }
            seen += times;
        }
        (right > 0).then(|| precisions / right as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_order;
    use proptest::prelude::*;

    #[test]
    fn precision_is_taken_where_the_class_is() {
        // In the order of the score: yes, no, yes, no.
        let precision =
            MeanAveragePrecision::new(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false], 1);
        assert_eq!(precision.expect("ranked").whole(), (1.0 + 2.0 / 3.0) / 2.0);
    }

    #[test]
    fn a_class_that_no_sample_has_counts_as_zero_and_is_told() {
        let scores = [0.9, 0.1, 0.2, 0.8];
        let precision =
            MeanAveragePrecision::new(&scores, &[true, false, false, false], 2).expect("ranked");
        assert_eq!(precision.of_classes(), [Some(1.0), None]);
        assert_eq!(precision.whole(), 0.5);
        assert_eq!(precision.value(&[1, 1]), 0.0);
        assert!(precision.value(&[]).is_nan());
    }

    #[test]
    fn a_class_that_a_sample_of_rows_lacks_is_left_out() {
        let truth = [true, false, true, true];
        let precision =
            MeanAveragePrecision::new(&[0.9, 0.1, 0.8, 0.2], &truth, 2).expect("ranked");
        assert_eq!(precision.value(&[0]), 1.0);
    }

    #[test]
    fn what_cannot_be_ranked_is_named() {
        let error = MeanAveragePrecision::new(&[0.0, 1.0, 2.0, f32::NEG_INFINITY], &[false; 4], 2);
        let (row, column, value) = (1, 1, f32::NEG_INFINITY);
        assert_eq!(error, Err(MetricError::NotFinite { row, column, value }));
        let error =
            MeanAveragePrecision::new(&[0.0; 4], &[false; 3], 2).expect_err("a label is missing");
        assert_eq!(
            error.to_string(),
            "3 labels are not a matrix of 2 rows and 2 columns"
        );
        assert_eq!(
            MeanAveragePrecision::new(&[], &[], 2),
            Err(MetricError::Empty)
        );
        assert_eq!(
            MeanAveragePrecision::new(&[0.0], &[true], 0),
            Err(MetricError::Empty)
        );
    }

    /// A score and whether the class is there.
    type Entry = (i8, bool);

    proptest! {
        #[test]
        fn rows_drawn_twice_count_as_rows_that_are_there_twice(
            rows in prop::collection::vec(((0_i8..4, any::<bool>()), (0_i8..4, any::<bool>())), 1..12),
            drawn in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
        ) {
            let flat = |rows: &[(Entry, Entry)]| {
                let scores: Vec<f32> = rows.iter().flat_map(|(a, b)| [f32::from(a.0), f32::from(b.0)]).collect();
                let truth: Vec<bool> = rows.iter().flat_map(|(a, b)| [a.1, b.1]).collect();
                MeanAveragePrecision::new(&scores, &truth, 2).expect("ranked")
            };
            let mut drawn: Vec<u32> = drawn.iter().map(|index| index.index(rows.len()) as u32).collect();
            drawn.sort_unstable();
            let copied: Vec<_> = drawn.iter().map(|row| rows[*row as usize]).collect();
            let whole = flat(&rows);
            let present: Vec<f64> = flat(&copied).of_classes().into_iter().flatten().collect();
            let never = whole.of_classes().iter().filter(|class| class.is_none()).count();
            let expected = present.iter().sum::<f64>() / (present.len() + never) as f64;
            let value = whole.value(&drawn);
            prop_assert!((value - expected).abs() < 1e-12 || value.is_nan() && expected.is_nan());
        }

        #[test]
        fn chance_is_the_mean_over_every_order(truth in prop::collection::vec(any::<bool>(), 1..7)) {
            let of = |order: &[usize]| {
                let scores: Vec<f32> = order.iter().map(|place| *place as f32).collect();
                MeanAveragePrecision::new(&scores, &truth, 1).expect("ranked")
            };
            let orders = every_order(truth.len());
            let mean = orders.iter().map(|order| of(order).whole()).sum::<f64>() / orders.len() as f64;
            prop_assert!((mean - of(&orders[0]).chance()).abs() < 1e-12);
        }
    }
}
