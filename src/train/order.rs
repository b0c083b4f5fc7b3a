//! The order in which a step's samples are seen: a pure function of the seed, so that any position
//! can be found again.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A sample: which time step's pool, and which pair of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    pub(super) pool: usize,
    pub(super) pair: usize,
}

/// Draws from several pools by fixed shares, each pool without replacement within an epoch.
#[derive(Debug)]
pub(super) struct Order {
    shares: Vec<f64>,
    credit: Vec<f64>,
    shuffles: Vec<Shuffle>,
}

/// One pool's pairs in a new random order every epoch.
#[derive(Debug)]
struct Shuffle {
    seed: u64,
    stream: u64,
    epoch: u64,
    pairs: Vec<u32>,
    next: usize,
}

impl Shuffle {
    fn new(seed: u64, stream: u64, pairs: usize) -> Self {
        Self {
            seed,
            stream,
            epoch: 0,
            pairs: (0..pairs as u32).collect(),
            next: pairs,
        }
    }

    fn next(&mut self) -> usize {
        if self.next == self.pairs.len() {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            rng.set_stream((self.stream << 32) | self.epoch);
            self.pairs.sort_unstable();
            self.pairs.shuffle(&mut rng);
            self.epoch += 1;
            self.next = 0;
        }
        self.next += 1;
        self.pairs[self.next - 1] as usize
    }
}

impl Order {
    /// `pairs[i]` pairs in pool i, seen with share `shares[i]`; `stream` tells steps apart.
    pub(super) fn new(pairs: &[usize], shares: &[f64], seed: u64, stream: u64) -> Self {
        let shuffles = pairs
            .iter()
            .enumerate()
            .map(|(pool, &pairs)| Shuffle::new(seed, (stream << 16) | pool as u64, pairs))
            .collect();
        Self {
            shares: shares.to_vec(),
            credit: vec![0.0; shares.len()],
            shuffles,
        }
    }
}

impl Iterator for Order {
    type Item = Pick;

    /// The pool furthest behind its share is next, so that every stretch of samples holds the
    /// shares as exactly as whole numbers can.
    fn next(&mut self) -> Option<Pick> {
        for (credit, share) in self.credit.iter_mut().zip(&self.shares) {
            *credit += share;
        }
        let behind = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1).then(b.0.cmp(&a.0));
        let (pool, _) = self.credit.iter().enumerate().max_by(behind)?;
        self.credit[pool] -= 1.0;
        Some(Pick {
            pool,
            pair: self.shuffles[pool].next(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn shares_hold_over_any_stretch(old in 1_usize..50, new in 1_usize..50, share in 0.0_f64..1.0) {
            let order = Order::new(&[old, new], &[share, 1.0 - share], 3, 1);
            let picked = order.take(200).filter(|pick| pick.pool == 0).count() as f64;
            prop_assert!((picked - 200.0 * share).abs() <= 1.0 + 1e-9);
        }
    }

    #[test]
    fn a_pool_is_seen_whole_before_any_pair_comes_again() {
        let order = Order::new(&[10], &[1.0], 0, 0);
        let picks: Vec<usize> = order.take(20).map(|pick| pick.pair).collect();
        assert_eq!(picks[..10].iter().collect::<BTreeSet<_>>().len(), 10);
        assert_eq!(picks[10..].iter().collect::<BTreeSet<_>>().len(), 10);
        assert_ne!(picks[..10], picks[10..], "epochs have orders of their own");
    }

    #[test]
    fn seeds_and_steps_give_orders_of_their_own() {
        let picks = |seed, stream| {
            Order::new(&[100], &[1.0], seed, stream)
                .take(50)
                .collect::<Vec<_>>()
        };
        assert_eq!(picks(1, 2), picks(1, 2));
        assert_ne!(picks(1, 2), picks(2, 2));
        assert_ne!(picks(1, 2), picks(1, 3));
    }
}
