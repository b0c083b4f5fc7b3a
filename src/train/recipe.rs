//! A recipe: model, budget and optimiser settings of a run.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::model::{ClipConfig, ConfigError, ModelFile, Precision, PreprocessConfig};
use crate::preprocess::Augment;

/// Recipes that come with the program.
const SHIPPED: [(&str, &str); 1] = [("tiny", include_str!("recipes/tiny.toml"))];

/// What to train, for how long, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// The recipe's name.
    pub name: String,
    /// Image-text pairs in one update.
    pub batch_pairs: usize,
    /// Pairs seen in one step of a budget of 1.
    pub samples_per_step: u64,
    /// Learning rate after the warm-up.
    pub peak_lr: f64,
    /// Updates over which the learning rate rises from 0, at a fresh model only.
    pub warmup_updates: u64,
    /// Weight decay of AdamW, on all but biases, gains and the logit scale.
    pub weight_decay: f64,
    /// How exactly the CPU multiplies matrices: f32, or bf16 where the processor has AVX512-BF16 or AMX.
    #[serde(default)]
    pub precision: Precision,
    /// Seed of the weights, the order of samples and the augmentation.
    pub seed: u64,
    /// Shapes of the two towers, in open_clip's names; or the name of an architecture, or of its file.
    #[serde(deserialize_with = "shapes")]
    pub model: ClipConfig,
    /// How images are prepared.
    #[serde(default)]
    pub preprocess: PreprocessConfig,
    /// Random changes to training images.
    #[serde(default)]
    pub augment: Augment,
}

/// A table of shapes, or a name that stands for one.
fn shapes<'de, D: Deserializer<'de>>(from: D) -> Result<ClipConfig, D::Error> {
    struct Shapes;
    impl<'de> Visitor<'de> for Shapes {
        type Value = ClipConfig;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the name of an architecture, or a table of shapes")
        }

        fn visit_str<E: de::Error>(self, name: &str) -> Result<ClipConfig, E> {
            let file = ModelFile::find(name).map_err(E::custom)?;
            Ok(file.model_cfg)
        }

        fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<ClipConfig, A::Error> {
            ClipConfig::deserialize(MapAccessDeserializer::new(table))
        }
    }
    from.deserialize_any(Shapes)
}

/// Why a recipe cannot be used.
#[derive(Debug, Error)]
pub enum RecipeError {
    /// Neither a shipped name nor a file.
    #[error(
        "no recipe {name:?}: it is neither a file nor one that comes with the program ({})",
        shipped_names()
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no recipe.
    #[error("{path}: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, key and what is allowed.
        source: Box<toml::de::Error>,
    },
    /// The model cannot be built.
    #[error("recipe {name}: {source}")]
    Model {
        /// The recipe.
        name: String,
        /// What is wrong.
        source: ConfigError,
    },
    /// A value outside what is allowed.
    #[error("recipe {name}: {problem}")]
    Value {
        /// The recipe.
        name: String,
        /// The key, its value and what is allowed.
        problem: String,
    },
}

fn shipped_names() -> String {
    SHIPPED.map(|(name, _)| name).join(", ")
}

