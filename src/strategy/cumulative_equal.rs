//! Cumulative-Equal: new pairs and a replay buffer of the same size, split equally over past steps.

use super::{Strategy, with_replay};

pub(super) struct CumulativeEqual;

impl Strategy for CumulativeEqual {
    fn name(&self) -> &'static str {
        "cumulative-equal"
    }

    fn description(&self) -> &'static str {
        "continues on new pairs and as many old ones, split equally over past steps"
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        with_replay(pool, &vec![1.0; pool.len() - 1])
    }
}
