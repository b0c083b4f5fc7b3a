//! A run's own held-out pairs, scored while it trains.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;

use crate::command::failure::Failure;
use crate::encode::Encoder;
use crate::model::{Clip, ModelFile};
use crate::score::HeldOutPairs;
use crate::strategy::HookError;
use crate::tokenizer::Tokenizer;
use crate::train::{HeldOut, Recipe};

/// Scores the weights of a run on its own held-out pairs.
struct OwnPairs {
    pairs: HeldOutPairs,
    file: ModelFile,
    tokenizer: Arc<Tokenizer>,
    device: Device,
}

impl HeldOut for OwnPairs {
    fn recall(&self, model: &Clip, step: usize) -> Result<f64, HookError> {
        let (file, tokenizer) = (self.file.clone(), Arc::clone(&self.tokenizer));
        let encoder = Encoder::of(model.clone(), file, tokenizer, &self.device);
        Ok(self.pairs.recall(&encoder, step)?)
    }
}

/// The held-out pairs of all steps in `data`, or the first step that has none.
pub(super) fn open(
    data: &Path,
    steps: &[String],
    recipe: &Recipe,
    tokenizer: &Arc<Tokenizer>,
    device: &Device,
) -> Result<Result<Box<dyn HeldOut>, String>, Failure> {
    let pairs = HeldOutPairs::open(data, steps).map_err(Failure::wrong_input)?;
    Ok(pairs.map(|pairs| {
        Box::new(OwnPairs {
            pairs,
            file: recipe.model_file(),
            tokenizer: Arc::clone(tokenizer),
            device: device.clone(),
        }) as Box<dyn HeldOut>
    }))
}
