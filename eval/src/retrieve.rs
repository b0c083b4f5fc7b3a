//! Retrieval: the rank of the best right answer to every query, in both directions.

use thiserror::Error;

use crate::embeddings::{Embeddings, EmbeddingsError};

/// Ranks, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// For every image, the rank of its best caption among all captions (image → text).
    pub text_of_image: Vec<usize>,
    /// For every caption, the rank of its image among all images (text → image).
    pub image_of_text: Vec<usize>,
}

/// Why a retrieval cannot be scored.
#[derive(Debug, Error, PartialEq)]
pub enum RetrieveError {
    /// The vectors have different widths.
    #[error(transparent)]
    Embeddings(#[from] EmbeddingsError),
    /// Not one image a caption.
    #[error("{texts} captions, but {owners} of them say whose they are")]
    Owners {
        /// Number of captions.
        texts: usize,
        /// Number of entries.
        owners: usize,
    },
    /// A caption of an image that is not there.
    #[error("caption {text} belongs to image {image}, there are {images}, from 0")]
    NoSuchImage {
        /// The caption's index.
        text: usize,
        /// The image it names.
        image: usize,
        /// Number of images.
        images: usize,
    },
    /// An image that nothing could find.
    #[error("image {image} has no caption")]
    NoCaption {
        /// The image's index.
        image: usize,
    },
}

/// Ranks every query's answers by similarity; equal similarities rank by lower index.
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
    if texts.rows() != image_of.len() {
        return Err(RetrieveError::Owners {
            texts: texts.rows(),
            owners: image_of.len(),
        });
    }
    let mut captions: Vec<Vec<usize>> = vec![Vec::new(); images.rows()];
    for (text, &image) in image_of.iter().enumerate() {
        let own = captions.get_mut(image);
        own.ok_or(RetrieveError::NoSuchImage {
            text,
            image,
            images: images.rows(),
        })?
        .push(text);
    }
    if let Some(image) = captions.iter().position(Vec::is_empty) {
        return Err(RetrieveError::NoCaption { image });
    }
    let text_of_image = images.against(texts, |image, similarities| {
        let ranks = captions[image]
            .iter()
            .map(|caption| rank(similarities, *caption));
        ranks.min().unwrap_or(similarities.len())
    })?;
    let image_of_text = texts.against(images, |text, similarities| {
        rank(similarities, image_of[text])
    })?;
    Ok(Ranks {
        text_of_image,
        image_of_text,
    })
}

/// How many candidates come before `answer`.
fn rank(similarities: &[f32], answer: usize) -> usize {
    let own = similarities[answer];
    let before = |(index, value): (usize, &f32)| *value > own || (*value == own && index < answer);
    similarities
        .iter()
        .enumerate()
        .filter(|candidate| before(*candidate))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Vectors on few directions, so that many similarities are equal.
    fn coarse(indices: &[u8]) -> Embeddings {
        let row = |index: u8| match index % 4 {
            0 => [1.0, 0.0],
            1 => [0.0, 1.0],
            2 => [-1.0, 0.0],
            _ => [0.6, 0.8],
        };
        let data: Vec<f32> = indices.iter().flat_map(|index| row(*index)).collect();
        Embeddings::new(data, 2).expect("unit rows")
    }

    proptest! {
        #[test]
        fn ranks_are_places_in_a_full_sort(
            image_rows in prop::collection::vec(any::<u8>(), 1..12),
            text_rows in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let images = coarse(&image_rows);
            // One caption an image first, then some more.
            let all: Vec<u8> = image_rows.iter().chain(&text_rows).copied().collect();
            let texts = coarse(&all);
            let image_of: Vec<usize> = (0..all.len()).map(|text| text % image_rows.len()).collect();
            let ranks = ranks(&images, &texts, &image_of).expect("scored");
            for (text, own_image) in image_of.iter().enumerate() {
                let mut order: Vec<usize> = (0..image_rows.len()).collect();
                let similarity = |image: usize| -> f32 {
                    texts.row(text).iter().zip(images.row(image)).map(|(a, b)| a * b).sum()
                };
                order.sort_by(|a, b| similarity(*b).total_cmp(&similarity(*a)));
                let place = order.iter().position(|image| image == own_image);
                prop_assert_eq!(Some(ranks.image_of_text[text]), place);
            }
        }
    }

    #[test]
    fn the_best_of_several_captions_counts() {
        let images = coarse(&[0, 1]);
        let texts = coarse(&[2, 0, 1]);
        let ranks = ranks(&images, &texts, &[0, 0, 1]).expect("scored");
        assert_eq!(ranks.text_of_image, [0, 0]);
        assert_eq!(ranks.image_of_text, [1, 0, 0]);
    }

    #[test]
    fn an_image_without_a_caption_is_named() {
        let error = ranks(&coarse(&[0, 1]), &coarse(&[0]), &[0]).expect_err("image 1 is bare");
        assert_eq!(error, RetrieveError::NoCaption { image: 1 });
    }
}
