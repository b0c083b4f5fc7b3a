//! Answers to a classification: every sample's label and its guesses, checked once.

use rayon::prelude::*;

use super::{MetricError, ranking};

/// Labels and ranked guesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    labels: Vec<u32>,
    /// Row-major `[rows, depth]`, best first.
    guesses: Vec<u32>,
    depth: usize,
    /// A row that has no more than `depth` guesses.
    shallowest: usize,
    classes: usize,
}

impl Answers {
    /// Takes guesses as they are ranked. Rows may differ in depth; what all rows have is kept.
    ///
    /// # Shapes
    /// guesses `[samples][≥ 1]`, best first, each class once; labels `[samples]`.
    ///
    /// # Errors
    /// [`MetricError`] naming the row whose label or guess is no class, or that has no guess.
    pub fn new<'a>(
        guesses: impl IntoIterator<Item = &'a [usize]>,
        labels: &[usize],
        classes: usize,
    ) -> Result<Self, MetricError> {
        let guesses: Vec<&[usize]> = guesses.into_iter().collect();
        let labels = checked_labels(labels, guesses.len(), classes)?;
        let depths = guesses.iter().map(|guesses| guesses.len()).enumerate();
        let (shallowest, depth) = depths
            .min_by_key(|(row, depth)| (*depth, *row))
            .ok_or(MetricError::Empty)?;
        let mut seen_in = vec![None; classes];
        let mut kept = Vec::with_capacity(guesses.len() * depth);
        for (row, guesses) in guesses.into_iter().enumerate() {
            for &guess in guesses {
                let seen = seen_in.get_mut(guess).ok_or(MetricError::Guess {
                    row,
                    guess,
                    classes,
                })?;
                if seen.replace(row) == Some(row) {
                    return Err(MetricError::GuessTwice { row, guess });
                }
            }
            kept.extend(guesses[..depth].iter().map(|guess| *guess as u32));
        }
        let answers = Self {
            labels,
            guesses: kept,
            depth,
            shallowest,
            classes,
        };
        answers.deep_enough(1)?;
        Ok(answers)
    }

    /// Ranks the classes of every sample by score and keeps the first `depth`.
    ///
    /// # Shapes
    /// scores `[samples, classes]`, row-major; labels `[samples]`.
    ///
    /// # Errors
    /// [`MetricError`] naming the row whose score is not finite or whose label is no class.
    pub fn of_scores(
        scores: &[f32],
        labels: &[usize],
        classes: usize,
        depth: usize,
    ) -> Result<Self, MetricError> {
        let labels = checked_labels(labels, labels.len(), classes)?;
        if labels.len().checked_mul(classes) != Some(scores.len()) {
            return Err(MetricError::Shape {
                what: "scores",
                values: scores.len(),
                rows: labels.len(),
                columns: classes,
            });
        }
        ranking::finite(scores, classes)?;
        let depth = depth.min(classes);
        let ranked: Vec<Vec<usize>> = scores
            .par_chunks_exact(classes)
            .map(|row| ranking::first(row, depth))
            .collect();
        let answers = Self {
            labels,
            guesses: ranked.iter().flatten().map(|guess| *guess as u32).collect(),
            depth,
            shallowest: 0,
            classes,
        };
        answers.deep_enough(1)?;
        Ok(answers)
    }

    /// Number of samples.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Number of classes there are to guess.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The class of every sample.
    #[must_use]
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The best guess of every sample.
    pub fn best(&self) -> impl Iterator<Item = u32> + '_ {
        self.guesses.iter().step_by(self.depth).copied()
    }

    /// The first guesses of a sample, best first.
    #[must_use]
    pub fn guesses(&self, row: usize) -> &[u32] {
        &self.guesses[row * self.depth..][..self.depth]
    }

    /// Refuses to look at more guesses than every sample has.
    pub(super) fn deep_enough(&self, k: usize) -> Result<(), MetricError> {
        if (1..=self.depth).contains(&k) {
            return Ok(());
        }
        Err(MetricError::Depth {
            row: self.shallowest,
            guesses: self.depth,
            k,
        })
    }
}

