//! Share: which models a part of an evaluation scores on which tasks.

use std::collections::BTreeSet;

use crate::part::Part;

/// The pairs of exam and model of one part, by their numbers.
///
/// The pairs lie in a row, an exam after the other, each as long as it has samples; the row is cut into equally long
/// pieces, and a pair belongs to the piece its middle lies in. So a part has most models of an exam together and decodes
/// its images once for them.
#[derive(Clone, Debug)]
pub struct Share {
    own: BTreeSet<(usize, usize)>,
}

impl Share {
    /// The share of `part`, with the samples of every exam.
    pub fn new(part: Part, samples: &[usize], models: usize) -> Self {
        let whole: u128 =
            samples.iter().map(|samples| *samples as u128).sum::<u128>() * models as u128;
        let mut before = 0_u128;
        let mut own = BTreeSet::new();
        for (exam, samples) in samples.iter().enumerate() {
            for model in 0..models {
                let samples = *samples as u128;
                let middle = 2 * before + samples;
                before += samples;
                // The middle of an empty pair at the very end lies behind the last piece.
                let piece = (middle * u128::from(part.of) / (2 * whole).max(1))
                    .min(u128::from(part.of) - 1);
                if piece == u128::from(part.index) - 1 {
                    own.insert((exam, model));
                }
            }
        }
        Self { own }
    }

    /// Whether the pair belongs to it.
    pub fn has(&self, exam: usize, model: usize) -> bool {
        self.own.contains(&(exam, model))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_of_like_length() {
        let samples = [50_000, 10_000, 10_000, 8_000, 2_000];
        let pieces: Vec<usize> = (1..=4)
            .map(|index| {
                let share = Share::new(Part { index, of: 4 }, &samples, 2);
                share.own.iter().map(|(exam, _)| samples[*exam]).sum()
            })
            .collect();
        assert_eq!(pieces, [50_000, 50_000, 20_000, 40_000]);
    }

    proptest! {
        #[test]
        fn every_pair_belongs_to_exactly_one_part(
            samples in prop::collection::vec(0_usize..50, 0..8), models in 0_usize..5, of in 1_u64..9,
        ) {
            let shares: Vec<Share> = (1..=of).map(|index| Share::new(Part { index, of }, &samples, models)).collect();
            for exam in 0..samples.len() {
                for model in 0..models {
                    prop_assert_eq!(shares.iter().filter(|share| share.has(exam, model)).count(), 1);
                }
            }
        }
    }
}
