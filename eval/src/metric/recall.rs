//! Recall@k in retrieval: the share of queries with a right answer among the first k.

use super::{MetricError, Retrieval, Statistic};

/// `image_retrieval_recall@k` (asked by caption), `text_retrieval_recall@k` (asked by image, any of its captions
/// is right) or `mean_recall@k`, the mean of the two, as CLIP_benchmark names and takes them.
///
/// A row is an image with all of its captions: the queries of one image are not independent, so they are drawn
/// together. With `k` beyond the candidates every query finds its answer (CLIP_benchmark refuses such a `k`).
#[derive(Clone, Debug, PartialEq)]
pub struct Recall {
    images: Vec<Found>,
    direction: Direction,
    k: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    ByCaption,
    ByImage,
    Both,
}

/// What the queries of one image found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    by_image: bool,
    by_caption: u32,
    captions: u32,
}

impl Recall {
    /// Recall of images asked for by their captions.
    ///
    /// # Errors
    /// [`MetricError::NoPlace`] when `k` is 0; so the other two.
    pub fn of_images(retrieval: &Retrieval, k: usize) -> Result<Self, MetricError> {
        Self::new(retrieval, Direction::ByCaption, k)
    }

    /// Recall of captions asked for by their image.
    ///
    /// # Errors
    /// [`MetricError::NoPlace`].
    pub fn of_texts(retrieval: &Retrieval, k: usize) -> Result<Self, MetricError> {
        Self::new(retrieval, Direction::ByImage, k)
    }

    /// Mean of the recalls of both directions.
    ///
    /// # Errors
    /// [`MetricError::NoPlace`].
    pub fn mean(retrieval: &Retrieval, k: usize) -> Result<Self, MetricError> {
        Self::new(retrieval, Direction::Both, k)
    }

    /// The recall of this name, such as `image_retrieval_recall@5`; none where no recall is called so.
    #[must_use]
    pub fn by_name(retrieval: &Retrieval, name: &str) -> Option<Self> {
        let (recall, k) = name.split_once('@')?;
        let direction = match recall {
            "image_retrieval_recall" => Direction::ByCaption,
            "text_retrieval_recall" => Direction::ByImage,
            "mean_recall" => Direction::Both,
            _ => return None,
        };
        Self::new(retrieval, direction, k.parse().ok()?).ok()
    }

    fn new(retrieval: &Retrieval, direction: Direction, k: usize) -> Result<Self, MetricError> {
        if k == 0 {
            return Err(MetricError::NoPlace);
        }
        let ranks = retrieval.ranks();
        let per_image = ranks.text_of_image.iter().zip(retrieval.captions());
        let mut images: Vec<Found> = per_image
            .map(|(rank, captions)| Found {
                by_image: *rank < k,
                by_caption: 0,
                captions: *captions,
            })
            .collect();
        for (image, rank) in retrieval.image_of().iter().zip(&ranks.image_of_text) {
            images[*image].by_caption += u32::from(*rank < k);
        }
        Ok(Self {
            images,
            direction,
            k,
        })
    }

    fn captions(&self) -> u64 {
        self.images
            .iter()
            .map(|image| u64::from(image.captions))
            .sum()
    }

    /// One of the directions, or the mean of both.
    fn of(&self, by_caption: f64, by_image: f64) -> f64 {
        match self.direction {
            Direction::ByCaption => by_caption,
            Direction::ByImage => by_image,
            Direction::Both => 0.5 * (by_caption + by_image),
        }
    }
}

impl Statistic for Recall {
    fn rows(&self) -> usize {
        self.images.len()
    }

    fn value(&self, rows: &[u32]) -> f64 {
        let (mut by_image, mut by_caption, mut captions) = (0_u64, 0_u64, 0_u64);
        for &row in rows {
            let image = self.images[row as usize];
            by_image += u64::from(image.by_image);
            by_caption += u64::from(image.by_caption);
            captions += u64::from(image.captions);
        }
        self.of(
            by_caption as f64 / captions as f64,
            by_image as f64 / rows.len() as f64,
        )
    }

    fn contributions(&self) -> Option<Vec<f64>> {
        let weight = self.rows() as f64 / self.captions() as f64;
        let added = |image: &Found| {
            let by_image = f64::from(u8::from(image.by_image));
            self.of(f64::from(image.by_caption) * weight, by_image)
        };
        Some(self.images.iter().map(added).collect())
    }

    /// Exact for candidates in an order drawn at random: an image with m of n captions misses all of them with
    /// probability (n − m choose k) / (n choose k).
    fn chance(&self) -> f64 {
        let (images, captions) = (self.rows(), self.captions() as usize);
        let found =
            |image: &Found| 1.0 - share_of_misses(captions, image.captions as usize, self.k);
        let by_image = self.images.iter().map(found).sum::<f64>() / images as f64;
        self.of(1.0 - share_of_misses(images, 1, self.k), by_image)
    }
}

