//! How images look, apart from what they show: size, shape and white background.

use thiserror::Error;

use super::quantiles::{Quantiles, Tally};
use crate::interval;

/// The least value of each channel in a pixel that is near white: white paper after JPEG.
pub const NEAR_WHITE: u8 = 245;

/// Width of a bin of aspects, in natural logarithm: quantiles of aspect are right to 0.1%.
const ASPECT_BIN: f64 = 0.002;

/// One image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appearance {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Near-white pixels among those of the border, in [0, 1]. The border is the outermost ring,
    /// one pixel wide; a pixel is near white if each of its channels is [`NEAR_WHITE`] or more.
    pub white_border: f64,
}

/// Why bytes are no image, or an image cannot be counted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AppearanceError {
    /// Not three bytes a pixel, or no pixel.
    #[error("{bytes} bytes do not make {width} × {height} pixels of 3 channels")]
    Shape {
        /// Number of bytes.
        bytes: usize,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A share of the border that is no share.
    #[error("{share} of an image's border is near white, expected a share in [0, 1]")]
    Border {
        /// The share.
        share: String,
    },
    /// An image of a step that is not there.
    #[error("an image is of step {step}, there are {steps}, from 0")]
    NoSuchStep {
        /// Its step.
        step: usize,
        /// Number of steps.
        steps: usize,
    },
    /// Summaries of different timelines.
    #[error("a summary of {theirs} steps cannot be added to one of {own}")]
    Steps {
        /// Number of steps.
        own: usize,
        /// Number of steps of the other.
        theirs: usize,
    },
}

impl Appearance {
    /// Looks at an image.
    ///
    /// # Shapes
    /// rgb `[height, width, 3]`, row-major.
    ///
    /// # Errors
    /// [`AppearanceError::Shape`] when bytes and size differ or there is no pixel.
    pub fn of(rgb: &[u8], width: u32, height: u32) -> Result<Self, AppearanceError> {
        let (columns, rows) = (width as usize, height as usize);
        let expected = columns.checked_mul(rows).and_then(|n| n.checked_mul(3));
        if columns == 0 || rows == 0 || expected != Some(rgb.len()) {
            return Err(AppearanceError::Shape {
                bytes: rgb.len(),
                width,
                height,
            });
        }
        let (mut white, mut border) = (0_u64, 0_u64);
        let mut look = |pixel: &[u8]| {
            border += 1;
            white += u64::from(pixel.iter().all(|channel| *channel >= NEAR_WHITE));
        };
        for (y, row) in rgb.chunks_exact(columns * 3).enumerate() {
            if y == 0 || y == rows - 1 {
                row.chunks_exact(3).for_each(&mut look);
            } else {
                look(&row[..3]);
                if columns > 1 {
                    look(&row[row.len() - 3..]);
                }
            }
        }
        Ok(Self {
            width,
            height,
            white_border: white as f64 / border as f64,
        })
    }

    /// Width by height.
    #[must_use]
    pub fn aspect(&self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }

    /// Whether the object stands on white: every pixel of the border is near white.
    #[must_use]
    pub fn has_white_background(&self) -> bool {
        self.white_border >= 1.0
    }
}

/// Images of every step, counted; the order of images and of merges does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppearanceSummary {
    steps: Vec<Counted>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counted {
    images: u64,
    white: u64,
    width: Tally,
    height: Tally,
    aspect: Tally,
}

/// How the images of one step look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepAppearance {
    /// Number of images.
    pub images: u64,
    /// Width in pixels.
    pub width: Quantiles,
    /// Height in pixels.
    pub height: Quantiles,
    /// Width by height; quantiles are right to 0.1%, the mean is exact.
    pub aspect: Quantiles,
    /// Share of images with a white background, in [0, 1].
    pub white_background: f64,
    /// Its exact 95% interval.
    pub white_interval: interval::Interval,
}

impl AppearanceSummary {
    /// No image yet.
    #[must_use]
    pub fn new(steps: usize) -> Self {
        Self {
            steps: vec![Counted::default(); steps],
        }
    }

    /// Counts an image.
    ///
    /// # Errors
    /// [`AppearanceError`] when there is no such step, or the image has no width or height
    /// or a border that is not a share.
    pub fn add(&mut self, step: usize, image: &Appearance) -> Result<(), AppearanceError> {
        let steps = self.steps.len();
        let own = self
            .steps
            .get_mut(step)
            .ok_or(AppearanceError::NoSuchStep { step, steps })?;
        let Appearance {
            width,
            height,
            white_border,
        } = *image;
        if !(0.0..=1.0).contains(&white_border) {
            return Err(AppearanceError::Border {
                share: white_border.to_string(),
            });
        }
        if width == 0 || height == 0 {
            return Err(AppearanceError::Shape {
                bytes: 0,
                width,
                height,
            });
        }
        own.images += 1;
        own.white += u64::from(image.has_white_background());
        let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        own.width.add(pixels(width), f64::from(width));
        own.height.add(pixels(height), f64::from(height));
        let aspect = image.aspect();
        own.aspect
            .add((aspect.ln() / ASPECT_BIN).round() as i32, aspect);
        Ok(())
    }

    /// Adds the images of another summary of the same steps.
    ///
    /// # Errors
    /// [`AppearanceError::Steps`] when it has other steps.
    pub fn merge(&mut self, other: &Self) -> Result<(), AppearanceError> {
        if self.steps.len() != other.steps.len() {
            return Err(AppearanceError::Steps {
                own: self.steps.len(),
                theirs: other.steps.len(),
            });
        }
        for (own, theirs) in self.steps.iter_mut().zip(&other.steps) {
            own.images += theirs.images;
            own.white += theirs.white;
            own.width.merge(&theirs.width);
            own.height.merge(&theirs.height);
            own.aspect.merge(&theirs.aspect);
        }
        Ok(())
    }

    /// How each step looks; none for a step without images.
    #[must_use]
    pub fn steps(&self) -> Vec<Option<StepAppearance>> {
        let look = |own: &Counted| {
            Some(StepAppearance {
                images: own.images,
                width: own.width.quantiles(f64::from)?,
                height: own.height.quantiles(f64::from)?,
                aspect: own
                    .aspect
                    .quantiles(|bin| (f64::from(bin) * ASPECT_BIN).exp())?,
                white_background: own.white as f64 / own.images as f64,
                white_interval: interval::of_share(own.white, own.images),
            })
        };
        self.steps.iter().map(look).collect()
    }
}
