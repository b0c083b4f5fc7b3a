//! How a strategy looks everywhere: a colour, a line pattern and a marker, so that colour is never the only sign.
//!
//! The page and the figures for print take them from here.

use std::fmt::Write;

use super::number::trimmed;

/// A colour on white, on white where it stands back, and on the page's dark theme.
struct Colour {
    strong: &'static str,
    /// The strong one with 56 parts of white to 44.
    pale: &'static str,
    dark: &'static str,
}

const fn colour(strong: &'static str, pale: &'static str, dark: &'static str) -> Colour {
    Colour { strong, pale, dark }
}

/// After Okabe and Ito's set, with what is too bright for thin lines on white made darker; black is white where it is dark.
const COLOURS: [Colour; 8] = [
    colour("#005f9e", "#8fb9d4", "#5b8cff"),
    colour("#d55e00", "#edb88f", "#f99136"),
    colour("#00946c", "#8fd0be", "#3bbc85"),
    colour("#000000", "#8f8f8f", "#efede7"),
    colour("#c873ae", "#e7c1db", "#f7bccb"),
    colour("#6b5500", "#beb48f", "#94843f"),
    colour("#4798d9", "#aed2ee", "#9ed9ff"),
    colour("#6b1f5c", "#be9cb7", "#c585c9"),
];

/// Lengths of dashes and gaps: on the page in pixels, in print in points.
const DASHES: [(&str, &str); 5] = [
    ("", ""),
    ("7 3", "4 1.5"),
    ("2 3", "1.2 1.4"),
    ("9 3 2 3", "5 1.4 1.2 1.4"),
    ("4 2", "2.5 1.2"),
];

/// The numbers of colours, dashes and markers have no common divisor, so that 280 looks differ.
const MARKERS: usize = 7;

/// A hollow marker is this much larger, so that a filled one upon it leaves its ring.
const HOLLOW: f64 = 1.15;

/// The look of one strategy by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look(pub(super) usize);

impl Look {
    fn colours(self) -> &'static Colour {
        &COLOURS[self.0 % COLOURS.len()]
    }

    /// Its colour on white.
    pub(super) fn colour(self) -> &'static str {
        self.colours().strong
    }

    /// Its colour on white where it stands back.
    pub(super) fn pale_colour(self) -> &'static str {
        self.colours().pale
    }

    /// The class that has its colour on the page.
    pub(super) fn class(self) -> String {
        format!("c{}", self.0 % COLOURS.len())
    }

    /// The line pattern on the page.
    pub(super) fn dash(self) -> &'static str {
        DASHES[self.0 % DASHES.len()].0
    }

    /// The line pattern in print.
    pub(super) fn print_dash(self) -> &'static str {
        DASHES[self.0 % DASHES.len()].1
    }

    /// Path data of its marker around a point, `size` from there to a corner.
    pub(super) fn outline(self, at: (f64, f64), size: f64, hollow: bool) -> String {
        outline(self.0 % MARKERS, at, size, hollow)
    }

    /// SVG of the marker around a point on the page, carrying its tooltip.
    pub(super) fn marker(self, x: f64, y: f64, hollow: bool, tip: &str) -> String {
        let class = if hollow { "dot hollow" } else { "dot" };
        format!(
            "<path class=\"{class}\" d=\"{}\"><title>{}</title></path>",
            self.outline((x, y), 5.0, hollow),
            super::escape::text(tip)
        )
    }

    /// The sign beside the strategy's name in tables and legends.
    pub(super) fn swatch(self) -> String {
        format!(
            "<svg class=\"swatch {}\" viewBox=\"0 0 30 12\" width=\"30\" height=\"12\" aria-hidden=\"true\">\
             <path class=\"line\" d=\"M0 6H30\" stroke-dasharray=\"{}\"/>{}</svg>",
            self.class(),
            self.dash(),
            self.marker(15.0, 6.0, false, "")
                .replace("<title></title>", "")
        )
    }
}

/// Path data of the round marker, which belongs to no strategy alone.
pub(super) fn round(at: (f64, f64), size: f64, hollow: bool) -> String {
    outline(0, at, size, hollow)
}

