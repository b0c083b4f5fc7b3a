//! Images and their captions.

use rayon::prelude::*;
use thiserror::Error;

use crate::answer::Answer;
use crate::embeddings::{Embeddings, EmbeddingsError};
use crate::similarity::slack;

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

/// The vectors, and the right answers to either side.
pub(super) struct Pairs<'a> {
    pub(super) images: &'a Embeddings,
    pub(super) texts: &'a Embeddings,
    /// How far a score can be from the true similarity.
    pub(super) slack: f32,
    /// The image of every text.
    pub(super) image_of_text: Vec<Answer>,
    /// The best text of every image.
    pub(super) text_of_image: Vec<Answer>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(
        images: &'a Embeddings,
        texts: &'a Embeddings,
        image_of: &[usize],
    ) -> Result<Self, RetrieveError> {
        images.same_width(texts)?;
        if texts.rows() != image_of.len() {
            return Err(RetrieveError::Owners {
                texts: texts.rows(),
                owners: image_of.len(),
            });
        }
        let there = images.rows();
        if let Some(text) = image_of.iter().position(|image| *image >= there) {
            return Err(RetrieveError::NoSuchImage {
                text,
                image: image_of[text],
                images: there,
            });
        }
        let image_of_text: Vec<Answer> = image_of
            .par_iter()
            .enumerate()
            .map(|(text, &index)| Answer {
                similarity: texts.similarity(text, images, index),
                index,
            })
            .collect();
        let mut text_of_image: Vec<Option<Answer>> = vec![None; there];
        for (index, answer) in image_of_text.iter().enumerate() {
            let best = &mut text_of_image[answer.index];
            if best.is_none_or(|best| best.is_behind(answer.similarity, index)) {
                let similarity = answer.similarity;
                *best = Some(Answer { similarity, index });
            }
        }
        let own = text_of_image.into_iter().enumerate();
        Ok(Self {
            images,
            texts,
            slack: slack(images.dim()),
            image_of_text,
            text_of_image: own
                .map(|(image, best)| best.ok_or(RetrieveError::NoCaption { image }))
                .collect::<Result<_, _>>()?,
        })
    }
}
