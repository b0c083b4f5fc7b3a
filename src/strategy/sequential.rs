//! Sequential: continue from the last checkpoint on the new pairs alone.

use super::Strategy;

pub(super) struct Sequential;

impl Strategy for Sequential {
    fn name(&self) -> &'static str {
        "sequential"
    }

    fn description(&self) -> &'static str {
        "continues from the last checkpoint on the new step's pairs alone"
    }
}
