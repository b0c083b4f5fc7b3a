//! Turning an image about its middle.

use image::RgbImage;

use super::vectorised;

/// The image turned by `angle` (in radians), bilinear between pixels; what comes from outside
/// repeats the border.
pub(super) fn by(image: &RgbImage, angle: f32) -> RgbImage {
    let (width, height) = image.dimensions();
    // With a second row and column behind the last ones, each pixel has its four neighbours.
    let stride = 3 * (width as usize + 1);
    let mut source = Vec::with_capacity(stride * (height as usize + 1) + 4);
    for row in image.as_raw().chunks_exact(3 * width as usize) {
        source.extend_from_slice(row);
        source.extend_from_slice(&row[row.len() - 3..]);
    }
    source.extend_from_within(source.len() - stride..);
    source.extend_from_slice(&[0; 4]);

    let mut turned = RgbImage::new(width, height);
    let mut places = vec![Place::default(); width as usize];
    for (y, row) in turned.chunks_exact_mut(3 * width as usize).enumerate() {
        let turn = Turn {
            angle: angle.sin_cos(),
            size: [width, height],
            stride: stride as u32,
            source: &source,
            places: &mut places,
        };
        vectorised(
            #[inline(always)]
            move || turn.row(y, row),
        );
    }
    turned
}

/// Where a pixel comes from: the first byte of the upper left neighbour, and how far it is from
/// there.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    right: f32,
    below: f32,
}

/// The turning of one row.
struct Turn<'a> {
    /// Sine and cosine.
    angle: (f32, f32),
    size: [u32; 2],
    stride: u32,
    source: &'a [u8],
    places: &'a mut [Place],
}

impl Turn<'_> {
    #[inline(always)]
    fn row(self, y: usize, out: &mut [u8]) {
        let (sin, cos) = self.angle;
        let [last_x, last_y] = self.size.map(|side| (side - 1) as f32);
        let (middle_x, middle_y) = (last_x / 2.0, last_y / 2.0);
        let dy = y as f32 - middle_y;
        for at in 0..self.places.len() {
            let dx = at as f32 - middle_x;
            let x = (middle_x + cos * dx - sin * dy).clamp(0.0, last_x);
            let y = (middle_y + sin * dx + cos * dy).clamp(0.0, last_y);
            let (left, top) = (x as i32, y as i32);
            self.places[at] = Place {
                start: top as u32 * self.stride + 3 * left as u32,
                right: x - left as f32,
                below: y - top as f32,
            };
        }
        for at in 0..self.places.len() {
            let place = self.places[at];
            let upper = pair(self.source, place.start as usize, place.right);
            let lower = pair(
                self.source,
                (place.start + self.stride) as usize,
                place.right,
            );
            for color in 0..3 {
                let value = upper[color] + (lower[color] - upper[color]) * place.below;
                out[3 * at + color] = (value + 0.5) as i32 as u8;
            }
        }
    }
}

/// Between a pixel and the one to its right; the fourth value has no meaning.
#[inline(always)]
fn pair(source: &[u8], start: usize, right: f32) -> [f32; 4] {
    let bytes = &source[start..start + 7];
    let mut values = [0.0; 4];
    for color in 0..4 {
        let here = f32::from(bytes[color]);
        values[color] = here + (f32::from(bytes[color + 3]) - here) * right;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    #[test]
    fn a_quarter_turn_exchanges_rows_and_columns() {
        let image = RgbImage::from_fn(9, 9, |x, y| Rgb([x as u8 * 20, y as u8 * 20, 7]));
        let turned = by(&image, std::f32::consts::FRAC_PI_2);
        for (x, y, pixel) in turned.enumerate_pixels() {
            assert_eq!(pixel, image.get_pixel(8 - y, x));
        }
    }

    /// Bilinear as it is defined, for each pixel by itself.
    fn defined(image: &RgbImage, angle: f32) -> RgbImage {
        let (sin, cos) = angle.sin_cos();
        let [right, bottom] = [image.width(), image.height()].map(|side| side - 1);
        let middle = [right, bottom].map(|side| side as f32 / 2.0);
        RgbImage::from_fn(image.width(), image.height(), |x, y| {
            let (dx, dy) = (x as f32 - middle[0], y as f32 - middle[1]);
            let x = (middle[0] + cos * dx - sin * dy).clamp(0.0, right as f32);
            let y = (middle[1] + sin * dx + cos * dy).clamp(0.0, bottom as f32);
            let at = |x: u32, y: u32, color: usize| {
                f32::from(image.get_pixel(x.min(right), y.min(bottom))[color])
            };
            let (left, top) = (x as u32, y as u32);
            Rgb(std::array::from_fn(|color| {
                let between = |a: f32, b: f32, share: f32| a + (b - a) * share;
                let line = |y| {
                    let (here, next) = (at(left, y, color), at(left + 1, y, color));
                    between(here, next, x.fract())
                };
                between(line(top), line(top + 1), y.fract()).round() as u8
            }))
        })
    }

    proptest! {
        #[test]
        fn pixels_are_those_of_the_definition(
            width in 1_u32..40,
            height in 1_u32..40,
            angle in -3.2_f32..3.2,
        ) {
            let image = RgbImage::from_fn(width, height, |x, y| {
                Rgb([(x * 37 + y * 91) as u8, (x * y * 17) as u8, (x * 5) as u8])
            });
            prop_assert_eq!(by(&image, angle), defined(&image, angle));
        }
    }

    #[test]
    fn the_border_is_repeated_outside() {
        let image = RgbImage::from_fn(40, 1, |x, _| Rgb([x as u8; 3]));
        let turned = by(&image, 0.5);
        assert!(turned.pixels().all(|pixel| pixel[0] == pixel[2]));
        // A line that is turned away is seen closer together.
        assert_eq!((turned[(0, 0)][0], turned[(39, 0)][0]), (2, 37));
    }
}
