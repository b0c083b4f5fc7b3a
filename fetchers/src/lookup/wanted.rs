//! The keys that rows ask an archive for, in bounded memory: a Bloom filter whose bits for one key share a cache line.

use crate::source::Key;

/// Bits of memory for a key while there is enough of it: one key in a few thousand passes in vain.
const BITS_PER_KEY: u64 = 16;
/// Bits set for a key.
const PROBES: u32 = 6;
/// A cache line.
const BLOCK_WORDS: usize = 8;
const BLOCK_BITS: u64 = BLOCK_WORDS as u64 * 64;
/// The filter never takes more than 256 MiB. With more than some hundred million keys more and more pass in vain, which
/// costs disk and time, not correctness; a table of that size is better dated in parts.
const MAX_BLOCKS: u64 = 1 << 22;
/// So many keys are kept as they are before the filter is begun, as only their number tells how large it has to be.
const MAX_KEPT: usize = 16 << 20;

/// Gathers keys.
#[derive(Debug, Default)]
pub struct WantedBuilder {
    kept: Vec<Key>,
    filter: Option<Wanted>,
}

impl WantedBuilder {
    /// Adds a key.
    pub fn insert(&mut self, key: Key) {
        match &mut self.filter {
            Some(filter) => filter.insert(key),
            None if self.kept.len() < MAX_KEPT => self.kept.push(key),
            None => {
                let mut filter = Wanted::with_blocks(MAX_BLOCKS);
                self.kept.drain(..).for_each(|kept| filter.insert(kept));
                self.kept.shrink_to_fit();
                filter.insert(key);
                self.filter = Some(filter);
            }
        }
    }

    /// The finished filter.
    pub fn finish(self) -> Wanted {
        self.filter.unwrap_or_else(|| {
            let blocks = (self.kept.len() as u64 * BITS_PER_KEY).div_ceil(BLOCK_BITS);
            let mut filter = Wanted::with_blocks(blocks.clamp(1, MAX_BLOCKS));
            self.kept.iter().for_each(|&key| filter.insert(key));
            filter
        })
    }
}

/// Which keys rows ask for.
#[derive(Debug)]
pub struct Wanted {
    blocks: Vec<[u64; BLOCK_WORDS]>,
}

impl Wanted {
    /// Begins to gather keys.
    pub fn builder() -> WantedBuilder {
        WantedBuilder::default()
    }

    fn with_blocks(blocks: u64) -> Self {
        Self {
            blocks: vec![[0; BLOCK_WORDS]; blocks as usize],
        }
    }

    fn insert(&mut self, key: Key) {
        let (block, bits) = self.place(key);
        for (word, mask) in bits {
            self.blocks[block][word] |= mask;
        }
    }

    /// Whether any row may ask for this key; never no for one that is asked for.
    pub fn may_hold(&self, key: Key) -> bool {
        let (block, mut bits) = self.place(key);
        bits.all(|(word, mask)| self.blocks[block][word] & mask != 0)
    }

    fn place(&self, key: Key) -> (usize, impl Iterator<Item = (usize, u64)> + use<>) {
        // Uids may be chosen by somebody; multiplied, their bits are spread.
        let mixed = ((key.0 >> 64) as u64 ^ key.0 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let spread = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let block = (u128::from(spread) * self.blocks.len() as u128) >> 64;
        let bits = spread.wrapping_mul(0x94d0_49bb_1331_11eb) ^ mixed;
        let probes = (0..PROBES).map(move |probe| {
            let bit = (bits >> (9 * probe)) % BLOCK_BITS;
            ((bit / 64) as usize, 1 << (bit % 64))
        });
        (block as usize, probes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_passes_and_few_others_do() {
        let keys = |range: std::ops::Range<u32>| range.map(|n| Key::of(&n.to_string()));
        for sequential in [false, true] {
            let mut wanted = Wanted::builder();
            let inside: Vec<Key> = if sequential {
                (0..10_000).map(Key).collect()
            } else {
                keys(0..10_000).collect()
            };
            inside.iter().for_each(|&key| wanted.insert(key));
            let wanted = wanted.finish();
            assert!(inside.iter().all(|&key| wanted.may_hold(key)));
            let passing = keys(10_000..110_000)
                .filter(|&key| wanted.may_hold(key))
                .count();
            assert!(passing < 500, "{passing} of 100000 pass in vain");
        }
    }
}
