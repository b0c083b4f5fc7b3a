//! The encoder: images and texts of an evaluation set to unit vectors.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use ticclip_eval::embeddings::Embeddings;

use super::ScoreError;
use crate::model::{Clip, ModelFile, TokenBatch};
use crate::preprocess::{self, Preprocess};
use crate::shard::{Sample, ShardIndex, ShardReadError};
use crate::tokenizer::{Tokenizer, TokenizerError};

/// Images or captions encoded at once; it also bounds how many decoded images are in memory.
const BATCH: usize = 64;

/// A model, and what prepares its inputs.
pub(super) struct Encoder<'a> {
    pub(super) model: &'a Clip,
    pub(super) file: &'a ModelFile,
    pub(super) tokenizer: &'a Tokenizer,
    pub(super) device: &'a Device,
}

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

impl Encoder<'_> {
    /// Values of one vector.
    pub(super) fn dim(&self) -> usize {
        self.file.model_cfg.embed_dim
    }

    /// Unit vectors of texts.
    ///
    /// # Shapes
    /// `[texts, dim]`.
    pub(super) fn texts(&self, texts: &[impl AsRef<str>]) -> Result<Embeddings, ScoreError> {
        let config = &self.file.model_cfg.text_cfg;
        let (context, pooling) = (config.context_length, config.pool_type);
        let mut tokens: Vec<(usize, Vec<u32>)> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| Ok((at, self.tokenizer.encode(text.as_ref(), context)?)))
            .collect::<Result<_, TokenizerError>>()?;
        // Captions of like length are less work together.
        tokens.sort_by_key(|(_, tokens)| TokenBatch::end(tokens, pooling));
        let mut features = vec![0.0; texts.len() * self.dim()];
        for batch in tokens.chunks_mut(BATCH) {
            let (places, tokens): (Vec<usize>, Vec<Vec<u32>>) = batch
                .iter_mut()
                .map(|(at, tokens)| (*at, std::mem::take(tokens)))
                .unzip();
            let batch = TokenBatch::new(&tokens, pooling);
            let rows = host(self.model.encode_texts(&batch, self.device));
            for (at, row) in places.into_iter().zip(rows.chunks_exact(self.dim())) {
                features[at * self.dim()..(at + 1) * self.dim()].copy_from_slice(row);
            }
        }
        Ok(Embeddings::new(features, self.dim())?)
    }

    /// Reads and encodes a whole set, a batch at a time. A sample that cannot be read is left out
    /// and counted.
    pub(super) fn see(&self, set: &ShardIndex, asked: Asked) -> Result<Seen, ScoreError> {
        let side = self.file.model_cfg.vision_cfg.image_size;
        let preprocess = Preprocess::new(side, self.file.preprocess_cfg.clone());
        let (mut samples, mut features, mut broken) = (Vec::new(), Vec::new(), 0);
        for first in (0..set.len()).step_by(BATCH) {
            let batch: Vec<Option<(SeenSample, Vec<f32>)>> = (first..set.len().min(first + BATCH))
                .into_par_iter()
                .map(|at| Ok(prepare(&set.sample(at)?, asked, &preprocess)))
                .collect::<Result<_, ShardReadError>>()?;
            let mut pixels = Vec::with_capacity(batch.len() * preprocess.values());
            let before = samples.len();
            for sample in batch {
                match sample {
                    Some((sample, values)) => {
                        samples.push(sample);
                        pixels.extend(values);
                    }
                    None => broken += 1,
                }
            }
            let images = samples.len() - before;
            if images > 0 {
                let data = TensorData::new(pixels, [images, 3, side, side]);
                let batch = Tensor::<4>::from_data(data, self.device);
                features.extend(host(self.model.encode_images(batch)));
            }
        }
        let images = Embeddings::new(features, self.dim())?;
        Ok(Seen {
            samples,
            images,
            broken,
        })
    }
}

/// What is asked about a sample, and its image's pixels; nothing if one of them cannot be read.
fn prepare(
    sample: &Sample,
    asked: Asked,
    preprocess: &Preprocess,
) -> Option<(SeenSample, Vec<f32>)> {
    let (captions, class) = match asked {
        Asked::Captions => (sample.captions().ok()?, 0),
        Asked::Class => (Vec::new(), sample.class().ok()?),
    };
    let image = preprocess::decode(sample.image().ok()?).ok()?;
    let pixels = preprocess.for_scoring(image).ok()?;
    let sample = SeenSample {
        key: sample.key.clone(),
        captions: captions.into_iter().map(str::to_owned).collect(),
        class,
    };
    Some((sample, pixels))
}

fn host(rows: Tensor<2>) -> Vec<f32> {
    rows.into_data()
        .try_into_vec::<f32>()
        .expect("features are f32")
}
