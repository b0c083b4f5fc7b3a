//! Hits and misses of two models on the same samples, counted.

use std::ops::{AddAssign, Sub};

use super::drop::{PairedDrop, Summary};
use super::resampling::Resampling;

/// Samples by who has them right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Both models.
    pub both: u64,
    /// Only A.
    pub a_only: u64,
    /// Only B.
    pub b_only: u64,
    /// None of them.
    pub neither: u64,
}

impl Table {
    /// Number of samples.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.both + self.a_only + self.b_only + self.neither
    }

    /// Counts one sample.
    pub fn count(&mut self, a: bool, b: bool) {
        *match (a, b) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.a_only,
            (false, true) => &mut self.b_only,
            (false, false) => &mut self.neither,
        } += 1;
    }

    /// The drop from A to B with McNemar's test; none without samples.
    #[must_use]
    pub fn drop(&self, resampling: &Resampling) -> Option<PairedDrop> {
        (self.samples() > 0).then(|| Summary::from(*self).drop(resampling))
    }
}

impl AddAssign for Table {
    fn add_assign(&mut self, other: Self) {
        self.both += other.both;
        self.a_only += other.a_only;
        self.b_only += other.b_only;
        self.neither += other.neither;
    }
}

impl Sub for Table {
    type Output = Self;

    /// The samples that are not in `part`, which is a part of them.
    fn sub(self, part: Self) -> Self {
        Self {
            both: self.both - part.both,
            a_only: self.a_only - part.a_only,
            b_only: self.b_only - part.b_only,
            neither: self.neither - part.neither,
        }
    }
}
