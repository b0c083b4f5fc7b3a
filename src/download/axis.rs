//! How much each sample along one side counts for each sample of the smaller side: the share of
//! it that the smaller one covers (OpenCV's `INTER_AREA`).
//!
//! A JPEG file's colours have samples of their own, often one for two pixels. That they are
//! interpolated on the way to pixels, averaged over an area, and averaged again in pairs to be
//! stored is all linear; so all of it goes into one set of weights.

/// The most samples that are summed by weights of eight bits; more have sixteen.
pub(super) const FEW: usize = 6;

/// One side of an image, and of the part of the smaller image that is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shrunk {
    /// Pixels before and after.
    pub(super) source: usize,
    pub(super) target: usize,
    /// Those after that are kept: from the first to before the second.
    pub(super) kept: [usize; 2],
    /// White pixels before them, and all pixels of the stored image.
    pub(super) before: usize,
    pub(super) stored: usize,
}

impl Shrunk {
    /// Pixels that are kept.
    pub(super) fn len(&self) -> usize {
        self.kept[1] - self.kept[0]
    }

    /// Where there are pairs of pixels: whether the first and the last kept one has a white
    /// partner.
    pub(super) fn has_white_partner(&self) -> [bool; 2] {
        let end = self.before + self.len();
        [self.before % 2 == 1, end % 2 == 1 && end < self.stored]
    }
}

/// How samples lie along that side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) samples: usize,
    /// Pixels for each.
    pub(super) ratio: usize,
    /// Whether three parts of the nearer and one of the other make a pixel, where there are two
    /// for a sample.
    pub(super) smooth: bool,
}

/// Weights along one side, all of them of the same number of samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Axis {
    starts: Vec<usize>,
    weights: Vec<u16>,
    taps: usize,
    shares: Shares,
}

impl Axis {
    /// Computes the weights anew: for each kept pixel, or if `pairs`, for each two of them.
    pub(super) fn set(&mut self, side: Shrunk, given: Given, pairs: bool) {
        let [first, end] = side.kept;
        let shares = &mut self.shares;
        shares.clear();
        // The first pixel is alone if the one before it is white.
        let alone = usize::from(pairs && side.has_white_partner()[0]);
        for target in first..first + alone {
            shares.begin();
            shares.cover(side, given, target);
        }
        for target in (first + alone..end).step_by(if pairs { 2 } else { 1 }) {
            shares.begin();
            shares.cover(side, given, target);
            if pairs {
                shares.cover(side, given, (target + 1).min(end - 1));
            }
        }
        self.taps = shares.longest();
        self.starts.clear();
        self.weights.clear();
        for (start, shares) in shares.iter() {
            // Near the end, weights of nothing come first.
            let before = (start + self.taps).saturating_sub(given.samples);
            self.starts.push(start - before);
            let from = self.weights.len();
            self.weights.resize(from + before, 0);
            self.weights.extend(whole(shares, one(self.taps)));
            self.weights.resize(from + self.taps, 0);
        }
    }

    /// Samples that are made.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Samples that count for each.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// The first sample that counts, and the weights from there on.
    #[inline(always)]
    pub(super) fn of(&self, at: usize) -> (usize, &[u16]) {
        (
            self.starts[at],
            &self.weights[at * self.taps..][..self.taps],
        )
    }

    /// Samples that count for anything, from the first to before the second.
    pub(super) fn needed(&self) -> [usize; 2] {
        let start = self.starts.iter().min().copied().unwrap_or(0);
        let last = self.starts.iter().max().copied().unwrap_or(0);
        [start, last + self.taps]
    }
}

/// What samples add to each result, from the first one that adds anything.
#[derive(Clone, Debug, Default)]
struct Shares {
    /// For each result, the first sample and where its shares begin.
    results: Vec<(usize, usize)>,
    shares: Vec<f32>,
}

impl Shares {
    fn clear(&mut self) {
        self.results.clear();
        self.shares.clear();
    }

    /// Begins with another result.
    fn begin(&mut self) {
        self.results.push((usize::MAX, self.shares.len()));
    }

    /// Adds what the pixel `target` covers.
    #[inline(always)]
    fn cover(&mut self, side: Shrunk, given: Given, target: usize) {
        let scale = side.source as f64 / side.target as f64;
        let (from, to) = (target as f64 * scale, (target + 1) as f64 * scale);
        for pixel in from as usize..side.source.min(to as usize + 1) {
            let covered = to.min((pixel + 1) as f64) - from.max(pixel as f64);
            // A share this small is rounding.
            if covered > 1e-9 {
                self.pixel(given, pixel, covered as f32);
            }
        }
    }

