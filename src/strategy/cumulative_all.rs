//! Cumulative-All: continue from the last checkpoint on all pairs seen so far.

use super::Strategy;
use super::replay::in_proportion;

pub(super) struct CumulativeAll;

impl Strategy for CumulativeAll {
    fn name(&self) -> &'static str {
        "cumulative-all"
    }

    fn description(&self) -> &'static str {
        "continues from the last checkpoint on all pairs so far, in proportion to their number"
    }

    fn mixture(&self, pool: &[u64]) -> Vec<f64> {
        in_proportion(pool)
    }
}
