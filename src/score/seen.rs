//! An evaluation set as a model sees it: its readable samples and their images' vectors.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use ticclip_eval::embeddings::Embeddings;

use super::ScoreError;
use crate::encode::{BATCH, Encoder};
use crate::preprocess::{Preprocess, Scratch};
use crate::shard::{Sample, ShardIndex, ShardReadError};

/// What is asked about a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Captions,
    Class,
}

/// A sample whose image was encoded.
#[derive(Clone, Debug)]
pub(super) struct SeenSample {
    pub(super) key: String,
    /// Empty unless captions were asked for.
    pub(super) captions: Vec<String>,
    /// 0 unless the class was asked for.
    pub(super) class: usize,
}

/// The readable samples of a set, and their images' vectors in the same order.
pub(super) struct Seen {
    pub(super) samples: Vec<SeenSample>,
    pub(super) images: Embeddings,
    pub(super) broken: u64,
}

/// Unit vectors of texts.
pub(super) fn texts(
    encoder: &Encoder,
    texts: &[impl AsRef<str>],
) -> Result<Embeddings, ScoreError> {
    Ok(Embeddings::new(encoder.texts(texts)?, encoder.dim())?)
}

/// Reads and encodes a whole set, a batch at a time. A sample that cannot be read is left out and counted.
pub(super) fn see(encoder: &Encoder, set: &ShardIndex, asked: Asked) -> Result<Seen, ScoreError> {
    let preprocess = encoder.preprocess();
    let (mut samples, mut features, mut broken) = (Vec::new(), Vec::new(), 0);
    for first in (0..set.len()).step_by(BATCH) {
        let batch: Vec<Option<(SeenSample, Vec<f32>)>> = (first..set.len().min(first + BATCH))
            .into_par_iter()
            .map_init(Scratch::default, |scratch, at| {
                Ok(prepare(&set.sample(at)?, asked, &preprocess, scratch))
            })
            .collect::<Result<_, ShardReadError>>()?;
        let mut pixels = Vec::with_capacity(batch.len() * preprocess.values());
        for sample in batch {
            match sample {
                Some((sample, values)) => {
                    samples.push(sample);
                    pixels.extend(values);
                }
                None => broken += 1,
            }
        }
        if !pixels.is_empty() {
            features.extend(encoder.images(pixels));
        }
    }
    let images = Embeddings::new(features, encoder.dim())?;
    Ok(Seen {
        samples,
        images,
        broken,
    })
}

/// What is asked about a sample, and its image's pixels; nothing if one of them cannot be read.
fn prepare(
    sample: &Sample,
    asked: Asked,
    preprocess: &Preprocess,
    scratch: &mut Scratch,
) -> Option<(SeenSample, Vec<f32>)> {
    let (captions, class) = match asked {
        Asked::Captions => (sample.captions().ok()?, 0),
        Asked::Class => (Vec::new(), sample.class().ok()?),
    };
    let mut pixels = vec![0.0; preprocess.values()];
    preprocess
        .score_bytes(sample.image().ok()?, scratch, &mut pixels)
        .ok()?;
    let sample = SeenSample {
        key: sample.key.clone(),
        captions: captions.into_iter().map(str::to_owned).collect(),
        class,
    };
    Some((sample, pixels))
}
