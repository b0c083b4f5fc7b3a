//! The bar over the updates of a strategy.

use std::cell::Cell;

use indicatif::ProgressBar;

use crate::train::{Progress, Pulse};

/// One bar for the updates of one strategy.
pub(super) struct UpdateBar {
    pub(super) bar: ProgressBar,
    /// Updates of the steps that are finished.
    pub(super) before: Cell<u64>,
}

impl Progress for UpdateBar {
    fn update(&self, pulse: &Pulse<'_>) {
        let position = self.before.get() + pulse.done;
        // Updates of an earlier call took no time of this one.
        let resumed = position > self.bar.position() + 1;
        self.bar.set_position(position);
        if resumed {
            self.bar.reset_eta();
        }
        let mut message = format!(
            "step {}, loss {:.2}, {:.0}% right, {:.0} pairs/s",
            pulse.step,
            pulse.loss,
            100.0 * pulse.accuracy,
            pulse.pairs_per_second
        );
        // Below that nothing is to be gained.
        if pulse.waiting_share > 0.03 {
            message += &format!(", {:.0}% waiting for data", 100.0 * pulse.waiting_share);
        }
        self.bar.set_message(message);
    }

    fn say(&self, line: &str) {
        self.bar.suspend(|| tracing::warn!("{line}"));
    }
}
