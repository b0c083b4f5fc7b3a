//! The shapes of the two towers, and what they cost.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Architectures that come with the program, under open_clip's names.
const ARCHITECTURES: [(&str, &str); 13] = [
    ("ViT-S-32", include_str!("../architectures/ViT-S-32.json")),
    ("ViT-S-16", include_str!("../architectures/ViT-S-16.json")),
    ("ViT-M-32", include_str!("../architectures/ViT-M-32.json")),
    ("ViT-M-16", include_str!("../architectures/ViT-M-16.json")),
    ("ViT-B-32", include_str!("../architectures/ViT-B-32.json")),
    (
        "ViT-B-32-quickgelu",
        include_str!("../architectures/ViT-B-32-quickgelu.json"),
    ),
    ("ViT-B-16", include_str!("../architectures/ViT-B-16.json")),
    (
        "ViT-B-16-quickgelu",
        include_str!("../architectures/ViT-B-16-quickgelu.json"),
    ),
    ("ViT-L-14", include_str!("../architectures/ViT-L-14.json")),
    (
        "ViT-L-14-quickgelu",
        include_str!("../architectures/ViT-L-14-quickgelu.json"),
    ),
    (
        "ViT-L-14-336",
        include_str!("../architectures/ViT-L-14-336.json"),
    ),
    (
        "ViT-L-14-336-quickgelu",
        include_str!("../architectures/ViT-L-14-336-quickgelu.json"),
    ),
    ("ViT-H-14", include_str!("../architectures/ViT-H-14.json")),
];

/// Shapes of the two towers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipConfig {
    /// Width of the common space.
    pub embed_dim: usize,
    /// Whether the MLPs use x · σ(1.702 x), as OpenAI's models do, or the exact GELU.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quick_gelu: bool,
    /// ln of the factor on similarities before training; none for CLIP's own, ln(1 / 0.07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_logit_scale: Option<f64>,
    /// What is added to logits before training, as SigLIP does; none for a model without such a parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_logit_bias: Option<f64>,
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
    /// Width of an MLP's hidden layer over the width of a token.
    #[serde(
        default = "default_mlp_ratio",
        skip_serializing_if = "is_default_mlp_ratio"
    )]
    pub mlp_ratio: f64,
    /// What an image's vector is read off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pool_type: ImagePooling,
    /// Whether pooling comes before the last layer norm.
    #[serde(default, skip_serializing_if = "is_false")]
    pub final_ln_after_pool: bool,
    /// Whether there is no layer norm before the first block.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_ln_pre: bool,
    /// Share of the patches that are dropped at random in training; the model itself is the same with any.
    #[serde(default, skip_serializing_if = "is_default")]
    pub patch_dropout: f64,
}

impl VisionConfig {
    /// Number of patches of an image.
    #[must_use]
    pub const fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }
}

/// What an image's vector is read off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImagePooling {
    /// The class token.
    #[default]
    Tok,
    /// The mean of the patches' tokens.
    Avg,
}

/// What a caption's vector is read off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextPooling {
    /// The first of the tokens with the largest number: the end of text.
    #[default]
    Argmax,
    /// The last token, of padding or not.
    Last,
}

/// A causal text transformer.
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
    /// Width of an MLP's hidden layer over the width of a token.
    #[serde(
        default = "default_mlp_ratio",
        skip_serializing_if = "is_default_mlp_ratio"
    )]
    pub mlp_ratio: f64,
    /// What a caption's vector is read off.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pool_type: TextPooling,
    /// Set where a tokenizer other than CLIP's stands beside the weights, which open_clip then takes whatever the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hf_tokenizer_name: Option<String>,
}

const fn default_head_width() -> usize {
    64
}

const fn default_mlp_ratio() -> f64 {
    4.0
}

