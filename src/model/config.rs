//! `open_clip_config.json`: what a CLIP looks like, in open_clip's own names.

mod clip;
mod preprocess;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ticclip_eval::near::{did_you_mean, near};

pub(super) use clip::hidden_width;
pub use clip::{ClipConfig, ImagePooling, TextConfig, TextPooling, VisionConfig};
pub use preprocess::{ColourMode, PreprocessConfig, ResizeMode};

/// The whole file: architecture, and how images are prepared for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Shapes of the two towers.
    pub model_cfg: ClipConfig,
    /// How images are prepared.
    #[serde(default)]
    pub preprocess_cfg: PreprocessConfig,
}

/// Why a model configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a configuration of a CLIP this program can build.
    #[error("{path} is not a supported open_clip configuration: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and what was expected.
        source: serde_json::Error,
    },
    /// Neither a shipped name nor a file.
    #[error("{0}: neither a file nor an architecture that comes with the program ({names}){meant}",
        names = ClipConfig::names().collect::<Vec<_>>().join(", "),
        meant = did_you_mean(&near(.0, ClipConfig::names())))]
    Unknown(String),
    /// Sizes contradict each other.
    #[error("model configuration: {0}")]
    Sizes(String),
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

impl ModelFile {
    /// A configuration by the name of an architecture that comes with the program, or from a file: of a whole
    /// configuration as it stands beside weights, or of an architecture alone as open_clip ships them.
    ///
    /// # Errors
    /// [`ConfigError`] with the names there are, or what is wrong with the file.
    pub fn find(name: &str) -> Result<Self, ConfigError> {
        if let Some(model_cfg) = ClipConfig::named(name) {
            return Ok(Self {
                model_cfg,
                preprocess_cfg: PreprocessConfig::default(),
            });
        }
        let path = Path::new(name);
        if !path.is_file() {
            return Err(ConfigError::Unknown(name.to_owned()));
        }
        let text = read(path)?;
        let parse = |source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        };
        let json: serde_json::Value = serde_json::from_str(&text).map_err(parse)?;
        if json.get("model_cfg").is_some() {
            return Self::read(path);
        }
        let model_cfg: ClipConfig = serde_json::from_str(&text).map_err(parse)?;
        model_cfg.check()?;
        Ok(Self {
            model_cfg,
            preprocess_cfg: PreprocessConfig::default(),
        })
    }

    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] when the file is missing, has a key that is not supported, or its sizes
    /// contradict each other.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let file: Self = serde_json::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })?;
        file.check()?;
        Ok(file)
    }

    /// Refuses sizes that cannot be built, or that image preparation and image tower do not share.
    ///
    /// # Errors
    /// [`ConfigError::Sizes`] naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.model_cfg.check()?;
        self.preprocess_cfg
            .check(self.model_cfg.vision_cfg.image_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_nearly_right_is_offered() {
        let message = ModelFile::find("vit-b32").expect_err("a typo").to_string();
        assert!(message.contains("did you mean ViT-B-32"), "{message}");
    }

    #[test]
    fn a_key_that_is_not_supported_is_refused_by_name() {
        let text = r#"{"model_cfg": {"embed_dim": 8, "vision_cfg": {"timm_model_name": "x"}}}"#;
        let error = serde_json::from_str::<ModelFile>(text).expect_err("a timm model");
        assert!(error.to_string().contains("timm_model_name"), "{error}");
    }
}
