//! A recipe: model, budget and optimiser settings of a run.

mod check;
mod error;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use ticclip_eval::toml_mistake::TomlMistake;

pub use super::schedule::Schedule;
use crate::model::{ClipConfig, ModelFile, Precision, PreprocessConfig};
use crate::preprocess::Augment;
use crate::strategy::{self, Strategy, StrategyKeys};
pub use error::RecipeError;

/// Recipes that come with the program.
const SHIPPED: [(&str, &str); 5] = [
    ("tiny", include_str!("recipes/tiny.toml")),
    ("debug", include_str!("recipes/debug.toml")),
    ("tic-medium", include_str!("recipes/tic-medium.toml")),
    ("tic-large", include_str!("recipes/tic-large.toml")),
    ("tic-xlarge", include_str!("recipes/tic-xlarge.toml")),
];

/// What to train, for how long, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// The recipe's name.
    pub name: String,
    /// Image-text pairs in one update, all of which are contrasted with each other.
    pub batch_pairs: usize,
    /// Pairs that go through the towers at once, where a batch is too large for the memory. The loss is still that of
    /// the whole batch: its features are computed first, and once more for their gradients. All at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch_pairs: Option<usize>,
    /// Pairs seen in one step of a budget of 1.
    pub samples_per_step: u64,
    /// Budget of every time step, in units of samples-per-step; 1 each if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budget_per_step: Vec<f64>,
    /// Learning rate after the warm-up.
    pub peak_lr: f64,
    /// Factor on peak-lr from one time step to the next, where a step continues.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub lr_decay_per_step: f64,
    /// Updates over which the learning rate rises from 0, at a fresh model.
    pub warmup_updates: u64,
    /// The same at a step that continues.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rewarm_updates: u64,
    /// Course of the learning rate after the warm-up: cosine, constant or const-cosine.
    #[serde(default, skip_serializing_if = "is_default")]
    pub schedule: Schedule,
    /// Share of a step's updates on the decaying branch of const-cosine. The next step goes on from where the branch
    /// began.
    #[serde(
        default = "default_decay_share",
        skip_serializing_if = "is_default_decay_share"
    )]
    pub decay_share: f64,
    /// Weight decay of AdamW, on all but biases, gains and the logit scale.
    pub weight_decay: f64,
    /// Largest norm of all gradients together; longer ones are shortened to it. Not clipped if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grad_clip_norm: Option<f64>,
    /// softmax (CLIP) or sigmoid (SigLIP).
    #[serde(default, skip_serializing_if = "is_default")]
    pub loss: Loss,
    /// What does not learn: image or text (a whole tower), logit-scale (and the logit bias).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// Share of an image's patches that are left out in training, instead of the model's own `patch_dropout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_dropout: Option<f64>,
    /// Decay of a running average of the weights, which every step then ends with. None if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema_decay: Option<f64>,
    /// Keep only the input of every block for the backward pass, and compute the rest again: less memory, a third
    /// more work.
    #[serde(default, skip_serializing_if = "is_default")]
    pub checkpoint_blocks: bool,
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
    /// Keys of strategies, by strategy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub strategy: BTreeMap<String, toml::Table>,
}

/// The contrastive loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross-entropy over the batch, both ways: CLIP.
    #[default]
    Softmax,
    /// Every pair of the batch for itself, right or wrong: SigLIP.
    Sigmoid,
}

/// A part of the model that does not learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// The image tower.
    Image,
    /// The text tower.
    Text,
    /// The factor on similarities, and their bias.
    LogitScale,
}

const fn one() -> f64 {
    1.0
}

fn is_one(value: &f64) -> bool {
    *value == 1.0
}

const fn default_decay_share() -> f64 {
    0.2
}

fn is_default_decay_share(value: &f64) -> bool {
    *value == default_decay_share()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
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

/// Names of the recipes that come with the program.
#[must_use]
pub fn shipped() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
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
        let recipe: Self = toml::from_str(text).map_err(|error| RecipeError::Parse {
            path: path.to_owned(),
            mistake: TomlMistake::new(text, &error),
        })?;
        recipe.check()?;
        Ok(recipe)
    }

    /// A strategy with the keys that the recipe has for it.
    ///
    /// # Errors
    /// [`RecipeError`] when there is no such strategy, or it cannot take its keys.
    pub fn strategy(&self, name: &str) -> Result<Box<dyn Strategy>, RecipeError> {
        let recipe = || self.name.clone();
        let mut strategy = strategy::by_name(name).map_err(|source| RecipeError::Strategy {
            name: recipe(),
            source,
        })?;
        let keys = self.strategy.get(name).cloned().unwrap_or_default();
        strategy
            .configure(StrategyKeys::new(name, keys))
            .map_err(|source| RecipeError::Keys {
                name: recipe(),
                source,
            })?;
        Ok(strategy)
    }

    /// Updates in a step of this budget; a last batch that would not be full is left out.
    #[must_use]
    pub fn updates(&self, budget: f64) -> u64 {
        let samples = (self.samples_per_step as f64 * budget).round() as u64;
        (samples / self.batch_pairs as u64).max(1)
    }

    /// Share of an image's patches that are left out in training.
    #[must_use]
    pub fn dropped_patches(&self) -> f64 {
        self.patch_dropout
            .unwrap_or(self.model.vision_cfg.patch_dropout)
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
mod tests;