/// The page's classes of colours, in both themes.
pub(super) fn style() -> String {
    let variables = |of: fn(&Colour) -> &'static str| {
        let mut variables = String::new();
        for (place, colour) in COLOURS.iter().enumerate() {
            write!(variables, " --c{place}: {};", of(colour)).expect(WRITES);
        }
        variables
    };
    let (light, dark) = (variables(|c| c.strong), variables(|c| c.dark));
    let mut style = format!(
        ":root {{{light} }}\n\
         @media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=\"light\"]) {{{dark} }} }}\n\
         @media screen {{ :root[data-theme=\"dark\"] {{{dark} }} }}\n"
    );
    for place in 0..COLOURS.len() {
        writeln!(style, ".c{place} {{ --c: var(--c{place}); }}").expect(WRITES);
    }
    style
}

const WRITES: &str = "writing to a string cannot fail";

/// Corners of the markers that are no circles, for a size of one.
const SQUARE: [(f64, f64); 4] = [(-0.71, -0.71), (0.71, -0.71), (0.71, 0.71), (-0.71, 0.71)];
const UP: [(f64, f64); 3] = [(0.0, -0.96), (0.92, 0.71), (-0.92, 0.71)];
const DOWN: [(f64, f64); 3] = [(0.0, 0.96), (0.92, -0.71), (-0.92, -0.71)];
const DIAMOND: [(f64, f64); 4] = [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)];
const PLUS: [(f64, f64); 12] = [
    (-0.33, -1.0),
    (0.33, -1.0),
    (0.33, -0.33),
    (1.0, -0.33),
    (1.0, 0.33),
    (0.33, 0.33),
    (0.33, 1.0),
    (-0.33, 1.0),
    (-0.33, 0.33),
    (-1.0, 0.33),
    (-1.0, -0.33),
    (-0.33, -0.33),
];

fn outline(kind: usize, (x, y): (f64, f64), size: f64, hollow: bool) -> String {
    let size = if hollow { HOLLOW * size } else { size };
    let polygon = |corners: &[(f64, f64)]| {
        let place = |(dx, dy): &(f64, f64)| format!("{:.2} {:.2}", x + size * dx, y + size * dy);
        let corners: Vec<String> = corners.iter().map(place).collect();
        format!("M{}z", corners.join("L"))
    };
    match kind {
        0 => {
            let left = x - 0.8 * size;
            let [r, d] = [0.8, 1.6].map(|share| trimmed(share * size));
            format!("M{left:.2} {y:.2}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z")
        }
        1 => polygon(&SQUARE),
        2 => polygon(&UP),
        3 => polygon(&DIAMOND),
        4 => polygon(&DOWN),
        5 => polygon(&PLUS),
        _ => polygon(&PLUS.map(|(x, y)| (0.71 * (x - y), 0.71 * (x + y)))),
    }
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

    fn themes() -> [[&'static str; 8]; 2] {
        [
            COLOURS.each_ref().map(|colour| colour.strong),
            COLOURS.each_ref().map(|colour| colour.dark),
        ]
    }

    #[test]
    fn colours_differ_to_every_kind_of_colour_vision() {
        for colours in themes() {
            for (vision, matrix) in &VISIONS {
                let seen = colours.map(|colour| oklab(times(matrix, linear(colour))));
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
    }

    #[test]
    fn thin_lines_are_visible_in_both_themes() {
        let luminance = |colour: &str| {
            let [r, g, b] = linear(colour);
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        // Paper and card of the page's themes, in `page.css`.
        let behind = [["#ffffff", "#fcfbf8"], ["#1b1e24", "#14161a"]];
        for (colours, behind) in themes().into_iter().zip(behind) {
            for (colour, paper) in colours.iter().flat_map(|c| behind.map(|paper| (c, paper))) {
                let (a, b) = (luminance(colour), luminance(paper));
                let contrast = a.max(b) / a.min(b);
                assert!(contrast >= 3.0, "{colour} on {paper}: {contrast}");
            }
        }
    }

    #[test]
    fn pale_colours_are_the_strong_ones_and_white() {
        for Colour { strong, pale, .. } in &COLOURS {
            let byte = |hex: &str, at| {
                f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("two hex digits"))
            };
            for at in [1, 3, 5] {
                let mixed = 0.56 * 255.0 + 0.44 * byte(strong, at);
                assert!((byte(pale, at) - mixed).abs() < 1.0, "{strong} and {pale}");
            }
        }
    }

    #[test]
    fn looks_repeat_late() {
        let signs = |n: usize| (n % COLOURS.len(), n % DASHES.len(), n % MARKERS);
        assert!((1..280).all(|n| signs(n) != signs(0)));
    }

    #[test]
    fn print_and_page_share_their_patterns() {
        for (page, print) in DASHES {
            assert_eq!(
                page.split_whitespace().count(),
                print.split_whitespace().count()
            );
        }
    }
}
