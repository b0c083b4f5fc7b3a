//! Similarity: whether a caption means the class whose lemma it has, by the text tower of a CLIP model.

use super::NetError;
use super::record::SimilarityRecord;
use crate::encode::Encoder;

/// Compares captions with descriptions of classes.
pub struct Similarity {
    encoder: Encoder,
    /// Unit vectors of the classes' descriptions, row-major.
    classes: Vec<f32>,
    record: SimilarityRecord,
}

impl Similarity {
    /// Encodes the description of every class, `NAME which is DEFINITION` (LAIONNet, Shirali & Hardt 2023, section 3).
    ///
    /// # Errors
    /// When a description cannot be encoded.
    pub fn new(
        encoder: Encoder,
        descriptions: &[String],
        record: SimilarityRecord,
    ) -> Result<Self, NetError> {
        Ok(Self {
            classes: encoder.texts(descriptions)?,
            encoder,
            record,
        })
    }

    pub(super) fn record(&self) -> &SimilarityRecord {
        &self.record
    }

    /// The cosine of each caption and its class.
    pub(super) fn of(&self, captions: &[&str], classes: &[u16]) -> Result<Vec<f32>, NetError> {
        let dim = self.encoder.dim();
        let texts = self.encoder.texts(captions)?;
        let pairs = texts.chunks_exact(dim).zip(classes);
        Ok(pairs
            .map(|(text, &class)| {
                let class = &self.classes[usize::from(class) * dim..][..dim];
                text.iter().zip(class).map(|(a, b)| a * b).sum()
            })
            .collect())
    }

    /// How wide features are.
    pub(super) fn dim(&self) -> usize {
        self.encoder.dim()
    }

    /// The cosine of features that were made before, of whatever length, and a class; `None` where they are no vector.
    pub(super) fn of_features(&self, text: &[f32], class: u16) -> Option<f32> {
        let class = &self.classes[usize::from(class) * text.len()..][..text.len()];
        let sums = text
            .iter()
            .zip(class)
            .fold((0.0, 0.0), |(dot, square), (a, b)| {
                (dot + a * b, square + a * a)
            });
        let cosine = sums.0 / f32::sqrt(sums.1);
        cosine.is_finite().then_some(cosine)
    }

    /// Whether a cosine is enough.
    pub(super) fn is_enough(&self, cosine: f32) -> bool {
        cosine >= self.record.threshold
    }
}
