//! A minimum speed: cuts off bodies that drip.

use std::time::Duration;

use tokio::time::Instant;

/// Counts the bytes of one span after the other; each must bring its share.
#[derive(Debug)]
pub(super) struct Speed {
    least_bytes: u64,
    span: Duration,
    end: Instant,
    bytes: u64,
}

impl Speed {
    /// Begins with the first span. `None` if any speed will do.
    pub(super) fn new(now: Instant, min_bytes_per_second: u64, span: Duration) -> Option<Self> {
        let least_bytes = (min_bytes_per_second as f64 * span.as_secs_f64()).ceil() as u64;
        (least_bytes > 0).then_some(Self {
            least_bytes,
            span,
            end: now.checked_add(span)?,
            bytes: 0,
        })
    }

    /// When this span ends.
    pub(super) fn end(&self) -> Instant {
        self.end
    }

    /// Counts what came in.
    pub(super) fn add(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// Closes the span and begins the next; `false` if it brought too little.
    pub(super) fn next_span(&mut self, now: Instant) -> bool {
        let enough = self.bytes >= self.least_bytes;
        self.bytes = 0;
        self.end = now.checked_add(self.span).unwrap_or(now);
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_must_bring_its_share() {
        let now = Instant::now();
        let mut speed = Speed::new(now, 100, Duration::from_secs(2)).expect("a minimum");
        speed.add(100_000);
        assert!(speed.next_span(now));
        speed.add(199);
        assert!(!speed.next_span(now));
    }

    #[test]
    fn no_minimum_is_no_measurement() {
        assert!(Speed::new(Instant::now(), 0, Duration::from_secs(5)).is_none());
        assert!(Speed::new(Instant::now(), 5, Duration::ZERO).is_none());
    }
}
