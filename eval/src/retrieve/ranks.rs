//! The rank of the best right answer to every query, in both directions.
//!
//! A rank is the number of candidates that come before the answer, so nothing is sorted; and one product serves both
//! directions, as images × texts holds the same similarities as texts × images.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use pulp::{Arch, Simd, WithSimd};

use super::pairs::{Pairs, RetrieveError};
use crate::embeddings::Embeddings;
use crate::product::{Division, PANEL, Tile, panels};

/// Ranks, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// For every image, the rank of its best caption among all captions (image → text).
    pub text_of_image: Vec<usize>,
    /// For every caption, the rank of its image among all images (text → image).
    pub image_of_text: Vec<usize>,
}

/// Ranks every query's answers by similarity; equal similarities rank by lower index. The ranks are the same for any
/// number of threads.
///
/// Memory of some 50 bytes a caption and an image and about one MiB a thread is taken beside the vectors.
///
/// # Shapes
/// images `[n, dim]`, texts `[m, dim]`, image_of `[m]`: the image each caption belongs to.
///
/// # Errors
/// [`RetrieveError`] naming the caption or image that does not fit.
pub fn ranks(
    images: &Embeddings,
    texts: &Embeddings,
    image_of: &[usize],
) -> Result<Ranks, RetrieveError> {
    divided(images, texts, image_of, Division::USUAL)
}

fn divided(
    images: &Embeddings,
    texts: &Embeddings,
    image_of: &[usize],
    division: Division,
) -> Result<Ranks, RetrieveError> {
    let pairs = Pairs::new(images, texts, image_of)?;
    let before_image: Vec<AtomicU32> = image_of.iter().map(|_| AtomicU32::new(0)).collect();
    let start = |range: Range<usize>| Panel::new(&pairs, range);
    let visit = |panel: &mut Panel, tile: Tile<'_>| {
        for (text, scores) in (tile.first..).zip(tile.rows) {
            let before = panel.count(&pairs, text, scores);
            before_image[text].fetch_add(before, Ordering::Relaxed);
        }
    };
    let finish = |panel: Panel| panel.before[..panel.images.len()].to_vec();
    let before_text = panels(images, texts, division, start, visit, finish)?;
    Ok(Ranks {
        text_of_image: before_text
            .into_iter()
            .flatten()
            .map(|before| before as usize)
            .collect(),
        image_of_text: before_image
            .into_iter()
            .map(|before| before.into_inner() as usize)
            .collect(),
    })
}

/// What is known of some images.
struct Panel {
    images: Range<usize>,
    /// Texts found so far that come before an image's own best one.
    before: [u32; PANEL],
    bounds: Bounds,
}

/// Scores between which only the true similarity can tell whether a text comes before an image's own.
struct Bounds {
    low: [f32; PANEL],
    high: [f32; PANEL],
}

impl Panel {
    fn new(pairs: &Pairs<'_>, images: Range<usize>) -> Self {
        let mut bounds = Bounds {
            low: [f32::INFINITY; PANEL],
            high: [f32::INFINITY; PANEL],
        };
        for (lane, own) in pairs.text_of_image[images.clone()].iter().enumerate() {
            bounds.low[lane] = own.similarity - pairs.slack;
            bounds.high[lane] = own.similarity + pairs.slack;
        }
        Self {
            images,
            before: [0; PANEL],
            bounds,
        }
    }

    /// Counts a text in the ranks of the images, and returns how many of the images come before the text's own.
    fn count(&mut self, pairs: &Pairs<'_>, text: usize, scores: &[f32; PANEL]) -> u32 {
        let own = pairs.image_of_text[text];
        let (low, high) = (own.similarity - pairs.slack, own.similarity + pairs.slack);
        let (mut images_before, close) = Arch::new().dispatch(CountClear {
            scores,
            bounds: &self.bounds,
            low,
            high,
            before: &mut self.before,
        });
        if !close {
            return images_before;
        }
        for (lane, image) in self.images.clone().enumerate() {
            let near = |low, high| scores[lane] >= low && scores[lane] <= high;
            let near_text = near(low, high);
            let near_image = near(self.bounds.low[lane], self.bounds.high[lane]);
            if near_text || near_image {
                let exact = pairs.images.similarity(image, pairs.texts, text);
                let best = pairs.text_of_image[image];
                images_before += u32::from(near_text && own.is_behind(exact, image));
                self.before[lane] += u32::from(near_image && best.is_behind(exact, text));
            }
        }
        images_before
    }
}

/// Counts what is certainly before the right answers.
struct CountClear<'a> {
    scores: &'a [f32; PANEL],
    /// Of the images.
    bounds: &'a Bounds,
    /// Of the text.
    low: f32,
    high: f32,
    /// For every image, counts up if the text is before its own.
    before: &'a mut [u32; PANEL],
}

