//! A host's health: whether it still answers, and when to find out whether it is back.

use std::time::{Duration, Instant};

/// Counts failures in a row. A host with too many is down: one request is let through in a while, and its
/// success makes all well again.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures: u32,
    down_until: Option<Instant>,
}

impl Health {
    /// Whether the host is spared for now.
    pub(super) fn is_down(&self, now: Instant) -> bool {
        self.down_until.is_some_and(|until| now < until)
    }

    /// Whether a request may be made now. Whoever is let through to a host that is down is its only visitor
    /// for the next `down_for`.
    pub(super) fn admits(&mut self, now: Instant, down_for: Duration) -> bool {
        if self.is_down(now) {
            return false;
        }
        self.down_until = self.down_until.map(|_| later(now, down_for));
        true
    }

    /// A try failed.
    pub(super) fn failed(&mut self, now: Instant, give_up_after: u32, down_for: Duration) {
        self.failures = self.failures.saturating_add(1);
        if give_up_after > 0 && self.failures >= give_up_after {
            self.down_until = Some(later(now, down_for));
        }
    }

    /// The host answered, with whatever status.
    pub(super) fn answered(&mut self) {
        *self = Self::default();
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_sound(&self) -> bool {
        self.failures == 0
    }
}

fn later(now: Instant, wait: Duration) -> Instant {
    // A day is as good as for ever where the clock cannot express what was asked.
    now.checked_add(wait)
        .unwrap_or_else(|| now + Duration::from_secs(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn only_failures_in_a_row_make_a_host_down() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..2 {
            health.failed(now, 3, MINUTE);
        }
        health.answered();
        for _ in 0..2 {
            health.failed(now, 3, MINUTE);
        }
        assert!(health.admits(now, MINUTE));
        health.failed(now, 3, MINUTE);
        assert!(!health.admits(now, MINUTE));
    }

    #[test]
    fn one_request_finds_out_whether_a_host_is_back() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.failed(now, 1, MINUTE);
        let later = now + MINUTE;
        assert!(health.admits(later, MINUTE));
        assert!(!health.admits(later, MINUTE));
        health.answered();
        assert!(health.admits(later, MINUTE) && health.is_sound());
    }

    #[test]
    fn zero_never_gives_up() {
        let (mut health, now) = (Health::default(), Instant::now());
        for _ in 0..1000 {
            health.failed(now, 0, MINUTE);
        }
        assert!(health.admits(now, MINUTE));
    }
}
