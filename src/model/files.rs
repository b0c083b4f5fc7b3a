//! Where a model is: a file of weights, and what it looks like.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use burn::tensor::Device;

use super::checkpoint::{CONFIG, CheckpointError, TORCH_WEIGHTS, WEIGHTS, io_error};
use super::clip::Clip;
use super::config::{ConfigError, ModelFile};
use super::named::{names_and_shapes, with_values};
use super::weights::Weights;
use crate::tokenizer::{TOKENIZER, Tokenizer};

/// A model's weights and configuration, not yet loaded.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// safetensors or a PyTorch checkpoint.
    pub weights: PathBuf,
    /// What the model looks like and how images are prepared for it.
    pub file: ModelFile,
    /// What makes tokens of its captions; none for CLIP's own vocabulary.
    pub tokenizer: Option<Arc<Tokenizer>>,
}

/// What `--architecture` names: one that comes with the program, or a file.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// As it was given.
    name: String,
    file: ModelFile,
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl FromStr for Architecture {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ModelFile::find(text).map(|file| Self {
            name: text.to_owned(),
            file,
        })
    }
}

impl ModelFiles {
    /// The model in a folder of open_clip's layout, or in a file of weights. An architecture and a tokenizer that are
    /// given go before a configuration and a tokenizer that are found.
    ///
    /// # Errors
    /// When there are no weights, nothing says what they belong to, or the tokenizer they ask for is not there.
    pub fn find(
        path: &Path,
        architecture: Option<&Architecture>,
        tokenizer: Option<&Arc<Tokenizer>>,
    ) -> Result<Self, CheckpointError> {
        // What is not there at all is not asked what it looks like.
        std::fs::metadata(path).map_err(io_error(path))?;
        let (weights, folder) = if path.is_dir() {
            let there = [WEIGHTS, TORCH_WEIGHTS].map(|name| path.join(name));
            let weights = there.into_iter().find(|file| file.is_file());
            let none = || CheckpointError::NoWeights {
                path: path.to_owned(),
            };
            (weights.ok_or_else(none)?, path)
        } else {
            (path.to_owned(), path.parent().unwrap_or(Path::new("")))
        };
        let config = folder.join(CONFIG);
        let file = match architecture {
            Some(architecture) => architecture.file.clone(),
            None if config.is_file() || path.is_dir() => ModelFile::read(&config)?,
            None => return Err(CheckpointError::NoConfig { path: weights }),
        };
        let tokenizer = match tokenizer {
            Some(tokenizer) => Some(Arc::clone(tokenizer)),
            None => tokenizer_beside(&weights, &file)?,
        };
        Ok(Self {
            weights,
            file,
            tokenizer,
        })
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// [`CheckpointError`] naming the file, and the first tensors that are missing, surplus or mis-shaped.
    pub fn load(&self, device: &Device) -> Result<(Clip, ModelFile), CheckpointError> {
        let weights = Weights::open(&self.weights)?;
        let blank = Clip::blank(&self.file.model_cfg, device);
        weights.check(&names_and_shapes(&blank))?;
        let model = with_values(blank, weights.values()?);
        Ok((model, self.file.clone()))
    }
}

/// The tokenizer that the configuration names. Whatever the name is, open_clip takes the one beside the weights.
fn tokenizer_beside(
    weights: &Path,
    file: &ModelFile,
) -> Result<Option<Arc<Tokenizer>>, CheckpointError> {
    let named = file.model_cfg.text_cfg.hf_tokenizer_name.as_deref();
    let Some(name) = named.filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let path = weights.with_file_name(TOKENIZER);
    if !path.is_file() {
        return Err(CheckpointError::NoTokenizer {
            path,
            name: name.to_owned(),
        });
    }
    Ok(Some(Arc::new(Tokenizer::open(&path)?)))
}
