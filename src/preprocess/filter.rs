//! How much each source pixel counts for a pixel of the resized image: Pillow's weights.

use serde::{Deserialize, Serialize};

/// Bits of fraction that Pillow keeps of a weight.
pub(super) const FRACTION: u32 = 22;

/// The curve by which neighbouring pixels are weighed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// Cubic with a = −0.5, over two pixels to either side.
    #[default]
    Bicubic,
    /// A triangle, over one pixel to either side.
    Bilinear,
}

impl Interpolation {
    fn reach(self) -> f64 {
        match self {
            Self::Bicubic => 2.0,
            Self::Bilinear => 1.0,
        }
    }

    fn weight(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Bicubic => 0.0,
        }
    }
}

/// The part of one side of an image that is resized, and to what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Side {
    /// Pixels of the whole image.
    pub(super) source: usize,
    /// Where the part starts, and its length.
    pub(super) start: f64,
    pub(super) length: f64,
    /// Pixels that the part becomes.
    pub(super) target: usize,
    /// Those of them that are made: from the first to before the second.
    pub(super) kept: [usize; 2],
}

/// Whether Pillow resizes along columns before it does so along rows: when more rows are to go
/// than twice the columns.
pub(super) fn columns_first(across: Side, down: Side) -> bool {
    let gone = |side: Side| side.source as i64 - side.target as i64;
    gone(down) > 0 && gone(down) > 2 * gone(across)
}

/// Weights along one side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weights {
    /// For each pixel of the result, the first source pixel that counts.
    starts: Vec<usize>,
    /// How many count.
    counts: Vec<usize>,
    /// Weights of all results, `stride` for each.
    weights: Vec<i32>,
    stride: usize,
}

impl Weights {
    /// Computes the weights anew, in the memory of the old ones.
    ///
    /// As in Pillow, the filter widens with the reduction (antialias), and each weight is rounded
    /// to 22 bits of fraction.
    pub(super) fn set(&mut self, side: Side, interpolation: Interpolation) {
        let scale = side.length / side.target as f64;
        let widening = scale.max(1.0);
        let reach = interpolation.reach() * widening;
        let stride = 2 * reach.ceil() as usize + 1;
        self.set_each(side.kept, stride, |target, weights| {
            let centre = side.start + (target as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(side.source);
            weights.extend((first..end).map(|source| {
                let distance = (source as f64 - centre + 0.5) / widening;
                interpolation.weight(distance)
            }));
            first
        });
    }

    /// Computes the weights of the `kept` pixels anew: `weigh` appends those of one pixel, at most
    /// `stride`, and returns the first source pixel that counts. They may have any sum.
    pub(crate) fn set_each(
        &mut self,
        kept: [usize; 2],
        stride: usize,
        mut weigh: impl FnMut(usize, &mut Vec<f64>) -> usize,
    ) {
        self.stride = stride;
        self.starts.clear();
        self.counts.clear();
        self.weights.clear();
        let mut exact = Vec::with_capacity(stride);
        for target in kept[0]..kept[1] {
            exact.clear();
            let first = weigh(target, &mut exact);
            let total: f64 = exact.iter().sum();
            self.weights.extend(exact.iter().map(|weight| {
                let weight = weight / total * f64::from(1 << FRACTION);
                (weight + 0.5_f64.copysign(weight)) as i32
            }));
            self.starts.push(first);
            self.counts.push(exact.len());
            self.weights.resize(self.starts.len() * self.stride, 0);
        }
    }

    /// Pixels that are made.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The first source pixel that counts for a result, and the weights from there on.
    #[inline(always)]
    pub(super) fn of(&self, target: usize) -> (usize, &[i32]) {
        let from = target * self.stride;
        let weights = &self.weights[from..from + self.counts[target]];
        (self.starts[target], weights)
    }

    /// Source pixels that count for anything, from the first to before the second.
    pub(crate) fn needed(&self) -> [usize; 2] {
        let ends = self.starts.iter().zip(&self.counts);
        let end = ends.map(|(start, count)| start + count).max();
        let start = self.starts.iter().min().copied();
        [start.unwrap_or(0), end.unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(source: usize, target: usize, interpolation: Interpolation) -> Weights {
        let side = Side {
            source,
            start: 0.0,
            length: source as f64,
            target,
            kept: [0, target],
        };
        let mut weights = Weights::default();
        weights.set(side, interpolation);
        weights
    }

    #[test]
    fn a_side_of_the_right_length_stays_as_it_is() {
        let weights = weights(7, 7, Interpolation::Bicubic);
        for target in 0..7 {
            let (start, weights) = weights.of(target);
            for (at, &weight) in weights.iter().enumerate() {
                assert_eq!(weight >> FRACTION, i32::from(start + at == target));
            }
        }
    }

    #[test]
    fn weights_of_a_pixel_sum_to_one() {
        for interpolation in [Interpolation::Bicubic, Interpolation::Bilinear] {
            for (source, target) in [(100, 7), (7, 100), (1, 5), (640, 224)] {
                let weights = weights(source, target, interpolation);
                for target in 0..target {
                    let sum: i32 = weights.of(target).1.iter().sum();
                    assert!((sum - (1 << FRACTION)).abs() < 20, "{sum}");
                }
                assert_eq!(weights.needed(), [0, source]);
            }
        }
    }
}