impl WithSimd for CountClear<'_> {
    type Output = (u32, bool);

    /// The number of images before the text's own, and whether any score is too close to tell.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (u32, bool) {
        let (mut images_before, mut close) = (0, false);
        for lane in 0..PANEL {
            let score = self.scores[lane];
            self.before[lane] += u32::from(score > self.bounds.high[lane]);
            images_before += u32::from(score > self.high);
            close |= (score >= self.bounds.low[lane]) & (score <= self.bounds.high[lane]);
            close |= (score >= self.low) & (score <= self.high);
        }
        (images_before, close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::{self, Rows, on_threads, rows};
    use proptest::prelude::*;

    /// An image for each of the texts, so that every image has one; the others are spread.
    fn owners(images: usize, texts: usize, seed: usize) -> Vec<usize> {
        let spread = |text: usize| (text * 7919 + seed) % images;
        (0..texts)
            .map(|text| {
                if text < images {
                    images - 1 - text
                } else {
                    spread(text)
                }
            })
            .collect()
    }

    /// The first place of a right answer in a full sort.
    fn place(query: &[f32], candidates: &Embeddings, right: impl Fn(usize) -> bool) -> usize {
        let order = naive::order(query, candidates);
        let place = order.into_iter().position(right);
        place.expect("a right answer")
    }

    fn of_naive(images: &Embeddings, texts: &Embeddings, image_of: &[usize]) -> Ranks {
        let of_image =
            |image: usize| place(images.row(image), texts, |text| image_of[text] == image);
        let of_text = |text: usize| place(texts.row(text), images, |image| image_of[text] == image);
        Ranks {
            text_of_image: (0..images.rows()).map(of_image).collect(),
            image_of_text: (0..texts.rows()).map(of_text).collect(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn ranks_are_places_in_a_full_sort(
            kinds in prop::sample::select(Rows::ALL.to_vec()).prop_flat_map(|kind| {
                (Just(kind), prop::sample::select(vec![Rows::Random, kind]))
            }),
            (images, more) in (1_usize..140, 0_usize..120),
            dim in prop::sample::select(vec![1, 2, 3, 7, 64, 130, 515]),
            seed in 0_usize..1000,
        ) {
            let image_of = owners(images, images + more, seed);
            let images = rows(kinds.0, images, dim, seed as u64);
            let texts = rows(kinds.1, image_of.len(), dim, seed as u64 + 1000);
            let found = ranks(&images, &texts, &image_of).expect("they fit");
            prop_assert_eq!(found, of_naive(&images, &texts, &image_of));
        }
    }

    #[test]
    fn the_ranks_do_not_depend_on_threads_or_divisions() {
        for kind in Rows::ALL {
            for dim in [2, 65, 512] {
                let (images, texts) = (rows(kind, 200, dim, 1), rows(kind, 333, dim, 2));
                let image_of = owners(200, 333, 5);
                let usual = on_threads(|| ranks(&images, &texts, &image_of));
                for division in Division::OTHERS {
                    let other = on_threads(|| divided(&images, &texts, &image_of, division));
                    assert_eq!(other, usual, "{kind:?} {dim} {division:?}");
                }
            }
        }
    }

    #[test]
    fn among_equal_rows_a_rank_is_an_index() {
        let (images, texts) = (rows(Rows::Equal, 90, 33, 0), rows(Rows::Equal, 180, 33, 0));
        let image_of: Vec<usize> = (0..180).map(|text| text / 2).collect();
        let found = ranks(&images, &texts, &image_of).expect("they fit");
        let even: Vec<usize> = (0..90).map(|image| image * 2).collect();
        assert_eq!(found.text_of_image, even);
        assert_eq!(found.image_of_text, image_of);
    }

    /// Unit vectors in the plane.
    fn plane(rows: &[[f32; 2]]) -> Embeddings {
        Embeddings::new(rows.concat(), 2).expect("unit rows")
    }

    const EAST: [f32; 2] = [1.0, 0.0];
    const NORTH: [f32; 2] = [0.0, 1.0];
    const WEST: [f32; 2] = [-1.0, 0.0];

    #[test]
    fn the_best_of_several_captions_counts() {
        let (images, texts) = (plane(&[EAST, NORTH]), plane(&[WEST, EAST, NORTH]));
        let ranks = ranks(&images, &texts, &[0, 0, 1]).expect("scored");
        assert_eq!(ranks.text_of_image, [0, 0]);
        assert_eq!(ranks.image_of_text, [1, 0, 0]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let (images, text) = (plane(&[EAST, NORTH]), plane(&[EAST]));
        assert_eq!(
            ranks(&images, &text, &[0]),
            Err(RetrieveError::NoCaption { image: 1 })
        );
        let (text, image) = (0, 2);
        assert_eq!(
            ranks(&images, &plane(&[EAST]), &[2]),
            Err(RetrieveError::NoSuchImage {
                text,
                image,
                images: 2
            })
        );
        assert_eq!(
            ranks(&images, &plane(&[EAST]), &[0, 1]),
            Err(RetrieveError::Owners {
                texts: 1,
                owners: 2
            })
        );
        let width = ranks(&images, &rows(Rows::Equal, 2, 3, 0), &[0, 1]);
        assert!(matches!(width, Err(RetrieveError::Embeddings(_))));
    }
}
