//! Random changes to training images.

use image::RgbImage;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Region, rotate, vectorised};

/// How far training images are changed; zero turns a change off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Augment {
    /// Smallest and largest share of the image's area that a random crop keeps.
    pub crop_scale: [f64; 2],
    /// Smallest and largest ratio of a crop's width to its height.
    pub crop_ratio: [f64; 2],
    /// Largest rotation to either side, in degrees.
    pub rotate_degrees: f64,
    /// Largest relative change of brightness, contrast and saturation.
    pub colour: f64,
}

impl Default for Augment {
    /// `RandomResizedCrop` with scale (0.9, 1.0), as open_clip trains.
    fn default() -> Self {
        Self {
            crop_scale: [0.9, 1.0],
            crop_ratio: [0.75, 4.0 / 3.0],
            rotate_degrees: 0.0,
            colour: 0.0,
        }
    }
}

impl Augment {
    /// Refuses ranges that make no sense.
    ///
    /// # Errors
    /// The key, and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let ordered = |range: [f64; 2]| range[0] > 0.0 && range[0] <= range[1];
        if !ordered(self.crop_scale) || self.crop_scale[1] > 1.0 {
            return Err(format!(
                "crop-scale is {:?}, allowed are two rising numbers in (0, 1]",
                self.crop_scale
            ));
        }
        if !ordered(self.crop_ratio) || !self.crop_ratio[1].is_finite() {
            return Err(format!(
                "crop-ratio is {:?}, allowed are two rising positive numbers",
                self.crop_ratio
            ));
        }
        if !(0.0..=180.0).contains(&self.rotate_degrees) {
            return Err(format!(
                "rotate-degrees is {}, allowed are 0 to 180",
                self.rotate_degrees
            ));
        }
        if !(0.0..1.0).contains(&self.colour) {
            return Err(format!(
                "colour is {}, allowed are 0 to below 1",
                self.colour
            ));
        }
        Ok(())
    }

    /// A random crop: area and shape drawn from their ranges (the ratio evenly in its logarithm),
    /// or the largest centred crop of an allowed shape after ten draws that did not fit.
    pub(super) fn region(&self, width: u32, height: u32, rng: &mut impl Rng) -> Region {
        let (width, height) = (f64::from(width), f64::from(height));
        let [narrowest, widest] = self.crop_ratio;
        for _ in 0..10 {
            let area = width * height * draw(rng, self.crop_scale[0], self.crop_scale[1]);
            let ratio = draw(rng, narrowest.ln(), widest.ln()).exp();
            let (w, h) = ((area * ratio).sqrt().round(), (area / ratio).sqrt().round());
            if w >= 1.0 && h >= 1.0 && w <= width && h <= height {
                let left = draw(rng, 0.0, width - w).floor();
                let top = draw(rng, 0.0, height - h).floor();
                return Region {
                    left,
                    top,
                    width: w,
                    height: h,
                };
            }
        }
        let ratio = (width / height).clamp(narrowest, widest);
        let (w, h) = if width / height > ratio {
            ((height * ratio).min(width), height)
        } else {
            (width, (width / ratio).min(height))
        };
        Region {
            left: (width - w) / 2.0,
            top: (height - h) / 2.0,
            width: w,
            height: h,
        }
    }

    /// Whether images are turned, so that all of them is needed.
    pub(super) fn turns(&self) -> bool {
        self.rotate_degrees != 0.0
    }

    /// The image turned about its middle by a random angle; what comes from outside repeats the
    /// border.
    pub(super) fn rotated(&self, image: RgbImage, rng: &mut impl Rng) -> RgbImage {
        if !self.turns() {
            return image;
        }
        let angle = draw(rng, -self.rotate_degrees, self.rotate_degrees);
        rotate::by(&image, angle.to_radians() as f32)
    }

    /// Brightness, contrast and saturation, each changed by a random factor. `values` are 0 to
    /// 255: first all of red, then green, then blue.
    pub(super) fn recolour(&self, values: &mut [f32], rng: &mut impl Rng) {
        if self.colour == 0.0 {
            return;
        }
        let mut factor = || draw(rng, 1.0 - self.colour, 1.0 + self.colour) as f32;
        let (brightness, contrast, saturation) = (factor(), factor(), factor());
        let pixels = values.len() / 3;
        let (red, rest) = values.split_at_mut(pixels);
        let (green, blue) = rest.split_at_mut(pixels);
        let sum = |plane: &[f32]| plane.iter().map(|&value| f64::from(value)).sum::<f64>();
        let means = [sum(red), sum(green), sum(blue)].map(|sum| (sum / pixels as f64) as f32);
        let mean = grey(means) * brightness;
        let change = |tone: f32, value: f32| {
            let saturated = tone + (value - tone) * saturation;
            let changed = mean + (saturated * brightness - mean) * contrast;
            (changed + 0.5).clamp(0.0, 255.0).floor()
        };
        vectorised(
            #[inline(always)]
            || {
                let (green, blue) = (&mut green[..red.len()], &mut blue[..red.len()]);
                for at in 0..red.len() {
                    let tone = grey([red[at], green[at], blue[at]]);
                    red[at] = change(tone, red[at]);
                    green[at] = change(tone, green[at]);
                    blue[at] = change(tone, blue[at]);
                }
            },
        );
    }
}

fn draw(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Luma of ITU-R 601.
#[inline(always)]
fn grey([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    proptest! {
        #[test]
        fn a_crop_stays_inside_the_image(seed: u64, width in 1_u32..400, height in 1_u32..400) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let region = Augment::default().region(width, height, &mut rng);
            prop_assert!(region.left >= 0.0 && region.top >= 0.0);
            prop_assert!(region.left + region.width <= f64::from(width) + 1e-9);
            prop_assert!(region.top + region.height <= f64::from(height) + 1e-9);
            prop_assert!(region.width > 0.0 && region.height > 0.0);
        }
    }

    #[test]
    fn without_changes_the_image_is_itself() {
        let augment = Augment::default();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let image = RgbImage::from_fn(9, 7, |x, y| Rgb([x as u8, y as u8, 3]));
        assert_eq!(augment.rotated(image.clone(), &mut rng), image);
        let mut values = [1.0, 2.0, 3.0];
        augment.recolour(&mut values, &mut rng);
        assert_eq!(values, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn changed_colours_stay_whole_numbers_of_a_byte() {
        let augment = Augment {
            colour: 0.9,
            ..Augment::default()
        };
        let before: Vec<f32> = (0..768).map(|at| (at * 7 % 256) as f32).collect();
        let mut values = before.clone();
        augment.recolour(&mut values, &mut ChaCha8Rng::seed_from_u64(3));
        assert_ne!(values, before);
        let whole = |&value: &f32| (0.0..=255.0).contains(&value) && value.fract() == 0.0;
        assert!(values.iter().all(whole));
    }

    #[test]
    fn a_flat_image_stays_flat_when_turned() {
        let augment = Augment {
            rotate_degrees: 45.0,
            ..Augment::default()
        };
        let image = RgbImage::from_pixel(12, 12, Rgb([10, 20, 30]));
        let turned = augment.rotated(image.clone(), &mut ChaCha8Rng::seed_from_u64(7));
        assert_eq!(turned, image);
    }
}
