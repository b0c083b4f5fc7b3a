//! To what size an image is brought, what of it is kept, and which source pixels make a pixel.

use super::axis::Shrunk;
use super::options::{EncodeFormat, ImageOptions, Interpolation, ResizeMode};
use super::refusal::{Reason, Refusal};
use crate::preprocess::decode::MOST_PIXELS;
use crate::preprocess::filter::Weights;

/// What happens to an image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Width and height before.
    pub(super) source: [usize; 2],
    /// Width and height of the whole image after resizing.
    pub(super) resized: [usize; 2],
    /// What is kept of it, across and down: from the first pixel to before the second.
    pub(super) kept: [[usize; 2]; 2],
    /// Width and height of the stored image; where there is more of it than kept, it is white.
    pub(super) stored: [usize; 2],
    pub(super) interpolation: Interpolation,
}

impl Plan {
    /// Refuses the image, or says what happens to it.
    ///
    /// # Errors
    /// When its size is not wanted, or it would become too large.
    pub(super) fn new(options: &ImageOptions, source: [usize; 2]) -> Result<Self, Refusal> {
        wanted(options, source)?;
        let side = options.image_size as usize;
        let [shorter, longer] = [source[0].min(source[1]), source[0].max(source[1])];
        let fitting = match options.resize_mode {
            ResizeMode::No => return Self::unchanged(source).checked(options),
            ResizeMode::KeepRatio | ResizeMode::CenterCrop => shorter,
            ResizeMode::Border | ResizeMode::KeepRatioLargest => longer,
        };
        let smaller = fitting > side;
        if options.resize_only_if_bigger && !smaller {
            return Self::unchanged(source).checked(options);
        }
        let scale = side as f64 / fitting as f64;
        // Python rounds halves to the even neighbour.
        let to = |side: usize| (side as f64 * scale).round_ties_even().max(1.0) as usize;
        let resized = source.map(to);
        let mut plan = Self {
            source,
            resized,
            kept: resized.map(|side| [0, side]),
            stored: resized,
            interpolation: if smaller {
                options.downscale_interpolation
            } else {
                options.upscale_interpolation
            },
        };
        match options.resize_mode {
            ResizeMode::CenterCrop => {
                plan.kept = resized.map(|length| {
                    let first = length.saturating_sub(side) / 2;
                    [first, length.min(first + side)]
                });
                plan.stored = plan.kept.map(|[first, end]| end - first);
            }
            ResizeMode::Border => plan.stored = [side; 2],
            _ => {}
        }
        plan.checked(options)
    }

    fn unchanged(source: [usize; 2]) -> Self {
        Self {
            source,
            resized: source,
            kept: source.map(|side| [0, side]),
            stored: source,
            interpolation: Interpolation::Area,
        }
    }

    /// Refuses what the format cannot store.
    fn checked(self, options: &ImageOptions) -> Result<Self, Refusal> {
        let longest = match options.encode_format {
            EncodeFormat::Jpg | EncodeFormat::Png => 65_535,
            EncodeFormat::Webp => 16_383,
        };
        let [width, height] = self.resized;
        let pixels = (width as u64).saturating_mul(height as u64);
        if width.max(height) > longest || pixels > MOST_PIXELS {
            let format = options.encode_format;
            return Err(Refusal::new(
                Reason::ImageTooLarge,
                format!("would become {width} × {height}, too large for {format}"),
            ));
        }
        Ok(self)
    }

    /// Whether the image keeps all its pixels.
    pub(super) fn is_unchanged(&self) -> bool {
        self.source == self.resized && self.stored == self.resized
    }

    /// Whether there are white borders.
    pub(super) fn has_border(&self) -> bool {
        self.stored != self.kept.map(|[first, end]| end - first)
    }

    /// The plan of resizing alone.
    pub(super) fn keeping_all(&self) -> Self {
        Self {
            kept: self.resized.map(|side| [0, side]),
            stored: self.resized,
            ..*self
        }
    }

