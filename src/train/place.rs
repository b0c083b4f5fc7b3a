//! The place of a rank's pairs in the whole batch.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};

use super::exchange::{Alone, Exchange};
use super::loader::Batch;

/// Where a rank's pairs stand among those of all ranks, in order of rank.
pub(super) struct Place<'a> {
    pub(super) exchange: &'a dyn Exchange,
    pub(super) own: Range<usize>,
    /// Pairs of the whole batch.
    pub(super) all: usize,
    /// Samples of the whole batch that were left out.
    pub(super) broken: u64,
}

/// The picks of a batch of `pairs` that a rank prepares: one at least, if there are not more ranks than pairs.
pub(super) fn part_of(pairs: usize, exchange: &dyn Exchange) -> Range<usize> {
    let (rank, ranks) = (exchange.rank(), exchange.ranks());
    rank * pairs / ranks..(rank + 1) * pairs / ranks
}

impl Place<'static> {
    /// All of a batch of `pairs`.
    pub(super) fn whole(pairs: usize) -> Self {
        Self {
            exchange: &Alone,
            own: 0..pairs,
            all: pairs,
            broken: 0,
        }
    }
}

impl<'a> Place<'a> {
    /// The place of a batch's part. Ranks may have left out different numbers of samples.
    pub(super) fn of(batch: &Batch, exchange: &'a dyn Exchange) -> Self {
        let counts = [batch.texts.captions() as u64, batch.broken];
        let all = exchange.gather(bytemuck::cast_slice(&counts));
        let all: Vec<Vec<u64>> = all
            .iter()
            .map(|bytes| bytemuck::pod_collect_to_vec(bytes))
            .collect();
        let pairs = |counts: &[Vec<u64>]| counts.iter().map(|of| of[0] as usize).sum();
        let before: usize = pairs(&all[..exchange.rank()]);
        Self {
            exchange,
            own: before..before + batch.texts.captions(),
            all: pairs(&all),
            broken: all.iter().map(|of| of[1]).sum(),
        }
    }

    /// Whether nobody else has a part.
    pub(super) fn is_whole(&self) -> bool {
        self.exchange.ranks() == 1
    }

    /// The features of the whole batch, given those of the own pairs in parts.
    ///
    /// # Shapes
    /// `[pairs, dim]` each, without a graph → `[all, dim]`.
    pub(super) fn gathered(&self, own: Vec<Tensor<2>>, device: &Device) -> Tensor<2> {
        if self.is_whole() {
            return Tensor::cat(own, 0);
        }
        let own = own.into_iter().flat_map(|rows| {
            let values = rows.into_data().try_into_vec::<f32>();
            values.expect("features are f32")
        });
        let own: Vec<f32> = own.collect();
        let all = self.exchange.gather(bytemuck::cast_slice(&own)).concat();
        let values: Vec<f32> = bytemuck::pod_collect_to_vec(&all);
        let dim = values.len() / self.all;
        Tensor::from_data(TensorData::new(values, [self.all, dim]), device)
    }

    /// The first rank's value: machines of another kind round otherwise, and all must decide alike.
    pub(super) fn firsts(&self, value: f32) -> f32 {
        let mut values = [if self.exchange.is_first() { value } else { 0.0 }];
        self.exchange.sum(&mut values);
        values[0]
    }

    /// The keys of the whole batch.
    pub(super) fn keys(&self, own: &[String]) -> Vec<String> {
        let all = self.exchange.gather(own.join("\n").as_bytes());
        let lines = all
            .iter()
            .flat_map(|keys| keys.split(|byte| *byte == b'\n'));
        lines
            .filter(|key| !key.is_empty())
            .map(|key| String::from_utf8_lossy(key).into_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::threads;
    use super::*;
    use crate::model::{TextPooling, TokenBatch};

    #[test]
    fn parts_are_all_of_a_batch_and_none_is_empty() {
        for (pairs, ranks) in [(8, 3), (3, 3), (128, 1), (10, 7)] {
            let parts = threads::run(ranks, |exchange| part_of(pairs, exchange));
            assert!(parts.iter().all(|part| !part.is_empty()), "{parts:?}");
            let all: Vec<usize> = parts.into_iter().flatten().collect();
            assert_eq!(all, (0..pairs).collect::<Vec<_>>());
        }
    }

    #[test]
    fn rows_and_keys_come_in_order_of_rank_whatever_was_left_out() {
        // Rank 1 could read none of its pairs.
        let readable = [2, 0, 1];
        let found = threads::run(3, |exchange| {
            let rank = exchange.rank();
            let keys: Vec<String> = (0..readable[rank])
                .map(|at| format!("{rank}-{at}"))
                .collect();
            let batch = Batch {
                pixels: Vec::new(),
                texts: TokenBatch::new(&vec![vec![1]; keys.len()], TextPooling::Argmax),
                keys,
                broken: 2 - readable[rank] as u64,
            };
            let place = Place::of(&batch, exchange);
            let device = Device::flex();
            let rows =
                batch.keys.iter().enumerate().map(|(at, _)| {
                    Tensor::<2>::from_floats([[rank as f32, at as f32, 0.5]], &device)
                });
            let all = place.gathered(rows.collect(), &device);
            assert_eq!(all.dims(), [3, 3]);
            let values = all.into_data().try_into_vec::<f32>().expect("f32");
            assert_eq!(values, [0.0, 0.0, 0.5, 0.0, 1.0, 0.5, 2.0, 0.0, 0.5]);
            assert_eq!(place.keys(&batch.keys), ["0-0", "0-1", "2-0"]);
            assert_eq!(place.firsts(rank as f32 + 5.0), 5.0);
            (place.own, place.all, place.broken)
        });
        assert_eq!(found, [(0..2, 3, 3), (2..2, 3, 3), (2..3, 3, 3)]);
    }
}