    #[inline(always)]
    fn pixel(&mut self, given: Given, pixel: usize, weight: f32) {
        if given.ratio == 1 {
            return self.sample(given, pixel, weight);
        }
        let here = pixel / given.ratio;
        if given.ratio != 2 || !given.smooth {
            return self.sample(given, here, weight);
        }
        // In order, for the first that comes is the first that counts.
        if pixel.is_multiple_of(2) {
            self.sample(given, here.saturating_sub(1), 0.25 * weight);
            self.sample(given, here, 0.75 * weight);
        } else {
            self.sample(given, here, 0.75 * weight);
            self.sample(given, here + 1, 0.25 * weight);
        }
    }

    #[inline(always)]
    fn sample(&mut self, given: Given, sample: usize, weight: f32) {
        let sample = sample.min(given.samples - 1);
        let Some((start, from)) = self.results.last_mut() else {
            return;
        };
        *start = (*start).min(sample);
        let at = *from + sample - *start;
        match self.shares.get_mut(at) {
            Some(share) => *share += weight,
            None => {
                self.shares.resize(at, 0.0);
                self.shares.push(weight);
            }
        }
    }

    /// First sample and shares of each result.
    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let ends = self.results.iter().skip(1).map(|&(_, from)| from);
        let ends = ends.chain([self.shares.len()]);
        let results = self.results.iter().zip(ends);
        results.map(|(&(start, from), end)| (start, &self.shares[from..end]))
    }

    /// The most shares of a result.
    fn longest(&self) -> usize {
        self.iter()
            .map(|(_, shares)| shares.len())
            .max()
            .unwrap_or(1)
    }
}

/// The whole of a weight. With few samples, products have sixteen bits.
pub(super) fn one(taps: usize) -> u32 {
    if taps <= FEW { 1 << 8 } else { 1 << 16 }
}

/// Weights as whole numbers that sum to `one`, or to one less where only one counts.
fn whole(shares: &[f32], one: u32) -> impl Iterator<Item = u16> {
    let scale = one as f32 / shares.iter().sum::<f32>();
    let (mut sum, mut before) = (0.0, 0_u32);
    shares.iter().map(move |share| {
        sum += share;
        let now = (sum * scale + 0.5) as u32;
        let weight = now - before;
        before = now;
        u16::try_from(weight).unwrap_or(u16::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(source: usize, target: usize, given: Given, pairs: bool) -> Axis {
        let mut axis = Axis::default();
        let kept = [0, target];
        let side = Shrunk {
            source,
            target,
            kept,
            before: 0,
            stored: target,
        };
        axis.set(side, given, pairs);
        axis
    }

    fn pixels(samples: usize) -> Given {
        Given {
            samples,
            ratio: 1,
            smooth: true,
        }
    }

    #[test]
    fn a_pixel_counts_by_the_part_that_is_covered() {
        let axis = axis(5, 2, pixels(5), false);
        let whole = f64::from(one(3)) / 2.5;
        for (at, wanted) in [(0, [1.0, 1.0, 0.5]), (1, [0.5, 1.0, 1.0])] {
            let (start, weights) = axis.of(at);
            assert_eq!(start, 2 * at);
            for (found, wanted) in weights.iter().zip(wanted) {
                assert!((f64::from(*found) - wanted * whole).abs() < 1.0);
            }
        }
    }

    #[test]
    fn at_the_same_size_a_sample_of_two_pixels_stays_mostly_itself() {
        let given = Given {
            samples: 3,
            ratio: 2,
            smooth: true,
        };
        let axis = axis(6, 6, given, true);
        assert_eq!(axis.len(), 3);
        // Pixels 2 and 3 are ¾ of sample 1 and ¼ of either neighbour.
        assert_eq!(axis.of(1), (0, &[32, 192, 32][..]));
    }

    proptest! {
        #[test]
        fn weights_sum_to_one_and_lie_inside(
            source in 1_usize..900,
            part in 0.0_f64..1.0,
            ratio in 1_usize..4,
            smooth: bool,
            pairs: bool,
        ) {
            let target = 1 + ((source - 1) as f64 * part) as usize;
            let samples = source.div_ceil(ratio);
            let axis = axis(source, target, Given { samples, ratio, smooth }, pairs);
            for at in 0..axis.len() {
                let (start, weights) = axis.of(at);
                prop_assert!(start + weights.len() <= samples);
                let sum: u32 = weights.iter().map(|&weight| u32::from(weight)).sum();
                let one = one(weights.len());
                prop_assert!(sum == one || sum == one - 1);
            }
            prop_assert_eq!(axis.needed()[1], samples);
        }
    }
}
