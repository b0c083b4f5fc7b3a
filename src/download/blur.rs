//! Blurred boxes, such as faces: what img2dataset makes of bounding boxes.
//!
//! Each box is enlarged by a tenth of its longer side. The blurred image shows through a mask that
//! is blurred as well, so that boxes have no edges. One blur, as strong as the largest box needs,
//! serves them all.

use image::RgbImage;

/// The largest radius of a blur that is summed weight by weight; larger ones are three means.
const EXACT_RADIUS: usize = 24;

/// A box in pixels: from the first column and row to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    columns: [usize; 2],
    rows: [usize; 2],
}

/// Blurs boxes `[left, top, right, bottom]`, in fractions of the image's sides. What lies outside
/// the image is cut off; boxes without pixels and those that are no numbers are left out.
pub(super) fn boxes(image: &mut RgbImage, boxes: &[[f32; 4]]) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let mut longest = 0;
    let areas: Vec<Area> = boxes
        .iter()
        .filter(|corners| corners.iter().all(|corner| corner.is_finite()))
        .filter_map(|corners| {
            let (area, side) = enlarged(corners, width, height);
            longest = longest.max(side);
            area
        })
        .collect();
    if areas.is_empty() {
        return;
    }
    let radius = (0.1 * longest as f64).ceil().max(1.0) as usize;
    let around = around(&areas, radius, width, height);
    let blur = Blur::new(radius);
    let mask = blur.apply(around, [width, height], |x, y| {
        let inside = |area: &Area| {
            (area.columns[0]..area.columns[1]).contains(&x)
                && (area.rows[0]..area.rows[1]).contains(&y)
        };
        if areas.iter().any(inside) { 1.0 } else { 0.0 }
    });
    for colour in 0..3 {
        let samples = image.as_raw();
        let blurred = blur.apply(around, [width, height], |x, y| {
            f32::from(samples[(y * width + x) * 3 + colour])
        });
        let mut at = 0;
        for y in around.rows[0]..around.rows[1] {
            for x in around.columns[0]..around.columns[1] {
                if let Some(pixel) = image.get_pixel_mut_checked(x as u32, y as u32) {
                    let value = f32::from(pixel[colour]);
                    let mixed = value + (blurred[at] - value) * mask[at];
                    pixel[colour] = (mixed + 0.5) as u8;
                }
                at += 1;
            }
        }
    }
}

/// The pixels of a box with its margin, if there are any, and the length of its longer side.
fn enlarged(corners: &[f32; 4], width: usize, height: usize) -> (Option<Area>, i64) {
    let pixel =
        |corner: f32, side: usize| (f64::from(corner.clamp(-2.0, 3.0)) * side as f64) as i64;
    let [left, top, right, bottom] = [
        pixel(corners[0], width),
        pixel(corners[1], height),
        pixel(corners[2], width),
        pixel(corners[3], height),
    ];
    let side = (right - left).max(bottom - top);
    let margin = 0.1 * side as f64;
    let inside = |value: f64, side: usize| (value as i64).clamp(0, side as i64 - 1) as usize;
    let columns = [
        inside(left as f64 - margin, width),
        inside(right as f64 + margin, width),
    ];
    let rows = [
        inside(top as f64 - margin, height),
        inside(bottom as f64 + margin, height),
    ];
    let some = columns[0] < columns[1] && rows[0] < rows[1];
    (some.then_some(Area { columns, rows }), side)
}

/// All that a blur of the areas reaches.
fn around(areas: &[Area], radius: usize, width: usize, height: usize) -> Area {
    let least = |of: fn(&Area) -> usize| areas.iter().map(of).min().unwrap_or(0);
    let most = |of: fn(&Area) -> usize| areas.iter().map(of).max().unwrap_or(0);
    Area {
        columns: [
            least(|area| area.columns[0]).saturating_sub(radius),
            width.min(most(|area| area.columns[1]) + radius),
        ],
        rows: [
            least(|area| area.rows[0]).saturating_sub(radius),
            height.min(most(|area| area.rows[1]) + radius),
        ],
    }
}