    /// Both sides, if each pixel is the mean over an area.
    pub(super) fn shrunk(&self) -> Option<[Shrunk; 2]> {
        let smaller = self.interpolation == Interpolation::Area
            && self.resized[0] <= self.source[0]
            && self.resized[1] <= self.source[1];
        if !smaller && self.resized != self.source {
            return None;
        }
        Some([0, 1].map(|at| Shrunk {
            source: self.source[at],
            target: self.resized[at],
            kept: self.kept[at],
            before: (self.stored[at] - (self.kept[at][1] - self.kept[at][0])) / 2,
            stored: self.stored[at],
        }))
    }

    /// Sets the weights of one side: across (0) or down (1).
    pub(super) fn weigh(&self, at: usize, weights: &mut Weights) {
        let (source, target) = (self.source[at], self.resized[at]);
        let scale = source as f64 / target as f64;
        let how = if self.source == self.resized {
            Interpolation::Nearest
        } else if self.interpolation == Interpolation::Area && self.shrunk().is_none() {
            return weights.set_each(self.kept[at], 2, |to, out| between(to, scale, source, out));
        } else {
            self.interpolation
        };
        let stride = match how {
            Interpolation::Nearest => 1,
            Interpolation::Linear => 2,
            Interpolation::Cubic => 4,
            Interpolation::Lanczos => 8,
            Interpolation::Area => scale.ceil() as usize + 2,
        };
        weights.set_each(self.kept[at], stride, |to, out| match how {
            Interpolation::Nearest => {
                out.push(1.0);
                ((to as f64 * scale) as usize).min(source - 1)
            }
            Interpolation::Area => area(to, scale, source, out),
            Interpolation::Linear => around(to, scale, source, 1, triangle, out),
            Interpolation::Cubic => around(to, scale, source, 2, cubic, out),
            Interpolation::Lanczos => around(to, scale, source, 4, lanczos, out),
        });
    }
}

/// Refuses images of sizes that are not wanted.
fn wanted(options: &ImageOptions, [width, height]: [usize; 2]) -> Result<(), Refusal> {
    let (shorter, longer) = (width.min(height), width.max(height));
    if shorter == 0 {
        return Err(Refusal::new(Reason::UnreadableImage, "no pixels"));
    }
    if shorter < options.min_image_size as usize {
        let least = options.min_image_size;
        return Err(Refusal::new(
            Reason::ImageTooSmall,
            format!("{width} × {height}, at least {least} are wanted"),
        ));
    }
    let area = width as u64 * height as u64;
    if let Some(most) = options.max_image_area
        && area > most
    {
        return Err(Refusal::new(
            Reason::ImageTooLarge,
            format!("{width} × {height} are {area} pixels, at most {most} are wanted"),
        ));
    }
    let ratio = longer as f64 / shorter as f64;
    if let Some(most) = options.max_aspect_ratio
        && ratio > most
    {
        return Err(Refusal::new(
            Reason::AspectRatio,
            format!("{width} × {height} are {ratio:.2} to 1, at most {most} is wanted"),
        ));
    }
    Ok(())
}

/// Weights by the covered share.
fn area(target: usize, scale: f64, source: usize, out: &mut Vec<f64>) -> usize {
    let (from, to) = (target as f64 * scale, (target + 1) as f64 * scale);
    let first = (from as usize).min(source - 1);
    let end = (to.ceil() as usize).clamp(first + 1, source);
    out.extend((first..end).map(|pixel| {
        let covered = to.min((pixel + 1) as f64) - from.max(pixel as f64);
        covered.max(1e-12)
    }));
    first
}

/// What OpenCV does when areas are to be enlarged: mostly one pixel, two where both are in it.
fn between(target: usize, scale: f64, source: usize, out: &mut Vec<f64>) -> usize {
    let first = ((target as f64 * scale) as usize).min(source - 1);
    let beyond = (target + 1) as f64 - (first + 1) as f64 / scale;
    let share = if beyond <= 0.0 { 0.0 } else { beyond.fract() };
    if first + 1 == source {
        out.push(1.0);
    } else {
        out.extend([1.0 - share, share]);
    }
    first
}

