//! How a strategy looks everywhere: a colour, a line pattern and a marker, so that colour is never the only sign.

use std::fmt::Write;

/// Colours defined in `style.css`; after these, looks repeat with another line pattern.
const COLOURS: usize = 8;

const DASHES: [&str; 5] = ["", "7 3", "2 3", "9 3 2 3", "4 2"];

/// The look of one strategy by its place in the list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look(pub(super) usize);

impl Look {
    /// The class that sets the colour in `style.css`.
    pub(super) fn class(self) -> String {
        format!("c{}", self.0 % COLOURS)
    }

    /// The line pattern.
    pub(super) fn dash(self) -> &'static str {
        DASHES[self.0 % DASHES.len()]
    }

    /// SVG of the marker around a point, carrying its tooltip.
    pub(super) fn marker(self, x: f64, y: f64, hollow: bool, tip: &str) -> String {
        let r = 4.0;
        let class = if hollow { "dot hollow" } else { "dot" };
        let tip = super::escape::text(tip);
        let shape = match self.0 % 6 {
            0 => format!(
                "M{:.1} {y:.1}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 -{} 0z",
                x - r,
                2.0 * r,
                2.0 * r
            ),
            1 => polygon(x, y, &[(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)]),
            2 => polygon(x, y, &[(0.0, -4.8), (4.6, 3.6), (-4.6, 3.6)]),
            3 => polygon(x, y, &[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)]),
            4 => polygon(x, y, &[(0.0, 4.8), (4.6, -3.6), (-4.6, -3.6)]),
            _ => polygon(
                x,
                y,
                &[
                    (-2.5, -4.4),
                    (2.5, -4.4),
                    (5.0, 0.0),
                    (2.5, 4.4),
                    (-2.5, 4.4),
                    (-5.0, 0.0),
                ],
            ),
        };
        format!("<path class=\"{class}\" d=\"{shape}\"><title>{tip}</title></path>")
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

fn polygon(x: f64, y: f64, corners: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (place, (dx, dy)) in corners.iter().enumerate() {
        let letter = if place == 0 { 'M' } else { 'L' };
        write!(path, "{letter}{:.1} {:.1}", x + dx, y + dy)
            .expect("writing to a string cannot fail");
    }
    path + "z"
}