/// A blur of one radius, by the Gauss function that OpenCV gives a kernel of that size.
enum Blur {
    /// Weights of the pixels from one radius before to one radius behind.
    Weights(Vec<f32>),
    /// Radii of three means, which together come close to it.
    Means([usize; 3]),
}

impl Blur {
    fn new(radius: usize) -> Self {
        let sigma = 0.3 * (radius as f64 - 1.0) + 0.8;
        if radius > EXACT_RADIUS {
            return Self::Means(means(sigma));
        }
        let weight = |at: i64| (-0.5 * (at as f64 / sigma).powi(2)).exp();
        let reach = radius as i64;
        let weights: Vec<f64> = match radius {
            // OpenCV keeps tables of the smallest ones.
            1 => vec![1.0, 2.0, 1.0],
            2 => vec![1.0, 4.0, 6.0, 4.0, 1.0],
            3 => vec![2.0, 7.0, 14.0, 18.0, 14.0, 7.0, 2.0],
            _ => (-reach..=reach).map(weight).collect(),
        };
        let total: f64 = weights.iter().sum();
        Self::Weights(weights.iter().map(|w| (w / total) as f32).collect())
    }

    fn radius(&self) -> usize {
        match self {
            Self::Weights(weights) => weights.len() / 2,
            Self::Means(radii) => radii.iter().sum(),
        }
    }

    /// The blurred values of an area, row by row; outside the image, `size`, it is mirrored.
    fn apply(&self, area: Area, size: [usize; 2], value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let [left, right] = area.columns;
        let [top, bottom] = area.rows;
        let (width, radius) = (right - left, self.radius() as i64);
        let [columns, rows] = [([left, right], size[0]), ([top, bottom], size[1])].map(
            |([first, end], side)| -> Vec<usize> {
                let places = first as i64 - radius..end as i64 + radius;
                places.map(|at| mirrored(at, side)).collect()
            },
        );
        let mut line = vec![[0.0]; columns.len()];
        // Rows that are blurred along their length, a strip of columns behind the other.
        let mut middle = vec![[0.0; STRIP]; width.div_ceil(STRIP) * rows.len()];
        for (at, &y) in rows.iter().enumerate() {
            for (value_here, &x) in line.iter_mut().zip(&columns) {
                *value_here = [value(x, y)];
            }
            for (x, blurred) in self.line(&line).into_iter().enumerate() {
                middle[x / STRIP * rows.len() + at][x % STRIP] = blurred[0];
            }
        }
        let mut out = vec![0.0; width * (bottom - top)];
        for (strip, lines) in middle.chunks_exact(rows.len()).enumerate() {
            for (row, blurred) in self.line(lines).into_iter().enumerate() {
                let columns = strip * STRIP..width.min((strip + 1) * STRIP);
                let count = columns.len();
                out[row * width..][columns].copy_from_slice(&blurred[..count]);
            }
        }
        out
    }

    /// Blurs lines that run side by side; what comes out is shorter by a radius on either end.
    fn line<const N: usize>(&self, line: &[[f32; N]]) -> Vec<[f32; N]> {
        match self {
            Self::Weights(weights) => line
                .windows(weights.len())
                .map(|window| {
                    let mut sums = [0.0; N];
                    for (values, weight) in window.iter().zip(weights) {
                        for lane in 0..N {
                            sums[lane] += values[lane] * weight;
                        }
                    }
                    sums
                })
                .collect(),
            Self::Means(radii) => {
                let first = mean(line, radii[0]);
                mean(&mean(&first, radii[1]), radii[2])
            }
        }
    }
}

/// Columns that are blurred at once.
const STRIP: usize = 16;