/// Weights of `reach` pixels to either side; those outside count for the outermost.
fn around(
    target: usize,
    scale: f64,
    source: usize,
    reach: usize,
    weight: fn(f64) -> f64,
    out: &mut Vec<f64>,
) -> usize {
    let centre = (target as f64 + 0.5) * scale - 0.5;
    let first = centre.floor() as i64 - reach as i64 + 1;
    let inside = |pixel: i64| pixel.clamp(0, source as i64 - 1) as usize;
    let start = inside(first);
    for pixel in first..first + 2 * reach as i64 {
        let at = inside(pixel) - start;
        if at == out.len() {
            out.push(0.0);
        }
        out[at] += weight((pixel as f64 - centre).abs());
    }
    start
}

fn triangle(distance: f64) -> f64 {
    (1.0 - distance).max(0.0)
}

fn cubic(x: f64) -> f64 {
    const A: f64 = -0.75;
    if x <= 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else {
        ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    }
}

fn lanczos(x: f64) -> f64 {
    if x < 1e-9 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    (x.sin() / x) * ((x / 4.0).sin() / (x / 4.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(mode: ResizeMode, source: [usize; 2]) -> Plan {
        let options = ImageOptions {
            resize_mode: mode,
            ..ImageOptions::default()
        };
        Plan::new(&options, source).expect("it is wanted")
    }

    #[test]
    fn halves_of_a_pixel_go_to_the_even_side() {
        // 511 · 256 / 257 = 509.01; 257 · 256 / 512 = 128.5; 257 · 256 / 511 = 128.75.
        assert_eq!(plan(ResizeMode::KeepRatio, [511, 257]).stored, [509, 256]);
        let largest = ResizeMode::KeepRatioLargest;
        assert_eq!(plan(largest, [512, 257]).stored, [256, 128]);
        assert_eq!(plan(largest, [511, 257]).stored, [256, 129]);
        assert_eq!(plan(largest, [3000, 1]).stored, [256, 1]);
    }

    #[test]
    fn only_the_middle_of_a_crop_is_kept() {
        let plan = plan(ResizeMode::CenterCrop, [500, 375]);
        assert_eq!(plan.resized, [341, 256]);
        assert_eq!(plan.kept, [[42, 298], [0, 256]]);
        assert_eq!(plan.stored, [256, 256]);
    }

    #[test]
    fn unwanted_sizes_have_their_word() {
        let options = ImageOptions {
            min_image_size: 10,
            max_image_area: Some(5000),
            max_aspect_ratio: Some(3.0),
            ..ImageOptions::default()
        };
        let word = |source| {
            Plan::new(&options, source)
                .expect_err("unwanted")
                .reason
                .word()
        };
        assert_eq!(word([9, 20]), "image-too-small");
        assert_eq!(word([100, 51]), "image-too-large");
        assert_eq!(word([31, 10]), "aspect-ratio");
        assert!(Plan::new(&options, [30, 10]).is_ok());
        let options = ImageOptions {
            resize_mode: ResizeMode::KeepRatio,
            ..ImageOptions::default()
        };
        let refusal = Plan::new(&options, [300, 1]).expect_err("76800 pixels wide");
        assert_eq!(refusal.reason, Reason::ImageTooLarge);
    }

    proptest! {
        #[test]
        fn weights_stay_inside_for_any_size(
            source in 1_usize..700,
            target in 1_usize..700,
            how in prop::sample::select(vec![
                Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic,
                Interpolation::Area, Interpolation::Lanczos,
            ]),
        ) {
            let plan = Plan {
                source: [source; 2],
                resized: [target; 2],
                kept: [[0, target]; 2],
                stored: [target; 2],
                interpolation: how,
            };
            let mut weights = Weights::default();
            plan.weigh(0, &mut weights);
            prop_assert_eq!(weights.len(), target);
            prop_assert!(weights.needed()[1] <= source);
        }
    }
}
