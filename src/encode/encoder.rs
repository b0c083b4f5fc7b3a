//! The encoder: images and texts to unit vectors.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::{CheckpointError, Clip, ModelFile, ModelFiles, Precision, TokenBatch};
use crate::preprocess::Preprocess;
use crate::tokenizer::{Tokenizer, TokenizerError};

/// Images or captions encoded at once; it also bounds how many decoded images are in memory.
pub(crate) const BATCH: usize = 64;

/// A model, and what prepares its inputs.
pub struct Encoder {
    model: Clip,
    file: ModelFile,
    tokenizer: Arc<Tokenizer>,
    device: Device,
}

/// Why a model cannot encode.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The model cannot be read.
    #[error(transparent)]
    Model(#[from] CheckpointError),
    /// A text has no tokens for this model.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("file", &self.file)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl Encoder {
    /// Reads a model.
    ///
    /// # Errors
    /// When its weights cannot be read, or it does not know all tokens of its tokenizer.
    pub fn open(
        files: &ModelFiles,
        device: &Device,
        precision: Precision,
    ) -> Result<Self, EncoderError> {
        let tokenizer = match &files.tokenizer {
            Some(tokenizer) => Arc::clone(tokenizer),
            None => Arc::new(Tokenizer::clip()?),
        };
        let text = &files.file.model_cfg.text_cfg;
        tokenizer.check(text.vocab_size, text.context_length)?;
        let (model, file) = files.load(device)?;
        Ok(Self {
            model: model.with_precision(precision),
            file,
            tokenizer,
            device: device.clone(),
        })
    }

    /// An encoder with a model that is there already.
    #[must_use]
    pub fn of(model: Clip, file: ModelFile, tokenizer: Arc<Tokenizer>, device: &Device) -> Self {
        Self {
            model,
            file,
            tokenizer,
            device: device.clone(),
        }
    }

    /// Values of one vector.
    #[must_use]
    pub const fn dim(&self) -> usize {
        self.file.model_cfg.embed_dim
    }

    /// What prepares images for this model.
    #[must_use]
    pub fn preprocess(&self) -> Preprocess {
        let side = self.file.model_cfg.vision_cfg.image_size;
        Preprocess::new(side, self.file.preprocess_cfg.clone())
    }

    /// Unit vectors of prepared images.
    ///
    /// # Shapes
    /// pixels `[images, 3, side, side]` → `[images, dim]`, both row-major.
    #[must_use]
    pub fn images(&self, pixels: Vec<f32>) -> Vec<f32> {
        let side = self.file.model_cfg.vision_cfg.image_size;
        let images = pixels.len() / (3 * side * side);
        let data = TensorData::new(pixels, [images, 3, side, side]);
        host(
            self.model
                .encode_images(Tensor::from_data(data, &self.device)),
        )
    }

    /// Unit vectors of texts.
    ///
    /// # Shapes
    /// `[texts, dim]`, row-major.
    ///
    /// # Errors
    /// When a text cannot be tokenized.
    pub fn texts(&self, texts: &[impl AsRef<str>]) -> Result<Vec<f32>, EncoderError> {
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
            let rows = host(self.model.encode_texts(&batch, &self.device));
            for (at, row) in places.into_iter().zip(rows.chunks_exact(self.dim())) {
                features[at * self.dim()..(at + 1) * self.dim()].copy_from_slice(row);
            }
        }
        Ok(features)
    }
}

fn host(rows: Tensor<2>) -> Vec<f32> {
    rows.into_data()
        .try_into_vec::<f32>()
        .expect("features are f32")
}
