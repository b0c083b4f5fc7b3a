//! What is done with a downloaded image, in the words of img2dataset.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How an image is brought to a size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResizeMode {
    /// It keeps its size.
    No,
    /// The longer side fits; what the shorter one lacks is white.
    #[default]
    Border,
    /// The shorter side fits.
    KeepRatio,
    /// The longer side fits.
    KeepRatioLargest,
    /// The shorter side fits, and the middle of the longer one is kept.
    CenterCrop,
}

/// How pixels between pixels are found: OpenCV's ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The pixel whose area it is in.
    Nearest,
    /// Between two pixels on each side; without antialias.
    #[serde(alias = "bilinear")]
    Linear,
    /// Between four pixels on each side, with a = −0.75; without antialias.
    #[serde(alias = "bicubic")]
    Cubic,
    /// The mean over the area that becomes the pixel.
    Area,
    /// Between eight pixels on each side; without antialias.
    #[serde(alias = "lanczos4")]
    Lanczos,
}

/// The format in which images are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncodeFormat {
    /// Baseline JPEG with colours at half the size.
    #[default]
    Jpg,
    /// PNG of 8 bits.
    Png,
    /// WebP, lossy.
    Webp,
}

/// A word that no option has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not known, allowed are {allowed}")]
pub struct UnknownWord {
    word: String,
    allowed: &'static str,
}

macro_rules! words {
    ($kind:ty, $($($word:literal)|+ => $value:ident),+ $(,)?) => {
        impl FromStr for $kind {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($($word)|+ => Ok(Self::$value),)+
                    _ => Err(UnknownWord {
                        word: word.to_owned(),
                        allowed: concat!($($($word, " "),+),+).trim_ascii_end(),
                    }),
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$value => [$($word),+][0],)+
                })
            }
        }
    };
}

words!(
    ResizeMode,
    "no" => No,
    "border" => Border,
    "keep_ratio" => KeepRatio,
    "keep_ratio_largest" => KeepRatioLargest,
    "center_crop" => CenterCrop,
);
words!(
    Interpolation,
    "nearest" => Nearest,
    "linear" | "bilinear" => Linear,
    "cubic" | "bicubic" => Cubic,
    "area" => Area,
    "lanczos" | "lanczos4" => Lanczos,
);
words!(EncodeFormat, "jpg" => Jpg, "png" => Png, "webp" => Webp);

impl EncodeFormat {
    /// The ending of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

/// What is done with a downloaded image; the defaults are img2dataset's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ImageOptions {
    /// Pixels of the side that is made to fit.
    pub image_size: u32,
    /// How it is made to fit.
    pub resize_mode: ResizeMode,
    /// Whether images whose side is not longer stay as they are.
    pub resize_only_if_bigger: bool,
    /// How images are enlarged.
    pub upscale_interpolation: Interpolation,
    /// How images are made smaller.
    pub downscale_interpolation: Interpolation,
    /// The format to store.
    pub encode_format: EncodeFormat,
    /// For jpg and webp the quality, 1 to 100 (none: 95); for png the effort of compression, 0 to
    /// 9 (none: 6).
    pub encode_quality: Option<u8>,
    /// Whether an image that is of the format already and keeps its pixels is stored byte by byte.
    pub skip_reencode: bool,
    /// Whether all images are stored byte by byte, whatever they are.
    pub disable_all_reencoding: bool,
    /// The least pixels of the shorter side.
    pub min_image_size: u32,
    /// The most pixels of an image; none for any number.
    pub max_image_area: Option<u64>,
    /// The most that the longer side is of the shorter one; none for any ratio.
    pub max_aspect_ratio: Option<f64>,
}

impl Default for ImageOptions {
    fn default() -> Self {
        Self {
            image_size: 256,
            resize_mode: ResizeMode::default(),
            resize_only_if_bigger: false,
            upscale_interpolation: Interpolation::Lanczos,
            downscale_interpolation: Interpolation::Area,
            encode_format: EncodeFormat::default(),
            encode_quality: None,
            skip_reencode: false,
            disable_all_reencoding: false,
            min_image_size: 0,
            max_image_area: None,
            max_aspect_ratio: None,
        }
    }
}

impl ImageOptions {
    /// Refuses values that make no sense.
    ///
    /// # Errors
    /// The key, and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=16_383).contains(&self.image_size) {
            return Err(format!(
                "image-size is {}, allowed are 1 to 16383",
                self.image_size
            ));
        }
        let (format, range) = match self.encode_format {
            EncodeFormat::Png => ("png", 0..=9),
            EncodeFormat::Jpg => ("jpg", 1..=100),
            EncodeFormat::Webp => ("webp", 1..=100),
        };
        if !range.contains(&self.quality()) {
            let (low, high) = (range.start(), range.end());
            let quality = self.quality();
            return Err(format!(
                "encode-quality is {quality}, allowed are {low} to {high} for {format}"
            ));
        }
        if self
            .max_aspect_ratio
            .is_some_and(|ratio| ratio.is_nan() || ratio < 1.0)
        {
            return Err("max-aspect-ratio is allowed from 1 up".to_owned());
        }
        Ok(())
    }

    /// Quality, or effort of compression.
    pub(super) fn quality(&self) -> u8 {
        let usual = match self.encode_format {
            EncodeFormat::Png => 6,
            EncodeFormat::Jpg | EncodeFormat::Webp => 95,
        };
        self.encode_quality.unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_img2dataset() {
        for word in [
            "no",
            "border",
            "keep_ratio",
            "keep_ratio_largest",
            "center_crop",
        ] {
            let mode: ResizeMode = word.parse().expect("a known word");
            assert_eq!(mode.to_string(), word);
        }
        assert_eq!("lanczos4".parse(), Ok(Interpolation::Lanczos));
        assert_eq!("bicubic".parse(), Ok(Interpolation::Cubic));
        let error = "jpeg"
            .parse::<EncodeFormat>()
            .expect_err("not a word of it");
        assert_eq!(
            error.to_string(),
            "\"jpeg\" is not known, allowed are jpg png webp"
        );
    }

    #[test]
    fn qualities_are_checked_against_the_format() {
        let of = |encode_format, quality| {
            let options = ImageOptions {
                encode_format,
                encode_quality: Some(quality),
                ..ImageOptions::default()
            };
            options.check().is_ok()
        };
        assert!(of(EncodeFormat::Png, 9) && !of(EncodeFormat::Png, 95));
        assert!(of(EncodeFormat::Webp, 95) && !of(EncodeFormat::Jpg, 101));
        assert!(!of(EncodeFormat::Jpg, 0));
    }
}
