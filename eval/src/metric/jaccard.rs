//! Jaccard index of associations: how many of a cue's images a model picks out of the candidates.

use super::{MetricError, Statistic, ranking};

/// DataComp's names for cues of some number of candidates, and the fewest and most that count.
const BUCKETS: [(&str, usize, usize); 8] = [
    ("jaccard_score", 0, usize::MAX),
    ("avg_jaccard_score", 0, usize::MAX),
    ("jaccard_score_5", 5, 5),
    ("jaccard_score_6", 6, 6),
    ("jaccard_score_10", 10, 10),
    ("jaccard_score_12", 12, 12),
    ("jaccard_score_5-6", 0, 6),
    ("jaccard_score_10-12", 10, usize::MAX),
];

/// One row of WinoGAViL: a cue and its candidate images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cue<'a> {
    /// Similarity of every candidate to the cue.
    pub similarities: &'a [f32],
    /// Whether people associate it with the cue.
    pub associated: &'a [bool],
}

/// `jaccard_score`: of every cue with k associations the k most similar candidates are picked, and
/// |picked ∩ associated| / |picked ∪ associated| is averaged over cues.
///
/// Equal similarities rank by lower candidate; DataComp's sort puts the higher one first. The score that DataComp
/// counts and publishes is `jaccard_score_10-12`, that of the cues with ten candidates or more.
#[derive(Clone, Debug, PartialEq)]
pub struct Jaccard {
    cues: Vec<Picked>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Picked {
    candidates: usize,
    associations: usize,
    right: usize,
}

impl Jaccard {
    /// Picks as many candidates of every cue as it has associations.
    ///
    /// # Errors
    /// [`MetricError`] naming the cue whose similarities cannot be ranked or that nothing is associated with.
    pub fn new<'a>(cues: impl IntoIterator<Item = Cue<'a>>) -> Result<Self, MetricError> {
        let picked = |(row, cue)| Picked::of(row, cue);
        let cues: Vec<Picked> = cues
            .into_iter()
            .enumerate()
            .map(picked)
            .collect::<Result<_, _>>()?;
        if cues.is_empty() {
            return Err(MetricError::Empty);
        }
        Ok(Self { cues })
    }

    /// Names of the scores there can be, as in DataComp.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUCKETS.iter().map(|(name, _, _)| *name)
    }

    /// The cues that count for the score of this name; none where there is no such cue or name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Self> {
        let (_, fewest, most) = BUCKETS.iter().find(|(known, _, _)| *known == name)?;
        let counts = |cue: &&Picked| (*fewest..=*most).contains(&cue.candidates);
        let cues: Vec<Picked> = self.cues.iter().filter(counts).copied().collect();
        (!cues.is_empty()).then_some(Self { cues })
    }
}

impl Statistic for Jaccard {
    fn rows(&self) -> usize {
        self.cues.len()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let total: f64 = rows
            .iter()
            .map(|row| self.cues[*row as usize].index())
            .sum();
        total / rows.len() as f64
    }

    fn contributions(&self) -> Option<Vec<f64>> {
        Some(self.cues.iter().map(Picked::index).collect())
    }

    fn chance(&self) -> f64 {
        self.cues.iter().map(Picked::chance).sum::<f64>() / self.cues.len() as f64
    }
}

impl Picked {
    fn of(row: usize, cue: Cue<'_>) -> Result<Self, MetricError> {
        if cue.similarities.len() != cue.associated.len() {
            return Err(MetricError::Candidates {
                row,
                similarities: cue.similarities.len(),
                associations: cue.associated.len(),
            });
        }
        if let Some(column) = cue.similarities.iter().position(|value| !value.is_finite()) {
            return Err(MetricError::NotFinite {
                row,
                column,
                value: cue.similarities[column],
            });
        }
        let associations = cue
            .associated
            .iter()
            .filter(|associated| **associated)
            .count();
        if associations == 0 {
            return Err(MetricError::NoAssociation { row });
        }
        let picked = ranking::first(cue.similarities, associations);
        Ok(Self {
            candidates: cue.associated.len(),
            associations,
            right: picked
                .into_iter()
                .filter(|candidate| cue.associated[*candidate])
                .count(),
        })
    }

