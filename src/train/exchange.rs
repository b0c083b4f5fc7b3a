//! Exchange: what the ranks tell each other that train one model together, each on its part of every batch.

mod launcher;
#[cfg(feature = "mpi")]
mod mpi;
mod tensors;
#[cfg(test)]
pub(super) mod threads;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use launcher::{ExchangeError, launched};
pub(super) use tensors::{shared_model, shared_tensors};

/// A rank's line to the others. All ranks make the same calls in the same order: each waits for the others in it.
pub trait Exchange {
    /// How many there are.
    fn ranks(&self) -> usize;

    /// Which one this is, from 0.
    fn rank(&self) -> usize;

    /// What every rank gives, in order of rank.
    fn gather(&self, own: &[u8]) -> Vec<Vec<u8>>;

    /// Sums of the values of all ranks; the same bits on every rank.
    fn sum(&self, values: &mut [f32]);

    /// What the first rank gives, on every rank. It may let the others wait for long.
    fn tell(&self, own: Vec<u8>) -> Vec<u8>;

    /// Ends all ranks at once, wherever they are, with this exit status.
    fn end(&self, status: u8) -> !;

    /// Whether this one speaks and writes for all.
    fn is_first(&self) -> bool {
        self.rank() == 0
    }
}

/// A process that trains by itself.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Exchange for Alone {
    fn ranks(&self) -> usize {
        1
    }

    fn rank(&self) -> usize {
        0
    }

    fn gather(&self, own: &[u8]) -> Vec<Vec<u8>> {
        vec![own.to_vec()]
    }

    fn sum(&self, _: &mut [f32]) {}

    fn tell(&self, own: Vec<u8>) -> Vec<u8> {
        own
    }

    fn end(&self, status: u8) -> ! {
        std::process::exit(status.into())
    }
}

/// What the first rank makes, on every rank. Where it fails the others wait for it to end them.
pub(super) fn of_first<T: Serialize + DeserializeOwned, E>(
    exchange: &dyn Exchange,
    make: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    if exchange.is_first() {
        let made = make()?;
        if exchange.ranks() > 1 {
            exchange.tell(serde_json::to_vec(&made).expect("it is plain data"));
        }
        return Ok(made);
    }
    let told = exchange.tell(Vec::new());
    Ok(serde_json::from_slice(&told).expect("the first rank wrote it"))
}

/// The first rank that gives something else than rank 0, and what that is.
pub(super) fn odd_rank(exchange: &dyn Exchange, own: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut all = exchange.gather(own);
    let odd = all.iter().position(|given| *given != all[0])?;
    Some((odd, all.swap_remove(odd)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_rank_makes_is_everyones() {
        let made = threads::run(3, |exchange| {
            of_first(exchange, || {
                assert!(exchange.is_first(), "nobody else is asked");
                Ok::<_, ()>((exchange.rank(), 0.1_f64))
            })
        });
        assert_eq!(made, [Ok((0, 0.1)); 3]);
    }

    #[test]
    fn the_rank_that_differs_is_found() {
        let odd = |values: [u8; 3]| {
            threads::run(3, |exchange| odd_rank(exchange, &[values[exchange.rank()]]))
        };
        assert_eq!(odd([5, 5, 5]), [None, None, None]);
        assert!(odd([5, 5, 6]).iter().all(|odd| *odd == Some((2, vec![6]))));
    }
}
