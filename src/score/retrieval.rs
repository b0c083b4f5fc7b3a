//! Retrieval: the captions of images and the images of captions, within one evaluation set.

use std::collections::BTreeMap;

use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::metric::{chance_of_recall_at_1, recall_at};
use ticclip_eval::retrieve::{Ranks, ranks};

use super::marks::interval_of;
use super::seen::{Seen, texts as encoded};
use super::{Marks, Prediction, ScoreError};
use crate::encode::Encoder;

/// Marks of a model on a retrieval set; `metric` is one of the kind's.
///
/// Every caption of a sample counts as a right answer to its image. Names are CLIP_benchmark's:
/// `image_retrieval` asks by text, `text_retrieval` by image.
pub(super) fn mark(encoder: &Encoder, seen: &Seen, metric: &str) -> Result<Marks, ScoreError> {
    let (mut texts, mut image_of) = (Vec::new(), Vec::new());
    for (image, sample) in seen.samples.iter().enumerate() {
        for caption in &sample.captions {
            texts.push(caption.as_str());
            image_of.push(image);
        }
    }
    let texts = encoded(encoder, &texts)?;
    let ranks = ranks(&seen.images, &texts, &image_of)?;
    let contributions = contributions(&ranks, &image_of, metric);
    let predictions = predictions(seen, &ranks, &texts, &image_of);
    let metrics = metrics(&ranks);
    Ok(Marks {
        value: metrics.get(metric).copied().unwrap_or_default(),
        n: seen.images.rows() as u64,
        chance: chance(&image_of, seen.images.rows(), metric),
        metrics,
        interval: interval_of(&contributions),
        predictions,
        broken: seen.broken,
    })
}

fn metrics(ranks: &Ranks) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    for k in [1, 5, 10] {
        let (by_text, by_image) = (
            recall_at(&ranks.image_of_text, k),
            recall_at(&ranks.text_of_image, k),
        );
        metrics.insert(format!("image_retrieval_recall@{k}"), by_text);
        metrics.insert(format!("text_retrieval_recall@{k}"), by_image);
        if k == 1 {
            metrics.insert("mean_recall@1".to_owned(), (by_text + by_image) / 2.0);
        }
    }
    metrics
}

/// The directions a metric looks at, and how deep: (by text, by image, k).
fn asked(metric: &str) -> (bool, bool, usize) {
    let k = metric
        .rsplit_once('@')
        .and_then(|(_, k)| k.parse().ok())
        .unwrap_or(1);
    let mean = metric.starts_with("mean_");
    (
        mean || metric.starts_with("image_"),
        mean || metric.starts_with("text_"),
        k,
    )
}

/// What every image adds to the mean: its own hit, and those of its captions. The two directions of
/// a pair are not independent, so they are resampled together.
fn contributions(ranks: &Ranks, image_of: &[usize], metric: &str) -> Vec<f64> {
    let (by_text, by_image, k) = asked(metric);
    let directions = f64::from(u8::from(by_text) + u8::from(by_image));
    let images = ranks.text_of_image.len();
    let mut own = vec![0.0; images];
    if by_image {
        for (own, rank) in own.iter_mut().zip(&ranks.text_of_image) {
            *own += f64::from(u8::from(*rank < k)) / directions;
        }
    }
    if by_text {
        let weight = images as f64 / image_of.len() as f64 / directions;
        for (image, rank) in image_of.iter().zip(&ranks.image_of_text) {
            own[*image] += f64::from(u8::from(*rank < k)) * weight;
        }
    }
    own
}

/// Expected value when answers are ranked at random.
fn chance(image_of: &[usize], images: usize, metric: &str) -> f64 {
    let (by_text, by_image, k) = asked(metric);
    let mut captions = vec![0_usize; images];
    for image in image_of {
        captions[*image] += 1;
    }
    // A chance for each of the k first places; with several captions an image that counts a second
    // hit again, which is why it is capped.
    let for_images = (chance_of_recall_at_1(&captions, image_of.len()) * k as f64).min(1.0);
    let for_texts = (k as f64 / images as f64).min(1.0);
    match (by_text, by_image) {
        (true, true) => (for_images + for_texts) / 2.0,
        (true, false) => for_texts,
        _ => for_images,
    }
}

fn predictions(
    seen: &Seen,
    ranks: &Ranks,
    texts: &Embeddings,
    image_of: &[usize],
) -> Vec<Prediction> {
    let similarity = |image: usize, text: usize| {
        let (a, b) = (seen.images.row(image), texts.row(text));
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    let key = |image: usize| seen.samples[image].key.clone();
    let by_image = ranks.text_of_image.iter().enumerate().map(|(image, rank)| {
        let best = (0..image_of.len()).filter(|text| image_of[*text] == image);
        let score = best
            .map(|text| similarity(image, text))
            .fold(f64::NEG_INFINITY, f64::max);
        Prediction::of_retrieval(key(image), "image", *rank, score)
    });
    let by_text = ranks.image_of_text.iter().enumerate().map(|(text, rank)| {
        let image = image_of[text];
        Prediction::of_retrieval(key(image), "text", *rank, similarity(image, text))
    });
    by_image.chain(by_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_have_the_metric_as_their_mean() {
        let ranks = Ranks {
            text_of_image: vec![0, 3, 0],
            image_of_text: vec![0, 1, 0, 7, 0],
        };
        let image_of = [0, 0, 1, 1, 2];
        for (metric, value) in metrics(&ranks) {
            let contributions = contributions(&ranks, &image_of, &metric);
            let mean = contributions.iter().sum::<f64>() / 3.0;
            assert!((mean - value).abs() < 1e-12, "{metric}: {mean} {value}");
        }
    }

    #[test]
    fn chance_is_one_answer_among_all() {
        assert_eq!(chance(&[0, 1, 2, 3], 4, "mean_recall@1"), 0.25);
        assert_eq!(chance(&[0, 1, 2, 3], 4, "image_retrieval_recall@5"), 1.0);
    }
}
