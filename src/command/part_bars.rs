//! Bars of work that has parts, one after the other.

use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

use super::bars::Bars;
use crate::progress::Progress;

/// A bar for each part, or a clock where a part has no length.
pub(super) struct PartBars<'a> {
    bars: &'a Bars,
    command: &'static str,
    unit: &'static str,
    current: Mutex<Option<ProgressBar>>,
}

impl<'a> PartBars<'a> {
    /// The bars of a command, over so many of `unit` each.
    pub(super) fn new(bars: &'a Bars, command: &'static str, unit: &'static str) -> Self {
        Self {
            bars,
            command,
            unit,
            current: Mutex::new(None),
        }
    }

    fn replace(&self, bar: Option<ProgressBar>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, bar) {
            before.finish_and_clear();
        }
    }
}

impl Drop for PartBars<'_> {
    fn drop(&mut self) {
        self.replace(None);
    }
}

impl Progress for PartBars<'_> {
    fn begin(&self, what: &str, rows: u64) {
        let name = format!("{} {what}", self.command);
        self.replace(Some(match rows {
            0 => self.bars.clock(&name),
            rows => self.bars.bar(&name, rows, self.unit),
        }));
    }

    fn advance(&self, rows: u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = current.as_ref() {
            bar.inc(rows);
        }
    }
}