fn is_default_mlp_ratio(ratio: &f64) -> bool {
    *ratio == default_mlp_ratio()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Width of an MLP's hidden layer; cut to whole numbers, as open_clip does.
pub(in crate::model) fn hidden_width(width: usize, ratio: f64) -> usize {
    (width as f64 * ratio) as usize
}

impl ClipConfig {
    /// An architecture by open_clip's name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = ARCHITECTURES.iter().find(|(shipped, _)| *shipped == name)?;
        Some(serde_json::from_str(text).expect("shipped architectures are valid, as a test shows"))
    }

    /// The names of all shipped architectures.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ARCHITECTURES.iter().map(|(name, _)| *name)
    }

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
            mlp_ratio,
            ..
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
        for (key, ratio) in [("vision_cfg", mlp_ratio), ("text_cfg", text.mlp_ratio)] {
            if !(0.1..=64.0).contains(&ratio) {
                return Err(ConfigError::Sizes(format!(
                    "{key}.mlp_ratio is {ratio}, allowed are 0.1 to 64"
                )));
            }
        }
        let dropped = self.vision_cfg.patch_dropout;
        if !(0.0..1.0).contains(&dropped) {
            return Err(ConfigError::Sizes(format!(
                "vision_cfg.patch_dropout is {dropped}, allowed are 0 up to 1, without 1"
            )));
        }
        let logits = [
            ("init_logit_scale", self.init_logit_scale),
            ("init_logit_bias", self.init_logit_bias),
        ];
        for (key, value) in logits {
            // It is kept as f32, in which a large number is infinite.
            if let Some(value) = value
                && !(value as f32).is_finite()
            {
                return Err(ConfigError::Sizes(format!(
                    "{key} is {value}, allowed are finite numbers"
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
        let patches = vision.patches();
        let patch_values = 3 * vision.patch_size * vision.patch_size;
        transformer_macs(patches + 1, vision.width, vision.layers, vision.mlp_ratio)
            + (patches * patch_values * vision.width + vision.width * self.embed_dim) as u64
    }

    /// Multiply-accumulates of one forward pass of the text tower for one caption of full context.
    #[must_use]
    pub fn text_macs(&self) -> u64 {
        let text = &self.text_cfg;
        transformer_macs(text.context_length, text.width, text.layers, text.mlp_ratio)
            + (text.width * self.embed_dim) as u64
    }

    /// Forward multiply-accumulates of one image-text pair, the unit budgets are counted in.
    #[must_use]
    pub fn pair_macs(&self) -> u64 {
        self.image_macs() + self.text_macs()
    }
}

/// Blocks of four projections of width² (packed QKV, output), an MLP, and attention.
fn transformer_macs(tokens: usize, width: usize, layers: usize, mlp_ratio: f64) -> u64 {
    let mlp = 2 * width * hidden_width(width, mlp_ratio);
    let per_token = 4 * width * width + mlp + 2 * tokens * width;
    (layers * tokens * per_token) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn b16() -> ClipConfig {
        ClipConfig::named("ViT-B-16").expect("a shipped architecture")
    }

    #[test]
    fn every_shipped_architecture_can_be_built() {
        for name in ClipConfig::names() {
            let config = ClipConfig::named(name).expect("a shipped architecture");
            config.check().expect(name);
            assert_eq!(config.quick_gelu, name.ends_with("quickgelu"), "{name}");
        }
    }

    #[test]
    fn macs_of_vit_b16_are_the_published_ones() {
        // 17.6 + 3.0 GMACs a pair, as the budgets of TiC-CLIP count them.
        assert!((b16().image_macs() as f64 / 1e9 - 17.6).abs() < 0.1);
        assert!((b16().text_macs() as f64 / 1e9 - 3.0).abs() < 0.1);
    }

    #[test]
    fn dropping_all_patches_is_refused() {
        let dropping = |share: f64| {
            let mut config = b16();
            config.vision_cfg.patch_dropout = share;
            config.check()
        };
        assert!(dropping(0.0).is_ok() && dropping(0.75).is_ok());
        for share in [1.0, -0.5, f64::NAN] {
            let message = dropping(share).expect_err("no share").to_string();
            assert!(message.contains("vision_cfg.patch_dropout"), "{message}");
        }
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
