//! From the components' samples to red, green and blue.

use super::header::Colours;
use super::idct::LANES;

/// Sixteen rows of one column, in one of red, green and blue.
pub(crate) type Colour<V> = [V; LANES];

/// Converts columns of the image; `planes` are as many as the colours have components.
#[inline(always)]
pub(super) fn convert<V: Copy + From<u8>>(
    colours: Colours,
    planes: [&[[u8; LANES]]; 4],
    rgb: &mut [Vec<Colour<V>>; 3],
) {
    let count = LANES * rgb[0].len();
    let planes = planes.map(|plane| plane.as_flattened());
    let at = |plane: usize| &planes[plane][..count];
    let [red, green, blue] = rgb;
    let red = &mut red.as_flattened_mut()[..count];
    let green = &mut green.as_flattened_mut()[..count];
    let blue = &mut blue.as_flattened_mut()[..count];
    match colours {
        Colours::Grey => {
            let grey = at(0);
            for at in 0..count {
                let value = V::from(grey[at]);
                (red[at], green[at], blue[at]) = (value, value, value);
            }
        }
        Colours::Rgb => {
            let [r, g, b] = [at(0), at(1), at(2)];
            for at in 0..count {
                (red[at], green[at], blue[at]) = (V::from(r[at]), V::from(g[at]), V::from(b[at]));
            }
        }
        Colours::YCbCr => {
            let [y, cb, cr] = [at(0), at(1), at(2)];
            for at in 0..count {
                let [r, g, b] = from_ycbcr(y[at], cb[at], cr[at]);
                (red[at], green[at], blue[at]) = (V::from(r), V::from(g), V::from(b));
            }
        }
        Colours::Cmyk | Colours::Ycck => {
            let [c, m, y, k] = [at(0), at(1), at(2), at(3)];
            for at in 0..count {
                let inks = match colours {
                    Colours::Ycck => from_ycbcr(c[at], m[at], y[at]).map(|value| 255 - value),
                    _ => [c[at], m[at], y[at]],
                };
                let [r, g, b] = inks.map(|ink| V::from(from_inverted_ink(ink, k[at])));
                (red[at], green[at], blue[at]) = (r, g, b);
            }
        }
    }
}

/// The conversion of JFIF, rounded as libjpeg does. Factors are split so that each fits 16 bits.
#[inline(always)]
fn from_ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let y = i32::from(y);
    let blueness = i32::from(i16::from(cb) - 128);
    let redness = i32::from(i16::from(cr) - 128);
    // 1.402 = 1 + 0.402; 1.772 = 2 − 0.228; 0.714 = 1 − 0.286.
    let red = y + redness + ((26_345 * redness + 32_768) >> 16);
    let green = y - redness + ((18_734 * redness - 22_554 * blueness + 32_768) >> 16);
    let blue = y + 2 * blueness + ((-14_942 * blueness + 32_768) >> 16);
    [byte(red), byte(green), byte(blue)]
}

#[inline(always)]
fn byte(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// What one ink and black leave of white, as Pillow computes it; both are given inverted.
#[inline(always)]
fn from_inverted_ink(ink: u8, black: u8) -> u8 {
    let white = i32::from(black);
    let product = (255 - i32::from(ink)) * white + 128;
    byte(white - (((product >> 8) + product) >> 8))
}
