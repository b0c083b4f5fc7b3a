//! The viridis colours: even steps to every kind of colour vision, and in grey print.

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) [u8; 3]);

/// Eleven evenly spaced colours of the map; between them it is close to straight.
const ANCHORS: [[u8; 3]; 11] = [
    [0x44, 0x01, 0x54],
    [0x48, 0x24, 0x75],
    [0x41, 0x44, 0x87],
    [0x35, 0x5f, 0x8d],
    [0x2a, 0x78, 0x8e],
    [0x21, 0x91, 0x8c],
    [0x22, 0xa8, 0x84],
    [0x44, 0xbf, 0x70],
    [0x7a, 0xd1, 0x51],
    [0xbd, 0xdf, 0x26],
    [0xfd, 0xe7, 0x25],
];

/// The colour at `t` in [0, 1], dark to bright; beyond the ends it stays at the ends.
pub(super) fn viridis(t: f64) -> Colour {
    let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
    let place = t * (ANCHORS.len() - 1) as f64;
    let left = (place.floor() as usize).min(ANCHORS.len() - 2);
    let share = place - left as f64;
    let mix = |channel: usize| {
        let (a, b) = (
            f64::from(ANCHORS[left][channel]),
            f64::from(ANCHORS[left + 1][channel]),
        );
        (a + (b - a) * share).round() as u8
    };
    Colour([mix(0), mix(1), mix(2)])
}

impl Colour {
    /// As CSS and SVG write it.
    pub(super) fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The colour of text upon this one: white or black, whichever contrasts more.
    pub(super) fn ink(self) -> Self {
        let (white, black) = (Self([255; 3]), Self([0; 3]));
        if self.contrast(white) >= self.contrast(black) {
            white
        } else {
            black
        }
    }

    /// Contrast ratio as WCAG 2 defines it, 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let [r, g, b] = self.0.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable_on_every_colour() {
        for i in 0..=1000 {
            let colour = viridis(f64::from(i) / 1000.0);
            assert!(colour.contrast(colour.ink()) >= 4.5, "{colour:?}");
        }
    }

    #[test]
    fn brightness_grows_with_the_value() {
        let steps: Vec<f64> = (0..=100)
            .map(|i| viridis(f64::from(i) / 100.0).luminance())
            .collect();
        assert!(steps.is_sorted());
    }

    #[test]
    fn ends_hold_beyond_the_range() {
        assert_eq!(viridis(-1.0).hex(), "#440154");
        assert_eq!(viridis(2.0).hex(), "#fde725");
        assert_eq!(viridis(f64::NAN).hex(), "#440154");
    }
}
