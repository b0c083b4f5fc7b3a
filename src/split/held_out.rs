//! Held-out side: whether a pair is kept for evaluation, decided by its uid and a seed alone.

use sha2::{Digest, Sha256};

use crate::manifest::HeldOut;
use crate::uid::Uid;

/// The formula in words, for the record of a split.
pub(super) const FORMULA: &str = "held out when the first 8 bytes, big-endian, of SHA-256(seed as 8 bytes little-endian, uid as 16 bytes big-endian) are less than share * 2^64";

/// Whether `uid` is held out: when the first 8 bytes of SHA-256 over the seed (8 bytes, little-endian) and the uid
/// (16 bytes, big-endian), read as a big-endian number, are less than share · 2⁶⁴.
///
/// A pair keeps its side whatever other pairs there are, whatever the timeline, and a larger share holds out all that
/// a smaller one does.
pub fn is_held_out(uid: Uid, held_out: HeldOut) -> bool {
    let mut hash = Sha256::new();
    hash.update(held_out.seed.to_le_bytes());
    hash.update(uid.to_be_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    // Exact: a power of two only moves the exponent of the share.
    let below = (held_out.share * 2_f64.powi(64)) as u128;
    u128::from(u64::from_be_bytes(first)) < below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(share: f64, seed: u64) -> Vec<u128> {
        let held_out = HeldOut::new(share, seed).expect("a share");
        (0..10_000)
            .filter(|&uid| is_held_out(Uid(uid), held_out))
            .collect()
    }

    #[test]
    fn the_side_is_the_formula() {
        // python3: h=hashlib.sha256((7).to_bytes(8,'little')+(0x0123456789abcdef0123456789abcdef).to_bytes(16,'big'));
        //          int.from_bytes(h.digest()[:8],'big')/2**64
        let uid = Uid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let at = 0.41061799756196576;
        assert!(is_held_out(
            uid,
            HeldOut::new(at + 1e-9, 7).expect("a share")
        ));
        assert!(!is_held_out(
            uid,
            HeldOut::new(at - 1e-9, 7).expect("a share")
        ));
    }

    #[test]
    fn about_the_share_is_held_out_and_another_seed_holds_out_others() {
        let some = held(0.12, 0);
        assert!((1_100..1_300).contains(&some.len()), "{}", some.len());
        assert_ne!(some, held(0.12, 1));
        assert!(held(0.0, 0).is_empty());
        let more = held(0.2, 0);
        assert!(
            some.iter().all(|uid| more.contains(uid)),
            "a larger share holds out all that a smaller one does"
        );
    }
}
