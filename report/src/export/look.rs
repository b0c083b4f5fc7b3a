//! How a strategy looks in print: a colour, a line pattern and a marker, so that copies in grey can still be read.

use super::canvas::{Canvas, PAPER, Stroke, solid};

/// After Okabe and Ito's set, with what is too bright for thin lines on white made darker.
const COLOURS: [&str; 8] = [
    "#005f9e", "#d55e00", "#00946c", "#000000", "#c873ae", "#6b5500", "#4798d9", "#6b1f5c",
];

/// The same, with 56 parts of white to 44 of colour.
const PALE: [&str; 8] = [
    "#8fb9d4", "#edb88f", "#8fd0be", "#8f8f8f", "#e7c1db", "#beb48f", "#aed2ee", "#be9cb7",
];

const DASHES: [&str; 5] = ["", "4 1.5", "1.2 1.4", "5 1.4 1.2 1.4", "2.5 1.2"];

/// The numbers of colours, dashes and markers have no common divisor, so that 280 looks differ.
const MARKERS: usize = 7;

/// The look of one strategy by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look(pub(super) usize);

impl Look {
    /// Its colour.
    pub(super) fn colour(self) -> &'static str {
        COLOURS[self.0 % COLOURS.len()]
    }

    /// Its line.
    pub(super) fn line(self) -> Stroke<'static> {
        Stroke {
            colour: self.colour(),
            width: 1.1,
            dash: DASHES[self.0 % DASHES.len()],
        }
    }

    /// The line of an interval, or of anything that stands back.
    pub(super) fn pale(self) -> Stroke<'static> {
        solid(PALE[self.0 % PALE.len()], 0.7)
    }

    /// Draws its marker about a point.
    pub(super) fn marker(self, canvas: &mut Canvas, x: f64, y: f64, hollow: bool) {
        marker(canvas, self.0 % MARKERS, self.colour(), (x, y), hollow);
    }
}

/// Draws a round marker of no strategy.
pub(super) fn dot(canvas: &mut Canvas, colour: &str, at: (f64, f64), hollow: bool) {
    marker(canvas, 0, colour, at, hollow);
}

fn marker(canvas: &mut Canvas, kind: usize, colour: &str, (x, y): (f64, f64), hollow: bool) {
    let data = match kind {
        0 => format!(
            "M{:.2} {y:.2}a2.1 2.1 0 1 0 4.2 0a2.1 2.1 0 1 0 -4.2 0z",
            x - 2.1
        ),
        1 => polygon(x, y, &[(-1.9, -1.9), (1.9, -1.9), (1.9, 1.9), (-1.9, 1.9)]),
        2 => polygon(x, y, &[(0.0, -2.6), (2.5, 1.9), (-2.5, 1.9)]),
        3 => polygon(x, y, &[(0.0, -2.8), (2.8, 0.0), (0.0, 2.8), (-2.8, 0.0)]),
        4 => polygon(x, y, &[(0.0, 2.6), (2.5, -1.9), (-2.5, -1.9)]),
        5 => polygon(x, y, &PLUS),
        _ => {
            let turned = |(x, y): (f64, f64)| (0.71 * (x - y), 0.71 * (x + y));
            polygon(x, y, &PLUS.map(turned))
        }
    };
    if hollow {
        canvas.shape(&data, PAPER, solid(colour, 0.9));
    } else {
        canvas.shape(&data, colour, solid(PAPER, 0.4));
    }
}

const PLUS: [(f64, f64); 12] = [
    (-0.9, -2.7),
    (0.9, -2.7),
    (0.9, -0.9),
    (2.7, -0.9),
    (2.7, 0.9),
    (0.9, 0.9),
    (0.9, 2.7),
    (-0.9, 2.7),
    (-0.9, 0.9),
    (-2.7, 0.9),
    (-2.7, -0.9),
    (-0.9, -0.9),
];

fn polygon(x: f64, y: f64, corners: &[(f64, f64)]) -> String {
    let points: Vec<String> = corners
        .iter()
        .map(|(dx, dy)| format!("{:.2} {:.2}", x + dx, y + dy))
        .collect();
    format!("M{}z", points.join("L"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    /// What full protanopia, deuteranopia and tritanopia make of linear RGB (Machado, Oliveira and Fernandes 2009, table 1).
    const VISIONS: [(&str, Matrix); 4] = [
        (
            "all cones",
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        ),
        (
            "no long-wave cones",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "no middle-wave cones",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "no short-wave cones",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn linear(hex: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| {
            let byte = u8::from_str_radix(&hex[at..at + 2], 16).expect("two hex digits");
            let c = f64::from(byte) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    fn times(matrix: &Matrix, [a, b, c]: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row[0] * a + row[1] * b + row[2] * c)
    }

    /// Oklab, in which equal distances look about equally different.
    fn oklab(rgb: [f64; 3]) -> [f64; 3] {
        let cones = times(
            &[
                [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
                [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
                [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
            ],
            rgb.map(|c| c.clamp(0.0, 1.0)),
        );
        times(
            &[
                [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
                [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
                [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
            ],
            cones.map(f64::cbrt),
        )
    }

    #[test]
    fn colours_differ_to_every_kind_of_colour_vision() {
        for (vision, matrix) in &VISIONS {
            let seen = COLOURS.map(|colour| oklab(times(matrix, linear(colour))));
            for (a, one) in seen.iter().enumerate() {
                for (b, other) in seen.iter().enumerate().skip(a + 1) {
                    let squares = one.iter().zip(other).map(|(x, y)| (x - y).powi(2));
                    let distance = squares.sum::<f64>().sqrt();
                    assert!(
                        distance > 0.065,
                        "{vision}: {a} and {b} are {distance} apart"
                    );
                }
            }
        }
    }

    #[test]
    fn thin_lines_are_visible_on_paper() {
        for colour in COLOURS {
            let [r, g, b] = linear(colour);
            let contrast = 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
            assert!(contrast >= 3.0, "{colour}: {contrast}");
        }
    }

    #[test]
    fn looks_repeat_late() {
        let signs = |n: usize| (n % COLOURS.len(), n % DASHES.len(), n % MARKERS);
        assert!((1..280).all(|n| signs(n) != signs(0)));
    }
}