/// Probability that none of `right` among `candidates` is among the first `k` of a random order.
fn share_of_misses(candidates: usize, right: usize, k: usize) -> f64 {
    let wrong = candidates - right;
    if k > wrong {
        return 0.0;
    }
    (0..k)
        .map(|place| (wrong - place) as f64 / (candidates - place) as f64)
        .product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::enumeration::every_order;
    use crate::retrieve::Ranks;
    use proptest::prelude::*;

    fn of(text_of_image: &[usize], image_of_text: &[usize], image_of: &[usize]) -> Retrieval {
        let (text_of_image, image_of_text) = (text_of_image.to_vec(), image_of_text.to_vec());
        Retrieval::new(
            Ranks {
                text_of_image,
                image_of_text,
            },
            image_of,
        )
        .expect("ranks")
    }

    #[test]
    fn captions_ask_for_images_and_images_for_captions() {
        // Image 0 has two captions, image 1 one.
        let retrieval = of(&[0, 2], &[0, 1, 1], &[0, 0, 1]);
        let value = |name| Recall::by_name(&retrieval, name).map(|recall| recall.whole());
        assert_eq!(value("image_retrieval_recall@1"), Some(1.0 / 3.0));
        assert_eq!(value("text_retrieval_recall@1"), Some(0.5));
        assert_eq!(value("mean_recall@1"), Some(0.5 * (1.0 / 3.0 + 0.5)));
        assert_eq!(value("text_retrieval_recall@2"), Some(0.5));
        assert_eq!(value("text_retrieval_recall@10"), Some(1.0));
        for unknown in [
            "recall@1",
            "mean_recall",
            "mean_recall@0",
            "mean_recall@",
            "mean_recall@-1",
        ] {
            assert_eq!(value(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn an_image_is_drawn_with_its_captions() {
        let recall = Recall::of_images(&of(&[0, 2], &[0, 1, 1], &[0, 0, 1]), 1).expect("k is 1");
        assert_eq!(recall.value(&[0]), 0.5);
        assert_eq!(recall.value(&[0, 0, 1]), 2.0 / 5.0);
        assert!(recall.value(&[]).is_nan());
    }

    proptest! {
        #[test]
        fn contributions_have_the_metric_as_their_mean(
            captions in prop::collection::vec(1_usize..4, 1..8),
            seeds in prop::collection::vec(any::<prop::sample::Index>(), 40),
            k in 1_usize..6,
        ) {
            let image_of: Vec<usize> = captions.iter().enumerate().flat_map(|(image, n)| vec![image; *n]).collect();
            let (images, texts) = (captions.len(), image_of.len());
            let text_of_image: Vec<usize> = seeds[..images].iter().map(|seed| seed.index(texts)).collect();
            let image_of_text: Vec<usize> = seeds[images..][..texts].iter().map(|seed| seed.index(images)).collect();
            let retrieval = of(&text_of_image, &image_of_text, &image_of);
            for of in [Recall::of_images, Recall::of_texts, Recall::mean] {
                let recall = of(&retrieval, k).expect("k is not 0");
                let added = recall.contributions().expect("a mean");
                let mean = added.iter().sum::<f64>() / added.len() as f64;
                prop_assert!((mean - recall.whole()).abs() < 1e-12);
            }
        }

        #[test]
        fn chance_is_the_mean_over_every_order(captions in prop::collection::vec(1_usize..4, 1..4), k in 1_usize..8) {
            prop_assume!(captions.iter().sum::<usize>() < 8);
            let image_of: Vec<usize> = captions.iter().enumerate().flat_map(|(image, n)| vec![image; *n]).collect();
            let orders = every_order(image_of.len());
            let (mut by_image, mut by_text, mut chances) = (0.0, 0.0, (0.0, 0.0));
            for order in &orders {
                // The captions' places are the order itself; the images' are those of their first captions in it.
                let best = |image: usize| (0..order.len()).filter(|text| image_of[*text] == image).map(|text| order[text]).min();
                let text_of_image: Vec<usize> = (0..captions.len()).filter_map(best).collect();
                let mut places: Vec<usize> = (0..captions.len()).collect();
                places.sort_by_key(|image| order[*image]);
                let image_of_text: Vec<usize> = image_of.iter().map(|image| places[*image]).collect();
                let retrieval = of(&text_of_image, &image_of_text, &image_of);
                let (texts, images) = (
                    Recall::of_texts(&retrieval, k).expect("k is not 0"),
                    Recall::of_images(&retrieval, k).expect("k is not 0"),
                );
                by_image += texts.whole() / orders.len() as f64;
                by_text += images.whole() / orders.len() as f64;
                chances = (texts.chance(), images.chance());
            }
            prop_assert!((by_image - chances.0).abs() < 1e-12, "{} {}", by_image, chances.0);
            prop_assert!((by_text - chances.1).abs() < 1e-12, "{} {}", by_text, chances.1);
        }
    }
}
