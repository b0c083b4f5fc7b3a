//! Near index: all hashes within a Hamming distance of another one, found exactly.
//!
//! With distance `d` the 128 bits are dealt out to `d + 1` bands: two hashes that differ in at most `d` bits are equal in one
//! band at least, so only hashes that share a band are compared.

use super::image_hash::ImageHash;

const BITS: u32 = 128;
/// A band is looked up by so many of its bits at most.
const MOST_BAND_BITS: u32 = 32;
/// So few are compared one by one.
const FEW: usize = 64;

/// Hashes that can be asked for the near ones.
pub(super) struct NearIndex {
    hashes: Vec<ImageHash>,
    distance: u32,
    /// For each band the hashes by the band's bits; none where comparing all is as good.
    bands: Vec<Vec<(u32, u32)>>,
}

impl NearIndex {
    /// An index of at most 2³² hashes that finds those within `distance` bits.
    pub(super) fn new(hashes: Vec<ImageHash>, distance: u32) -> Self {
        let mut index = Self {
            hashes,
            distance,
            bands: Vec::new(),
        };
        let bands = distance.saturating_add(1);
        let width = BITS / bands.min(BITS);
        let pays = width >= 32 || bands < 1 << (width - 1);
        if index.hashes.len() > FEW && pays {
            index.bands = (0..bands).map(|band| index.band(band)).collect();
        }
        index
    }

    fn band(&self, band: u32) -> Vec<(u32, u32)> {
        let entries = self.hashes.iter().zip(0_u32..);
        let mut entries: Vec<_> = entries
            .map(|(&hash, at)| (self.key(hash, band), at))
            .collect();
        entries.sort_unstable();
        entries
    }

    /// The bits of a hash that a band has: every `distance + 1`st, so that neighbours are in different bands.
    fn key(&self, hash: ImageHash, band: u32) -> u32 {
        let bits = (band..BITS).step_by(self.distance as usize + 1);
        bits.take(MOST_BAND_BITS as usize)
            .fold(0, |key, bit| key << 1 | (hash.0 >> bit) as u32 & 1)
    }

    /// Tells `each` of all hashes that are near, each once, with the distance.
    pub(super) fn within(&self, hash: ImageHash, mut each: impl FnMut(usize, u32)) {
        let near = |at: usize| {
            let distance = self.hashes[at].distance(hash);
            (distance <= self.distance).then_some(distance)
        };
        if self.bands.is_empty() {
            for at in 0..self.hashes.len() {
                if let Some(distance) = near(at) {
                    each(at, distance);
                }
            }
            return;
        }
        for (band, entries) in (0_u32..).zip(&self.bands) {
            let key = self.key(hash, band);
            let first = entries.partition_point(|entry| entry.0 < key);
            for &(_, at) in entries[first..].iter().take_while(|entry| entry.0 == key) {
                let Some(distance) = near(at as usize) else {
                    continue;
                };
                let same = |band| self.key(self.hashes[at as usize], band) == self.key(hash, band);
                if !(0..band).any(same) {
                    each(at as usize, distance);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(index: &NearIndex, hash: ImageHash) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        index.within(hash, |at, distance| found.push((at, distance)));
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn an_index_finds_what_comparing_all_finds(
            seeds in prop::collection::vec(any::<u128>(), 1..20),
            flips in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(0..128_u32, 0..12)), 70..200),
            distance in 0..24_u32,
        ) {
            let flipped: Vec<ImageHash> = flips.iter().map(|(seed, bits)| {
                ImageHash(bits.iter().fold(*seed.get(&seeds), |hash, bit| hash ^ 1 << bit))
            }).collect();
            let index = NearIndex::new(flipped.clone(), distance);
            for &seed in &seeds {
                let expected: Vec<(usize, u32)> = flipped.iter().enumerate()
                    .map(|(at, hash)| (at, hash.distance(ImageHash(seed))))
                    .filter(|&(_, bits)| bits <= distance)
                    .collect();
                prop_assert_eq!(found(&index, ImageHash(seed)), expected);
            }
        }
    }

    #[test]
    fn few_hashes_or_a_wide_distance_are_compared_one_by_one() {
        let many: Vec<ImageHash> = (0..1000).map(|n| ImageHash(n * 0x1_0001)).collect();
        assert_eq!(NearIndex::new(many.clone(), 6).bands.len(), 7);
        assert!(NearIndex::new(many[..10].to_vec(), 6).bands.is_empty());
        assert!(NearIndex::new(many, 100).bands.is_empty());
    }
}