    fn index(&self) -> f64 {
        self.right as f64 / (2 * self.associations - self.right) as f64
    }

    /// Mean of the index when the candidates are picked at random: how many are right is hypergeometric.
    fn chance(&self) -> f64 {
        let (n, k) = (self.candidates, self.associations);
        let ways = choose(n, k);
        (0..=k)
            .map(|right| {
                choose(k, right) * choose(n - k, k - right) * Self { right, ..*self }.index()
            })
            .sum::<f64>()
            / ways
    }
}

/// Number of ways to choose `k` of `n`.
fn choose(n: usize, k: usize) -> f64 {
    if k > n {
        return 0.0;
    }
    (0..k.min(n - k)).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_order;
    use proptest::prelude::*;

    fn one(similarities: &[f32], associated: &[bool]) -> Result<Jaccard, MetricError> {
        Jaccard::new([Cue {
            similarities,
            associated,
        }])
    }

    #[test]
    fn as_many_are_picked_as_are_associated() {
        let score = |similarities: &[f32]| {
            one(similarities, &[true, true, false, false])
                .expect("a cue")
                .whole()
        };
        assert_eq!(score(&[0.9, 0.8, 0.1, 0.2]), 1.0);
        assert_eq!(score(&[0.9, 0.1, 0.8, 0.2]), 1.0 / 3.0);
        assert_eq!(score(&[0.1, 0.2, 0.8, 0.9]), 0.0);
        assert_eq!(score(&[0.5, 0.5, 0.5, 0.5]), 1.0);
    }

    #[test]
    fn what_cannot_be_picked_is_named() {
        let cases = [
            (
                one(&[0.5], &[]),
                MetricError::Candidates {
                    row: 0,
                    similarities: 1,
                    associations: 0,
                },
            ),
            (
                one(&[0.5, 0.1], &[false; 2]),
                MetricError::NoAssociation { row: 0 },
            ),
            (one(&[], &[]), MetricError::NoAssociation { row: 0 }),
            (
                one(&[0.5, f32::INFINITY], &[true, false]),
                MetricError::NotFinite {
                    row: 0,
                    column: 1,
                    value: f32::INFINITY,
                },
            ),
            (Jaccard::new([]), MetricError::Empty),
        ];
        for (score, error) in cases {
            assert_eq!(score, Err(error));
        }
    }

    #[test]
    fn a_number_of_candidates_that_no_cue_has_is_absent() {
        let score = one(&[0.5; 5], &[true; 5]).expect("a cue");
        assert_eq!(
            score
                .by_name("jaccard_score_5-6")
                .map(|score| score.whole()),
            Some(1.0)
        );
        assert_eq!(score.by_name("jaccard_score_10-12"), None);
        assert_eq!(score.by_name("jaccard"), None);
    }

    #[test]
    fn chance_of_ten_candidates_by_hand() {
        // Two of ten: both right in 1 of 45 picks, one right in 16.
        let chance = one(
            &[0.0; 10],
            &[
                true, true, false, false, false, false, false, false, false, false,
            ],
        );
        let by_hand = (1.0 + 16.0 / 3.0) / 45.0;
        assert!((chance.expect("a cue").chance() - by_hand).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn chance_is_the_mean_over_every_order(associated in prop::collection::vec(any::<bool>(), 1..7)) {
            prop_assume!(associated.contains(&true));
            let of = |order: &[usize]| {
                let similarities: Vec<f32> = order.iter().map(|place| *place as f32).collect();
                one(&similarities, &associated).expect("a cue")
            };
            let orders = every_order(associated.len());
            let mean = orders.iter().map(|order| of(order).whole()).sum::<f64>() / orders.len() as f64;
            prop_assert!((mean - of(&orders[0]).chance()).abs() < 1e-12);
        }
    }
}
