//! Answers to a retrieval: every image's captions and the ranks of what was asked for, checked once.

use super::MetricError;
use crate::retrieve::Ranks;

/// Ranks in both directions, and whose each caption is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retrieval {
    ranks: Ranks,
    image_of: Vec<usize>,
    captions: Vec<u32>,
}

impl Retrieval {
    /// Takes ranks as [`crate::retrieve::ranks`] gives them.
    ///
    /// # Shapes
    /// ranks `[images]` and `[captions]`, counted from 0; image_of `[captions]`.
    ///
    /// # Errors
    /// [`MetricError`] naming the image without a caption, the caption of no image, or the rank beyond the last
    /// candidate.
    pub fn new(ranks: Ranks, image_of: &[usize]) -> Result<Self, MetricError> {
        let (images, texts) = (ranks.text_of_image.len(), ranks.image_of_text.len());
        if images == 0 {
            return Err(MetricError::Empty);
        }
        if image_of.len() != texts {
            return Err(MetricError::Length {
                what: "images of captions",
                found: image_of.len(),
                rows: texts,
            });
        }
        let mut captions = vec![0; images];
        for (text, &image) in image_of.iter().enumerate() {
            *captions.get_mut(image).ok_or(MetricError::NoSuchImage {
                text,
                image,
                images,
            })? += 1;
        }
        if let Some(image) = captions.iter().position(|captions| *captions == 0) {
            return Err(MetricError::NoCaption { image });
        }
        within("image", &ranks.text_of_image, texts)?;
        within("caption", &ranks.image_of_text, images)?;
        Ok(Self {
            ranks,
            image_of: image_of.to_vec(),
            captions,
        })
    }

    /// The ranks.
    #[must_use]
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }

    /// Number of captions of every image.
    #[must_use]
    pub fn captions(&self) -> &[u32] {
        &self.captions
    }

    /// The image each caption belongs to.
    #[must_use]
    pub fn image_of(&self) -> &[usize] {
        &self.image_of
    }
}

fn within(what: &'static str, ranks: &[usize], candidates: usize) -> Result<(), MetricError> {
    match ranks.iter().position(|rank| *rank >= candidates) {
        None => Ok(()),
        Some(row) => Err(MetricError::Rank {
            what,
            row,
            rank: ranks[row],
            candidates,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_named() {
        let of = |text_of_image: &[usize], image_of_text: &[usize], image_of: &[usize]| {
            let (text_of_image, image_of_text) = (text_of_image.to_vec(), image_of_text.to_vec());
            Retrieval::new(
                Ranks {
                    text_of_image,
                    image_of_text,
                },
                image_of,
            )
        };
        let what = "images of captions";
        let cases = [
            (of(&[], &[], &[]), MetricError::Empty),
            (
                of(&[0], &[0, 0], &[0]),
                MetricError::Length {
                    what,
                    found: 1,
                    rows: 2,
                },
            ),
            (
                of(&[0], &[0, 0], &[0, 1]),
                MetricError::NoSuchImage {
                    text: 1,
                    image: 1,
                    images: 1,
                },
            ),
            (
                of(&[0, 0], &[0, 0], &[0, 0]),
                MetricError::NoCaption { image: 1 },
            ),
            (
                of(&[2], &[0, 0], &[0, 0]),
                MetricError::Rank {
                    what: "image",
                    row: 0,
                    rank: 2,
                    candidates: 2,
                },
            ),
            (
                of(&[1], &[0, 1], &[0, 0]),
                MetricError::Rank {
                    what: "caption",
                    row: 1,
                    rank: 1,
                    candidates: 1,
                },
            ),
        ];
        for (retrieval, error) in cases {
            assert_eq!(retrieval, Err(error));
        }
    }
}
