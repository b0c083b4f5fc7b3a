//! A pace: the moments at which requests to one host may begin.

use std::time::{Duration, Instant};

/// Hands out moments that are at least an interval apart.
#[derive(Debug, Default)]
pub(super) struct Pace {
    next: Option<Instant>,
}

impl Pace {
    /// Takes the next moment and tells how long it is until then. Nobody gives a moment back: a request that
    /// is dropped while it waits leaves a gap.
    pub(super) fn take(&mut self, now: Instant, interval: Duration) -> Duration {
        if interval.is_zero() {
            return Duration::ZERO;
        }
        let turn = self.next.map_or(now, |next| next.max(now));
        // A moment beyond the clock's end is never reached, and then the pace stays as it is.
        self.next = turn.checked_add(interval).or(self.next);
        turn.duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_begin_an_interval_apart_and_idle_time_is_not_saved_up() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let second = Duration::from_secs(1);
        assert_eq!(pace.take(start, second), Duration::ZERO);
        assert_eq!(pace.take(start, second), second);
        assert_eq!(pace.take(start, second), second * 2);
        let later = start + second * 60;
        assert_eq!(pace.take(later, second), Duration::ZERO);
        assert_eq!(pace.take(later, second), second);
    }

    #[test]
    fn without_an_interval_nobody_waits() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for _ in 0..3 {
            assert_eq!(pace.take(start, Duration::ZERO), Duration::ZERO);
        }
        pace.take(start, Duration::MAX);
    }
}