/// Means over a radius to either side.
fn mean<const N: usize>(line: &[[f32; N]], radius: usize) -> Vec<[f32; N]> {
    let count = 2 * radius + 1;
    let mut sums = [0.0_f64; N];
    let mut out = Vec::with_capacity(line.len());
    for (at, values) in line.iter().enumerate() {
        for lane in 0..N {
            sums[lane] += f64::from(values[lane]);
            if at >= count {
                sums[lane] -= f64::from(line[at - count][lane]);
            }
        }
        if at + 1 >= count {
            out.push(sums.map(|sum| (sum / count as f64) as f32));
        }
    }
    out
}

/// Radii of three means whose variances sum to that of a Gauss function.
fn means(sigma: f64) -> [usize; 3] {
    let ideal = (4.0 * sigma * sigma + 1.0).sqrt();
    let lower = ((ideal - 1.0) / 2.0) as usize;
    let length = (2 * lower + 1) as f64;
    let wanted = 12.0 * sigma * sigma - 3.0 * length * length - 12.0 * length - 9.0;
    let shorter = (wanted / (-4.0 * length - 4.0)).round().clamp(0.0, 3.0) as usize;
    std::array::from_fn(|at| if at < shorter { lower } else { lower + 1 })
}

/// The place inside that stands for one outside: mirrored about the outermost pixel.
fn mirrored(at: i64, side: usize) -> usize {
    if side == 1 {
        return 0;
    }
    let period = 2 * (side as i64 - 1);
    let at = at.rem_euclid(period);
    at.min(period - at) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;
    use proptest::prelude::*;

    fn checkered(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([((x + y) % 2 * 255) as u8, 7, 9]))
    }

    #[test]
    fn a_box_is_blurred_and_the_rest_stays() {
        let before = checkered(100, 80);
        let mut image = before.clone();
        boxes(&mut image, &[[0.4, 0.4, 0.6, 0.6]]);
        // The box is 20 × 16 pixels, 2 more on each side, and blurred 2 further.
        assert!(image[(50, 40)][0].abs_diff(128) < 20);
        for (x, y, pixel) in image.enumerate_pixels() {
            if !(36..64).contains(&x) || !(28..52).contains(&y) {
                assert_eq!(*pixel, before[(x, y)], "{x} {y}");
            }
        }
    }

    #[test]
    fn boxes_without_pixels_change_nothing() {
        let before = checkered(50, 50);
        let mut image = before.clone();
        let nothing = [f32::NAN, 0.0, 1.0, 1.0];
        boxes(
            &mut image,
            &[[0.5, 0.5, 0.4, 0.4], nothing, [2.0, 2.0, 3.0, 3.0]],
        );
        assert_eq!(image, before);
    }

    #[test]
    fn three_means_come_close_to_the_weights() {
        let step: Vec<[f32; 1]> = (0..400)
            .map(|at| [if at < 200 { 0.0 } else { 1.0 }])
            .collect();
        let blur = Blur::new(EXACT_RADIUS + 1);
        let sigma = 0.3 * EXACT_RADIUS as f64 + 0.8;
        let found = blur.line(&step);
        for (at, found) in found.iter().enumerate() {
            let place = (at + blur.radius()) as f64 - 199.5;
            let wanted = (1.0 + (place / sigma / std::f64::consts::SQRT_2).tanh()) / 2.0;
            assert!((f64::from(found[0]) - wanted).abs() < 0.05, "{place}");
        }
        let sum: f32 = found.windows(2).map(|pair| pair[1][0] - pair[0][0]).sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn any_boxes_are_survived(
            width in 1_u32..60,
            height in 1_u32..60,
            boxes in prop::collection::vec(prop::array::uniform4(any::<f32>()), 0..4),
            near in prop::collection::vec(prop::array::uniform4(-1.0_f32..2.0), 0..4),
        ) {
            let mut image = checkered(width, height);
            super::boxes(&mut image, &boxes);
            super::boxes(&mut image, &near);
        }
    }
}
