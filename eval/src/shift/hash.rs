//! A fast hash of short texts, the same on every machine.
//!
//! Eight bytes at a time are mixed in by a multiplication whose halves are folded together. It
//! does not withstand texts made to collide, which cost time here and no wrong count.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from terms.
pub(super) type TermMap<K, V> = HashMap<K, V, BuildHasherDefault<TermHasher>>;

/// The state of a hash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TermHasher(u64);

/// Odd, with as many bits set as not: the golden ratio and π.
const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0x2439_58D1_F0C3_A6E9;

impl TermHasher {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ FIRST) * u128::from(SECOND);
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }
}

impl Hasher for TermHasher {
    fn write(&mut self, bytes: &[u8]) {
        // Eight bytes that end the text may overlap those before, so its length counts.
        self.0 ^= bytes.len() as u64;
        let (words, _) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.mix(last_word(bytes));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The last eight bytes of a text, or all of a shorter one.
fn last_word(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << 32;
    }
    bytes
        .iter()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The hash of a term.
pub(super) fn hash(term: &str) -> u64 {
    let mut hasher = TermHasher::default();
    hasher.write(term.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_like_terms_fill_all_bits_evenly() {
        let n = 20_000;
        let hashes: Vec<u64> = (0..n).map(|at| hash(&format!("red shoe {at}"))).collect();
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count();
            assert!(set.abs_diff(n / 2) < 350, "bit {bit}: {set}");
        }
        let mut distinct = hashes;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), n);
        for length in 0..40 {
            assert_ne!(hash(&"a".repeat(length)), hash(&"a".repeat(length + 1)));
        }
    }
}
