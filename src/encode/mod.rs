//! Features: the unit vectors a model gives to any number of images or texts, in one file with their keys.

mod encoder;
mod feature_file;
mod features;
mod items;

pub(crate) use encoder::BATCH;
pub use encoder::{Encoder, EncoderError};
pub use feature_file::{FeatureFile, FeatureFileError, Opened};
pub use features::Features;
pub use items::{Content, Item, Items, ItemsError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use thiserror::Error;

use crate::preprocess::{Preprocess, Scratch};

/// Items read and encoded between two records of progress.
const CHUNK: usize = 16 * BATCH;

/// Why encoding ended early.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// The input cannot be read on.
    #[error(transparent)]
    Items(#[from] ItemsError),
    /// The model cannot encode.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The output cannot be written.
    #[error(transparent)]
    File(#[from] FeatureFileError),
}

/// Encodes what is left of `items` into `file`; `done` hears of every chunk's number of items.
///
/// An item that cannot be read is left out and listed. Memory: one chunk of items.
///
/// # Errors
/// [`EncodeError`]; what was encoded before stays, and the next call goes on behind it.
pub fn encode(
    encoder: &Encoder,
    items: &mut Items,
    file: &mut FeatureFile,
    mut done: impl FnMut(u64),
) -> Result<(), EncodeError> {
    items.skip_first(file.items())?;
    loop {
        let chunk = items
            .by_ref()
            .take(CHUNK)
            .collect::<Result<Vec<Item>, _>>()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let (mut features, mut keys, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for batch in chunk.chunks(BATCH) {
            let mut ready = Batch::default();
            let preprocess = encoder.preprocess();
            if !matches!(batch[0].content, Content::Text(_)) {
                ready.pixels.reserve(batch.len() * preprocess.values());
            }
            for (item, input) in batch.iter().zip(prepared(batch, &preprocess)) {
                match input {
                    Ok(Input::Pixels(pixels)) => ready.pixels.extend(pixels),
                    Ok(Input::Text(text)) => ready.texts.push(text),
                    Err(reason) => {
                        left_out.push((item.key.clone(), reason));
                        continue;
                    }
                }
                keys.push(item.key.clone());
            }
            if !ready.pixels.is_empty() {
                features.extend(encoder.images(ready.pixels));
            }
            features.extend(encoder.texts(&ready.texts)?);
        }
        file.append(chunk.len() as u64, &features, &keys, &left_out)?;
        done(chunk.len() as u64);
    }
}

/// What a batch's items are encoded from; all of one kind.
#[derive(Default)]
struct Batch<'a> {
    pixels: Vec<f32>,
    texts: Vec<&'a str>,
}

enum Input<'a> {
    Pixels(Vec<f32>),
    Text(&'a str),
}

fn prepared<'a>(batch: &'a [Item], preprocess: &Preprocess) -> Vec<Result<Input<'a>, String>> {
    let pixels = |scratch: &mut Scratch, bytes: &[u8]| {
        let mut pixels = vec![0.0; preprocess.values()];
        preprocess
            .score_bytes(bytes, scratch, &mut pixels)
            .map_err(|error| error.to_string())?;
        Ok(Input::Pixels(pixels))
    };
    batch
        .par_iter()
        .map_init(Scratch::default, |scratch, item| match &item.content {
            Content::File(path) => {
                let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
                pixels(scratch, &bytes)
            }
            Content::Image(bytes) => pixels(scratch, bytes),
            Content::Text(text) => Ok(Input::Text(text)),
            Content::Missing(reason) => Err(reason.clone()),
        })
        .collect()
}
