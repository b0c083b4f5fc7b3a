//! Where an image goes in the model's square: torchvision's and open_clip's arithmetic.

use super::ImageError;
use super::filter::Side;
use crate::model::ResizeMode;

/// How one side of an image is resized, and where its pixels go in the square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) side: Side,
    /// Pixels of padding before the image's.
    pub(super) offset: usize,
}

/// Fits an image of `width` × `height` into a square; first across, then down.
///
/// # Errors
/// [`ImageError::Narrow`] when a side would lose all its pixels.
pub(super) fn fit(
    mode: ResizeMode,
    width: usize,
    height: usize,
    square: usize,
) -> Result<[Fit; 2], ImageError> {
    let resized = match mode {
        ResizeMode::Squash => [square, square],
        ResizeMode::Shortest => {
            let shorter = width.min(height);
            [width, height].map(|side| square * side / shorter)
        }
        ResizeMode::Longest => {
            let ratio = width.max(height) as f64 / square as f64;
            [width, height].map(|side| (side as f64 / ratio).round_ties_even() as usize)
        }
    };
    let across = placed(width, resized[0], square)?;
    let down = placed(height, resized[1], square)?;
    Ok([across, down])
}

/// Keeps the middle of a side that is too long, pads a side that is too short on both ends.
fn placed(source: usize, target: usize, square: usize) -> Result<Fit, ImageError> {
    if target == 0 {
        return Err(ImageError::Narrow);
    }
    // Python rounds halves to the even neighbour.
    let first = (target.saturating_sub(square) as f64 / 2.0).round_ties_even() as usize;
    let side = Side {
        source,
        start: 0.0,
        length: source as f64,
        target,
        kept: [first, target.min(first + square)],
    };
    let offset = square.saturating_sub(target) / 2;
    Ok(Fit { side, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Length, crop and padding of each side.
    fn sides(mode: ResizeMode, width: usize, height: usize) -> [(usize, [usize; 2], usize); 2] {
        let fits = fit(mode, width, height, 224).expect("both sides keep pixels");
        fits.map(|fit| (fit.side.target, fit.side.kept, fit.offset))
    }

    #[test]
    fn the_longer_side_is_cut_down_to_a_whole_number_of_pixels() {
        // 224 · 641 / 427 = 336.26; the middle starts at 56.
        let [across, down] = sides(ResizeMode::Shortest, 641, 427);
        assert_eq!(across, (336, [56, 280], 0));
        assert_eq!(down, (224, [0, 224], 0));
    }

    #[test]
    fn halves_of_a_pixel_go_to_the_even_side() {
        // 225 leaves half a pixel on each side, 227 leaves one and a half.
        assert_eq!(sides(ResizeMode::Shortest, 225, 224)[0].1, [0, 224]);
        assert_eq!(sides(ResizeMode::Shortest, 227, 224)[0].1, [2, 226]);
    }

    #[test]
    fn the_shorter_side_is_padded_less_before_than_behind() {
        let [across, down] = sides(ResizeMode::Longest, 100, 201);
        assert_eq!(across, (111, [0, 111], 56));
        assert_eq!(down, (224, [0, 224], 0));
    }

    #[test]
    fn squashing_keeps_everything() {
        let [across, down] = sides(ResizeMode::Squash, 10, 2000);
        assert_eq!((across, down), ((224, [0, 224], 0), (224, [0, 224], 0)));
    }

    #[test]
    fn a_side_without_pixels_is_refused() {
        assert!(fit(ResizeMode::Longest, 1, 5000, 224).is_err());
    }
}
