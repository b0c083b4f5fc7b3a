//! Where a model is: a file of weights, and what it looks like.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use burn::tensor::Device;

use super::checkpoint::{CONFIG, CheckpointError, TORCH_WEIGHTS, WEIGHTS};
use super::clip::Clip;
use super::config::{ConfigError, ModelFile};
use super::named::{names_and_shapes, replaced};
use super::weights::Weights;

/// A model's weights and configuration, not yet loaded.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// safetensors or a PyTorch checkpoint.
    pub weights: PathBuf,
    /// What the model looks like and how images are prepared for it.
    pub file: ModelFile,
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
    /// The model in a folder of open_clip's layout, or in a file of weights. An architecture that is given goes before
    /// a configuration that is found.
    ///
    /// # Errors
    /// When there are no weights, or nothing says what they belong to.
    pub fn find(path: &Path, architecture: Option<&Architecture>) -> Result<Self, CheckpointError> {
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
        Ok(Self { weights, file })
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// [`CheckpointError`] naming the file, and every tensor that is missing, surplus or mis-shaped.
    pub fn load(&self, device: &Device) -> Result<(Clip, ModelFile), CheckpointError> {
        let weights = Weights::open(&self.weights)?;
        let blank = Clip::blank(&self.file.model_cfg, device);
        weights.check(&names_and_shapes(&blank))?;
        let model = replaced(blank, |name| weights.values(name))?;
        Ok((model, self.file.clone()))
    }
}
