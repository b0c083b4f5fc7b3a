//! A stream of random numbers that is a function of a seed and an index alone.
//!
//! Each resample of a bootstrap has a stream of its own, so that the result is the same bytes on
//! any number of threads.

/// SplitMix64 (Steele, Lea & Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    state: u64,
}

impl Stream {
    /// The `index`-th stream of a seed. Both are scrambled: unscrambled neighbours would be one
    /// sequence, shifted.
    pub(crate) fn new(seed: u64, index: usize) -> Self {
        Self {
            state: scramble(scramble(seed).wrapping_add(scramble(!(index as u64)))),
        }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.state)
    }

    /// A number below `bound`, by multiply-and-shift.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number in [0, 1) of 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn scramble(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn neighbouring_streams_share_no_numbers() {
        let numbers: BTreeSet<u64> = (0..1000)
            .flat_map(|index| {
                let mut stream = Stream::new(7, index);
                (0..100).map(move |_| stream.bits()).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(numbers.len(), 100_000);
    }

    #[test]
    fn numbers_below_a_bound_are_equally_frequent() {
        let mut counts = [0_u32; 7];
        let mut stream = Stream::new(1, 0);
        for _ in 0..70_000 {
            counts[stream.below(7)] += 1;
        }
        let chi: f64 = counts
            .iter()
            .map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0)
            .sum();
        // 99.9% of a χ² of six degrees of freedom.
        assert!(chi < 22.46, "{counts:?}");
    }
}
