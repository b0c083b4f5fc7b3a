//! Openings: the first letters, and the lengths, of the words that begin lemmas. Most words of a caption begin none, and
//! cost only a look.

/// How many letters are looked at.
const LETTERS: usize = 4;

/// A set of hashes has so many bits: few enough for the fastest cache, and one in thirty is set.
const HASH_BITS: u32 = 16;

/// The hashes of the openings of all lemmas.
#[derive(Clone, Debug)]
pub(crate) struct Openings(Vec<u64>);

impl Openings {
    /// Of the words, in small letters, that begin lemmas.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut bits = vec![0; 1 << (HASH_BITS - 6)];
        for word in words {
            let mut letters = [0; LETTERS];
            for (letter, &byte) in letters.iter_mut().zip(word) {
                *letter = byte;
            }
            let (at, bit) = place(u32::from_le_bytes(letters), word.len());
            bits[at] |= 1 << bit;
        }
        Self(bits)
    }

    /// Whether a lemma may begin at this word of ASCII letters and digits; `false` is sure. What follows in the text is
    /// given too, as far as there is any: reading four letters at once is faster.
    #[inline]
    pub(crate) fn may_be(&self, word_and_more: &[u8], word_len: usize) -> bool {
        word_and_more.first_chunk().is_none_or(|&letters| {
            // This bit makes capitals small, and leaves digits.
            let small = u32::from_le_bytes(letters) | 0x2020_2020;
            let beyond = 8 * LETTERS.saturating_sub(word_len);
            let (at, bit) = place(small & (u32::MAX >> beyond), word_len);
            self.0[at] >> bit & 1 == 1
        })
    }
}

/// Where the bit of an opening is.
#[inline]
fn place(letters: u32, word_len: usize) -> (usize, u32) {
    let key = u64::from(letters) | (word_len as u64) << 32;
    // Fibonacci hashing: the high bits of a product with 2^64 / the golden ratio (Knuth, volume 3, section 6.4).
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - HASH_BITS);
    ((hash >> 6) as usize, (hash & 63) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_begins_a_lemma_may_begin_one() {
        let openings = Openings::new([b"zebra".as_slice(), b"ox", b"t", b"2cv"]);
        for (text, len) in [
            ("zebra", 5),
            ("ZEBRA's", 5),
            ("ox cart", 2),
            ("Ox", 2),
            ("T-shirt", 1),
            ("2CV,", 3),
        ] {
            assert!(openings.may_be(text.as_bytes(), len), "{text}");
        }
    }

    #[test]
    fn most_others_may_not() {
        let openings = Openings::new([b"zebra".as_slice(), b"ox", b"t"]);
        for (text, len) in [
            ("zebras", 6),
            ("zinc ", 4),
            ("oxen ", 4),
            ("the cat", 3),
            ("a hat", 1),
        ] {
            assert!(!openings.may_be(text.as_bytes(), len), "{text}");
        }
    }
}