fn checked_labels(labels: &[usize], rows: usize, classes: usize) -> Result<Vec<u32>, MetricError> {
    if labels.len() != rows {
        return Err(MetricError::Length {
            what: "labels",
            found: labels.len(),
            rows,
        });
    }
    if rows == 0 {
        return Err(MetricError::Empty);
    }
    match labels.iter().position(|label| *label >= classes) {
        None => Ok(labels.iter().map(|label| *label as u32).collect()),
        Some(row) => Err(MetricError::Label {
            row,
            label: labels[row],
            classes,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(guesses: &[&[usize]], labels: &[usize], classes: usize) -> Result<Answers, MetricError> {
        Answers::new(guesses.iter().copied(), labels, classes)
    }

    #[test]
    fn scores_and_their_ranking_are_the_same_answers() {
        let by_score = Answers::of_scores(&[0.1, 0.5, 0.5, 0.9, -0.2, 0.3], &[1, 2], 3, 3);
        let by_rank = of(&[&[1, 2, 0], &[0, 2, 1]], &[1, 2], 3);
        assert_eq!(by_score.expect("scored"), by_rank.expect("ranked"));
    }

    #[test]
    fn rows_that_differ_in_depth_keep_what_all_have() {
        let answers = of(&[&[2, 1, 0], &[1, 0]], &[0, 1], 3).expect("two guesses each");
        assert_eq!(
            (answers.guesses(0), answers.guesses(1)),
            (&[2, 1][..], &[1, 0][..])
        );
        let error = answers.deep_enough(3).expect_err("row 1 has two");
        let (row, guesses, k) = (1, 2, 3);
        assert_eq!(error, MetricError::Depth { row, guesses, k });
    }

    #[test]
    fn what_cannot_be_measured_names_the_row() {
        let classes = 2;
        let cases = [
            (of(&[], &[], classes), MetricError::Empty),
            (
                of(&[&[0]], &[0, 1], classes),
                MetricError::Length {
                    what: "labels",
                    found: 2,
                    rows: 1,
                },
            ),
            (
                of(&[&[0], &[1]], &[0, 2], classes),
                MetricError::Label {
                    row: 1,
                    label: 2,
                    classes,
                },
            ),
            (
                of(&[&[0], &[1, 4]], &[0, 1], classes),
                MetricError::Guess {
                    row: 1,
                    guess: 4,
                    classes,
                },
            ),
            (
                of(&[&[0, 1], &[1, 1]], &[0, 1], classes),
                MetricError::GuessTwice { row: 1, guess: 1 },
            ),
            (
                of(&[&[0], &[]], &[0, 1], classes),
                MetricError::Depth {
                    row: 1,
                    guesses: 0,
                    k: 1,
                },
            ),
            (
                Answers::of_scores(&[0.0, 1.0, f32::INFINITY, 0.0], &[0, 1], classes, 1),
                MetricError::NotFinite {
                    row: 1,
                    column: 0,
                    value: f32::INFINITY,
                },
            ),
            (
                Answers::of_scores(&[0.0, 1.0, 2.0], &[0, 1], classes, 1),
                MetricError::Shape {
                    what: "scores",
                    values: 3,
                    rows: 2,
                    columns: 2,
                },
            ),
            (
                Answers::of_scores(&[0.0, 1.0], &[0], classes, 0),
                MetricError::Depth {
                    row: 0,
                    guesses: 0,
                    k: 1,
                },
            ),
        ];
        for (answers, error) in cases {
            assert_eq!(answers, Err(error));
        }
    }

    #[test]
    fn a_score_that_is_no_number_is_an_error() {
        let error = Answers::of_scores(&[0.0, 1.0, 0.5, f32::NAN], &[0, 1], 2, 1)
            .expect_err("not a number");
        assert_eq!(
            error.to_string(),
            "row 1 has a score of NaN in column 1, which is no finite number"
        );
    }

    #[test]
    fn one_class_can_be_measured() {
        let answers = Answers::of_scores(&[0.3, -0.5], &[0, 0], 1, 5).expect("one class");
        assert_eq!(
            (answers.guesses(0), answers.guesses(1)),
            (&[0][..], &[0][..])
        );
    }
}
