//! The patches of each image that the tower sees, where some are dropped (Li et al. 2023, "FLIP").

use std::ops::Range;
use std::sync::Arc;

use rand::Rng;
use rand::seq::index;

/// Patches of each image of a batch that are kept, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPatches {
    /// Patches that an image has.
    patches: usize,
    /// Patches that are kept of each image: the same number, so that a batch stays one block of rows.
    kept: usize,
    /// `kept` places an image.
    places: Vec<usize>,
}

impl KeptPatches {
    /// Chooses at random, for each of `samples` images of its own, which of its `patches` are not dropped.
    ///
    /// As many are kept as open_clip's `PatchDropout` keeps: the share rounded down, one at least.
    ///
    /// # Panics
    /// When the share that is dropped is not within [0, 1), or there are no patches.
    #[must_use]
    pub fn draw(samples: usize, patches: usize, dropped_share: f64, rng: &mut impl Rng) -> Self {
        assert!((0.0..1.0).contains(&dropped_share) && patches > 0);
        let kept = ((patches as f64 * (1.0 - dropped_share)) as usize).max(1);
        let mut places = Vec::with_capacity(samples * kept);
        for _ in 0..samples {
            let start = places.len();
            places.extend(index::sample(rng, patches, kept));
            places[start..].sort_unstable();
        }
        Self {
            patches,
            kept,
            places,
        }
    }

    /// A choice that is known.
    #[cfg(test)]
    pub(super) fn chosen(patches: usize, places: &[Vec<usize>]) -> Self {
        Self {
            patches,
            kept: places[0].len(),
            places: places.concat(),
        }
    }

    /// Number of images.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.places.len() / self.kept
    }

    /// Number of patches that an image has.
    #[must_use]
    pub const fn patches(&self) -> usize {
        self.patches
    }

    /// Number of patches that are kept of each image.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Those of some of the images only.
    ///
    /// # Panics
    /// When there are not so many images.
    #[must_use]
    pub fn of(&self, samples: Range<usize>) -> Self {
        Self {
            places: self.places[samples.start * self.kept..samples.end * self.kept].to_vec(),
            ..*self
        }
    }

    /// Places in the image of all that are kept.
    pub(super) fn places(&self) -> &[usize] {
        &self.places
    }

    /// Where they stand among all patches of all images, image by image.
    pub(super) fn rows(&self) -> Arc<[usize]> {
        let places = self.places.chunks_exact(self.kept).enumerate();
        places
            .flat_map(|(sample, places)| places.iter().map(move |at| sample * self.patches + at))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn draw(samples: usize, patches: usize, dropped_share: f64) -> KeptPatches {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        KeptPatches::draw(samples, patches, dropped_share, &mut rng)
    }

    #[test]
    fn as_many_are_kept_as_open_clip_keeps() {
        // PatchDropout's max(1, int(patches · (1 − share))).
        for (patches, share, kept) in [
            (196, 0.5, 98),
            (49, 0.5, 24),
            (10, 0.7, 3),
            (10, 0.9, 1),
            (10, 0.99, 1),
            (9, 0.0, 9),
        ] {
            assert_eq!(draw(3, patches, share).kept(), kept, "{patches}, {share}");
        }
    }

    #[test]
    fn every_image_has_a_choice_of_its_own_in_order_and_without_repeats() {
        let kept = draw(50, 20, 0.6);
        assert_eq!((kept.samples(), kept.patches(), kept.kept()), (50, 20, 8));
        let samples: Vec<&[usize]> = kept.places().chunks(8).collect();
        for places in &samples {
            assert!(
                places.is_sorted_by(|a, b| a < b) && places[7] < 20,
                "{places:?}"
            );
        }
        assert!(samples.windows(2).all(|pair| pair[0] != pair[1]));
        assert!((0..20).all(|patch| kept.places().contains(&patch)));
    }

    #[test]
    fn rows_are_places_behind_the_images_before() {
        let kept = KeptPatches::chosen(4, &[vec![0, 3], vec![1, 2], vec![0, 1]]);
        assert_eq!(*kept.rows(), [0, 3, 5, 6, 8, 9]);
        let last = kept.of(1..3);
        assert_eq!(*last.rows(), [1, 2, 4, 5]);
        assert_eq!(last.samples(), 2);
    }
}
