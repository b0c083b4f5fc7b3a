//! How images are prepared for a model: open_clip's `preprocess_cfg`.

use serde::{Deserialize, Deserializer, Serialize};

use super::ConfigError;
use crate::preprocess::Interpolation;

/// How an image is brought to the model's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResizeMode {
    /// The shorter side fits, the middle of the longer one is kept.
    #[default]
    Shortest,
    /// The longer side fits, the shorter one is padded.
    Longest,
    /// Both sides fit, whatever the shape.
    Squash,
}

/// Pixels as the model sees them: open_clip's `preprocess_cfg`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreprocessConfig {
    /// Side of the square that the model sees; none to take it from the image tower.
    #[serde(deserialize_with = "square", skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// Colours.
    pub mode: ColourMode,
    /// Mean of each channel, of values in [0, 1].
    #[serde(deserialize_with = "channels")]
    pub mean: [f32; 3],
    /// Standard deviation of each channel.
    #[serde(deserialize_with = "channels")]
    pub std: [f32; 3],
    /// How pixels between pixels are found.
    pub interpolation: Interpolation,
    /// How the image is fitted.
    pub resize_mode: ResizeMode,
    /// Value (0 to 255) of all channels where the image does not reach.
    pub fill_color: u8,
}

/// The colours a model sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColourMode {
    /// Red, green and blue.
    #[default]
    #[serde(rename = "RGB")]
    Rgb,
}

impl Default for PreprocessConfig {
    /// The statistics that OpenAI's CLIP was trained with, and its resizing.
    fn default() -> Self {
        Self {
            size: None,
            mode: ColourMode::Rgb,
            mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
            std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
            interpolation: Interpolation::default(),
            resize_mode: ResizeMode::default(),
            fill_color: 0,
        }
    }
}

/// One value, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

/// A number, or two equal ones; open_clip takes either.
fn square<'de, D: Deserializer<'de>>(source: D) -> Result<Option<usize>, D::Error> {
    match Option::<OneOrMore<usize>>::deserialize(source)? {
        None => Ok(None),
        Some(OneOrMore::One(side)) if side > 0 => Ok(Some(side)),
        Some(OneOrMore::More(sides)) => match sides.as_slice() {
            [side] if *side > 0 => Ok(Some(*side)),
            [high, wide] if high == wide && *high > 0 => Ok(Some(*high)),
            _ => Err(serde::de::Error::custom(
                "size must be one number or two equal ones",
            )),
        },
        Some(OneOrMore::One(_)) => Err(serde::de::Error::custom("size must not be zero")),
    }
}

/// Three numbers, or one for all channels.
fn channels<'de, D: Deserializer<'de>>(source: D) -> Result<[f32; 3], D::Error> {
    match OneOrMore::<f32>::deserialize(source)? {
        OneOrMore::One(value) => Ok([value; 3]),
        OneOrMore::More(values) => values
            .try_into()
            .map_err(|_| serde::de::Error::custom("three numbers are needed")),
    }
}

impl PreprocessConfig {
    /// Refuses what a model that sees `side` × `side` pixels cannot use.
    ///
    /// # Errors
    /// [`ConfigError::Sizes`] naming the key.
    pub fn check(&self, side: usize) -> Result<(), ConfigError> {
        if let Some(size) = self.size
            && size != side
        {
            return Err(ConfigError::Sizes(format!(
                "preprocess_cfg.size is {size}, not vision_cfg.image_size, {side}"
            )));
        }
        let zero = |deviation: &&f32| deviation.is_nan() || **deviation <= 0.0;
        if let Some(deviation) = self.std.iter().find(zero) {
            return Err(ConfigError::Sizes(format!(
                "preprocess_cfg.std has {deviation}, allowed are numbers above 0"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_prepared_images_is_the_towers() {
        let read = |size: &str| {
            serde_json::from_str::<PreprocessConfig>(&format!(r#"{{"size": {size}}}"#))
        };
        for size in ["224", "[224, 224]", "null"] {
            assert!(read(size).expect(size).check(224).is_ok(), "{size}");
        }
        let message = read("256").expect("a size").check(224);
        assert!(
            message
                .expect_err("256")
                .to_string()
                .contains("preprocess_cfg.size is 256")
        );
        assert!(read("[224, 200]").is_err());
    }
}