impl Recipe {
    /// A recipe by shipped name or file.
    ///
    /// # Errors
    /// [`RecipeError`] naming the file, key and what is allowed.
    pub fn find(name: &str) -> Result<Self, RecipeError> {
        if let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(text, Path::new(name));
        }
        let path = Path::new(name);
        if !path.exists() {
            return Err(RecipeError::Unknown {
                name: name.to_owned(),
            });
        }
        let text = std::fs::read_to_string(path).map_err(|source| RecipeError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// A recipe from the text of `path`.
    ///
    /// # Errors
    /// [`RecipeError`] naming the file, key and what is allowed.
    pub fn parse(text: &str, path: &Path) -> Result<Self, RecipeError> {
        let recipe: Self = toml::from_str(text).map_err(|source| RecipeError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// [`RecipeError`] naming the key and what is allowed.
    pub fn check(&self) -> Result<(), RecipeError> {
        let name = || self.name.clone();
        self.model
            .check()
            .and_then(|()| self.preprocess.check(self.model.vision_cfg.image_size))
            .map_err(|source| RecipeError::Model {
                name: name(),
                source,
            })?;
        let refuse = |problem: String| {
            Err(RecipeError::Value {
                name: name(),
                problem,
            })
        };
        if self.model.text_cfg.hf_tokenizer_name.is_some() {
            return refuse(
                "text_cfg.hf_tokenizer_name names no file; give the tokenizer with --tokenizer"
                    .to_owned(),
            );
        }
        if self.batch_pairs < 2 {
            return refuse(format!(
                "batch-pairs is {}, a contrast needs at least 2",
                self.batch_pairs
            ));
        }
        if self.samples_per_step < self.batch_pairs as u64 {
            return refuse(format!(
                "samples-per-step is {}, fewer than one batch of {}",
                self.samples_per_step, self.batch_pairs
            ));
        }
        if !(self.peak_lr > 0.0 && self.peak_lr < 1.0) {
            return refuse(format!(
                "peak-lr is {}, allowed are numbers between 0 and 1",
                self.peak_lr
            ));
        }
        if !(0.0..=10.0).contains(&self.weight_decay) {
            return refuse(format!(
                "weight-decay is {}, allowed are 0 to 10",
                self.weight_decay
            ));
        }
        self.augment.check().or_else(refuse)
    }

    /// Updates in a step of this budget; a last batch that would not be full is left out.
    #[must_use]
    pub fn updates(&self, budget: f64) -> u64 {
        let samples = (self.samples_per_step as f64 * budget).round() as u64;
        (samples / self.batch_pairs as u64).max(1)
    }

    /// The same recipe for another model, whose images are prepared as that model wants them. Its tokenizer is no part
    /// of a recipe.
    #[must_use]
    pub fn for_model(self, file: &ModelFile) -> Self {
        let mut model = file.model_cfg.clone();
        model.text_cfg.hf_tokenizer_name = None;
        Self {
            model,
            preprocess: file.preprocess_cfg.clone(),
            ..self
        }
    }

    /// What open_clip reads beside the weights.
    #[must_use]
    pub fn model_file(&self) -> ModelFile {
        ModelFile {
            model_cfg: self.model.clone(),
            preprocess_cfg: self.preprocess.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_recipe_is_valid() {
        for (name, _) in SHIPPED {
            let recipe = Recipe::find(name).expect("a shipped recipe");
            assert_eq!(recipe.name, name);
        }
    }

    #[test]
    fn a_misspelt_key_is_reported_with_its_line() {
        let text = include_str!("recipes/tiny.toml").replace("peak-lr", "peak-rl");
        let message = Recipe::parse(&text, Path::new("my.toml"))
            .expect_err("no such key")
            .to_string();
        assert!(
            message.contains("my.toml")
                && message.contains("peak-rl")
                && message.contains("line 5"),
            "{message}"
        );
    }

    /// The shipped recipe with a model by name.
    fn named(model: &str) -> Result<Recipe, RecipeError> {
        let text = include_str!("recipes/tiny.toml");
        let (before, after) = text.split_once("[model]").expect("a table");
        let (_, augment) = after.split_once("[augment]").expect("a table");
        let text = format!("model = {model:?}\n{before}[augment]{augment}");
        Recipe::parse(&text, Path::new("my.toml"))
    }

    #[test]
    fn a_model_is_named_or_described() {
        let recipe = named("ViT-B-16").expect("an architecture");
        assert_eq!(Some(&recipe.model), ClipConfig::named("ViT-B-16").as_ref());
        let message = named("ViT-B-17")
            .expect_err("no such architecture")
            .to_string();
        assert!(
            message.contains("my.toml")
                && message.contains("ViT-B-17")
                && message.contains("ViT-B-16"),
            "{message}"
        );
        let text = include_str!("recipes/tiny.toml").replace("patch_size", "patch_sise");
        let message = Recipe::parse(&text, Path::new("my.toml"))
            .expect_err("no such key")
            .to_string();
        assert!(message.contains("patch_sise"), "{message}");
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        let text = include_str!("recipes/tiny.toml").replace("peak-lr = 5e-4", "peak-lr = -1.0");
        let message = Recipe::parse(&text, Path::new("my.toml"))
            .expect_err("negative")
            .to_string();
        assert!(message.contains("peak-lr is -1"), "{message}");
    }
}
