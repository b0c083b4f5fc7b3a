//! Random changes to training images.

use image::{Rgb, RgbImage};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::Region;

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

    /// The image turned about its middle by a random angle; what comes from outside repeats the
    /// border.
    pub(super) fn rotated(&self, image: RgbImage, rng: &mut impl Rng) -> RgbImage {
        if self.rotate_degrees == 0.0 {
            return image;
        }
        let angle = draw(rng, -self.rotate_degrees, self.rotate_degrees).to_radians() as f32;
        let (sin, cos) = angle.sin_cos();
        let (width, height) = image.dimensions();
        let (middle_x, middle_y) = ((width as f32 - 1.0) / 2.0, (height as f32 - 1.0) / 2.0);
        RgbImage::from_fn(width, height, |x, y| {
            let (dx, dy) = (x as f32 - middle_x, y as f32 - middle_y);
            bilinear(
                &image,
                middle_x + cos * dx - sin * dy,
                middle_y + sin * dx + cos * dy,
            )
        })
    }

    /// Brightness, contrast and saturation, each changed by a random factor.
    pub(super) fn recolour(&self, image: &mut RgbImage, rng: &mut impl Rng) {
        if self.colour == 0.0 {
            return;
        }
        let mut factor = || draw(rng, 1.0 - self.colour, 1.0 + self.colour) as f32;
        let (brightness, contrast, saturation) = (factor(), factor(), factor());
        let pixels = f64::from(image.width() * image.height());
        let mean = (image
            .pixels()
            .map(|pixel| f64::from(grey(pixel)))
            .sum::<f64>()
            / pixels) as f32
            * brightness;
        for pixel in image.pixels_mut() {
            let tone = grey(pixel);
            for value in &mut pixel.0 {
                let saturated = tone + (f32::from(*value) - tone) * saturation;
                let changed = mean + (saturated * brightness - mean) * contrast;
                *value = changed.round().clamp(0.0, 255.0) as u8;
            }
        }
    }
}

fn draw(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Luma of ITU-R 601.
fn grey(pixel: &Rgb<u8>) -> f32 {
    let [red, green, blue] = pixel.0.map(f32::from);
    0.299 * red + 0.587 * green + 0.114 * blue
}

fn bilinear(image: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (right, bottom) = (image.width() - 1, image.height() - 1);
    let (x, y) = (x.clamp(0.0, right as f32), y.clamp(0.0, bottom as f32));
    let (left, top) = (x as u32, y as u32);
    let (fx, fy) = (x - left as f32, y - top as f32);
    let at = |x: u32, y: u32| {
        image
            .get_pixel(x.min(right), y.min(bottom))
            .0
            .map(f32::from)
    };
    let (a, b) = (at(left, top), at(left + 1, top));
    let (c, d) = (at(left, top + 1), at(left + 1, top + 1));
    Rgb(std::array::from_fn(|channel| {
        let upper = a[channel] + (b[channel] - a[channel]) * fx;
        let lower = c[channel] + (d[channel] - c[channel]) * fx;
        (upper + (lower - upper) * fy).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let mut same = augment.rotated(image.clone(), &mut rng);
        augment.recolour(&mut same, &mut rng);
        assert_eq!(same, image);
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
