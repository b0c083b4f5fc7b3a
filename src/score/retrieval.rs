//! Retrieval: the captions of images and the images of captions, within one evaluation set.

use ticclip_eval::embeddings::Embeddings;
use ticclip_eval::metric::{Recall, Retrieval, Statistic};
use ticclip_eval::retrieve::{Ranks, ranks};
use ticclip_eval::task::{Kind, Task};

use super::answered::Answered;
use super::features::Rows;
use super::source::{Answer, Set, Target};
use super::{Marks, Prediction, ScoreError};

/// Marks of a model on a retrieval set.
///
/// Every caption of a sample counts as a right answer to its image. Names are CLIP_benchmark's:
/// `image_retrieval` asks by text, `text_retrieval` by image.
pub(super) fn mark(
    task: &Task,
    set: &Set,
    images: Rows,
    captions: Rows,
    targets: &[Answer<Target>],
) -> Result<Marks, ScoreError> {
    let answered = Answered::join(set, images, targets, |_, target| match target {
        Target::Captions(captions) if !captions.is_empty() => Ok(()),
        _ => Err("has no caption".to_owned()),
    })?;
    let (texts, image_of) = texts(&answered.samples, captions)?;
    let ranks = ranks(&answered.images, &texts, &image_of)?;
    let predictions = predictions(
        &answered.keys(set),
        &answered.images,
        &texts,
        &image_of,
        &ranks,
    );
    let retrieval = Retrieval::new(ranks, &image_of)?;
    let mut statistics: Vec<(String, Box<dyn Statistic>)> = Vec::new();
    for name in Kind::Retrieval.metrics() {
        if let Some(recall) = Recall::by_name(&retrieval, name) {
            statistics.push(((*name).to_owned(), Box::new(recall)));
        }
    }
    Marks::of(&statistics, &task.metric, predictions, answered.left_out)
}

/// The vectors of the captions of these samples, and of each the place of its sample among them.
fn texts(samples: &[usize], captions: Rows) -> Result<(Embeddings, Vec<usize>), ScoreError> {
    let (mut kept, mut image_of) = (Vec::new(), Vec::new());
    for (row, sample) in captions.samples.iter().enumerate() {
        if let Ok(image) = samples.binary_search(sample) {
            kept.push(row);
            image_of.push(image);
        }
    }
    if kept.len() == captions.samples.len() {
        return Ok((captions.vectors, image_of));
    }
    let values = kept.iter().flat_map(|row| captions.vectors.row(*row));
    let texts = Embeddings::new(values.copied().collect(), captions.vectors.dim())?;
    Ok((texts, image_of))
}

fn predictions(
    keys: &[String],
    images: &Embeddings,
    texts: &Embeddings,
    image_of: &[usize],
    ranks: &Ranks,
) -> Vec<Prediction> {
    let similarity = |text: usize| {
        let pairs = images.row(image_of[text]).iter().zip(texts.row(text));
        pairs
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum::<f64>()
    };
    let similarities: Vec<f64> = (0..image_of.len()).map(similarity).collect();
    let mut best = vec![f64::NEG_INFINITY; keys.len()];
    for (image, similarity) in image_of.iter().zip(&similarities) {
        best[*image] = best[*image].max(*similarity);
    }
    let by_image = ranks.text_of_image.iter().zip(keys).zip(best);
    let by_image = by_image
        .map(|((rank, key), score)| Prediction::of_retrieval(key.clone(), "image", *rank, score));
    let by_text = ranks.image_of_text.iter().zip(image_of).zip(similarities);
    let by_text = by_text.map(|((rank, image), score)| {
        Prediction::of_retrieval(keys[*image].clone(), "text", *rank, score)
    });
    by_image.chain(by_text).collect()
}
