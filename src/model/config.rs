//! `open_clip_config.json`: what a CLIP looks like, in open_clip's own names.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The whole file: architecture, and how images are prepared for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Shapes of the two towers.
    pub model_cfg: ClipConfig,
    /// Normalisation of the pixels.
    #[serde(default)]
    pub preprocess_cfg: PreprocessConfig,
}

/// Shapes of the two towers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipConfig {
    /// Width of the common space.
    pub embed_dim: usize,
    /// The image tower.
    pub vision_cfg: VisionConfig,
    /// The text tower.
    pub text_cfg: TextConfig,
}

/// A vision transformer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisionConfig {
    /// Side of the square input in pixels.
    pub image_size: usize,
    /// Side of a square patch in pixels.
    pub patch_size: usize,
    /// Width of a token.
    pub width: usize,
    /// Number of transformer blocks.
    pub layers: usize,
    /// Width of one attention head.
    #[serde(default = "default_head_width")]
    pub head_width: usize,
}

/// A causal text transformer, read off at the end-of-text token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextConfig {
    /// Tokens a caption is cut or padded to.
    pub context_length: usize,
    /// Number of tokens there are.
    pub vocab_size: usize,
    /// Width of a token.
    pub width: usize,
    /// Number of attention heads.
    pub heads: usize,
    /// Number of transformer blocks.
    pub layers: usize,
}

/// Normalisation of pixels in [0, 1]: (value − mean) / std for red, green and blue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreprocessConfig {
    /// Mean of each channel.
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    pub std: [f32; 3],
}

impl Default for PreprocessConfig {
    /// The statistics that OpenAI's CLIP was trained with.
    fn default() -> Self {
        Self {
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
        }
    }
}

fn default_head_width() -> usize {
    64
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
    /// Sizes contradict each other.
    #[error("model configuration: {0}")]
    Sizes(String),
}

impl ModelFile {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] when the file is missing, has a key that is not supported, or its sizes
    /// contradict each other.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let file: Self = serde_json::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })?;
        file.model_cfg.check()?;
        Ok(file)
    }
}

impl ClipConfig {
    /// Refuses sizes that cannot be built.
    ///
    /// # Errors
    /// [`ConfigError::Sizes`] naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let VisionConfig {
            image_size,
            patch_size,
            width,
            layers,
            head_width,
        } = self.vision_cfg;
        let text = &self.text_cfg;
        let sizes = [
            ("embed_dim", self.embed_dim, 1 << 14),
            ("vision_cfg.image_size", image_size, 4096),
            ("vision_cfg.patch_size", patch_size, image_size),
            ("vision_cfg.width", width, 1 << 14),
            ("vision_cfg.layers", layers, 512),
            ("vision_cfg.head_width", head_width, width),
            ("text_cfg.context_length", text.context_length, 1 << 14),
            ("text_cfg.vocab_size", text.vocab_size, 1 << 22),
            ("text_cfg.width", text.width, 1 << 14),
            ("text_cfg.heads", text.heads, text.width),
            ("text_cfg.layers", text.layers, 512),
        ];
        for (key, value, largest) in sizes {
            if value == 0 || value > largest {
                return Err(ConfigError::Sizes(format!(
                    "{key} is {value}, allowed are 1 to {largest}"
                )));
            }
        }
        let divides = [
            (
                "vision_cfg.image_size",
                image_size,
                "vision_cfg.patch_size",
                patch_size,
            ),
            (
                "vision_cfg.width",
                width,
                "vision_cfg.head_width",
                head_width,
            ),
            ("text_cfg.width", text.width, "text_cfg.heads", text.heads),
        ];
        for (key, value, by, divisor) in divides {
            if value % divisor != 0 {
                return Err(ConfigError::Sizes(format!(
                    "{key} is {value}, not a multiple of {by}, {divisor}"
                )));
            }
        }
        Ok(())
    }

    /// Multiply-accumulates of one forward pass of the image tower for one image.
    #[must_use]
    pub fn image_macs(&self) -> u64 {
        let vision = &self.vision_cfg;
        let patches = (vision.image_size / vision.patch_size).pow(2);
        let patch_values = 3 * vision.patch_size * vision.patch_size;
        transformer_macs(patches + 1, vision.width, vision.layers)
            + (patches * patch_values * vision.width + vision.width * self.embed_dim) as u64
    }

    /// Multiply-accumulates of one forward pass of the text tower for one caption of full context.
    #[must_use]
    pub fn text_macs(&self) -> u64 {
        let text = &self.text_cfg;
        transformer_macs(text.context_length, text.width, text.layers)
            + (text.width * self.embed_dim) as u64
    }

    /// Forward multiply-accumulates of one image-text pair, the unit budgets are counted in.
    #[must_use]
    pub fn pair_macs(&self) -> u64 {
        self.image_macs() + self.text_macs()
    }
}

/// Blocks of four projections of width² (packed QKV, output) and an MLP of ratio 4, plus attention.
fn transformer_macs(tokens: usize, width: usize, layers: usize) -> u64 {
    let per_token = 12 * width * width + 2 * tokens * width;
    (layers * tokens * per_token) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b16() -> ClipConfig {
        ClipConfig {
            embed_dim: 512,
            vision_cfg: VisionConfig {
                image_size: 224,
                patch_size: 16,
                width: 768,
                layers: 12,
                head_width: 64,
            },
            text_cfg: TextConfig {
                context_length: 77,
                vocab_size: 49408,
                width: 512,
                heads: 8,
                layers: 12,
            },
        }
    }

    #[test]
    fn macs_of_vit_b16_are_the_published_ones() {
        // 17.6 + 3.0 GMACs a pair, as the budgets of TiC-CLIP count them.
        assert!((b16().image_macs() as f64 / 1e9 - 17.6).abs() < 0.1);
        assert!((b16().text_macs() as f64 / 1e9 - 3.0).abs() < 0.1);
    }

    #[test]
    fn sizes_that_contradict_each_other_are_named() {
        let mut config = b16();
        config.vision_cfg.patch_size = 15;
        let message = config
            .check()
            .expect_err("15 does not divide 224")
            .to_string();
        assert!(
            message.contains(
                "vision_cfg.image_size is 224, not a multiple of vision_cfg.patch_size, 15"
            ),
            "{message}"
        );
    }
}
