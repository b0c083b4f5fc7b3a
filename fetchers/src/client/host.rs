//! A host: how many requests it gets at once, how long it has asked to be left alone, whether it answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::ClientConfig;
use super::health::Health;
use super::pace::Pace;

/// No run lasts so long that a longer pause would be told from this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(7 * 86_400);

/// Beyond so many hosts those without a past are forgotten: a pool of pairs can name millions.
const REMEMBERED_HOSTS: usize = 4096;

/// Beyond so many hosts even pauses and failures are forgotten.
const MOST_HOSTS: usize = 131_072;

/// All hosts asked lately.
#[derive(Debug)]
pub(super) struct Hosts {
    concurrency: usize,
    give_up_after: u32,
    down_for: Duration,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    by_name: HashMap<String, Arc<Host>>,
    /// How many hosts there may be before idle ones are looked for; looking at every request would cost more
    /// than the request.
    sweep_at: usize,
}

impl Hosts {
    pub(super) fn new(config: &ClientConfig) -> Self {
        Self {
            concurrency: config.per_host_concurrency,
            give_up_after: config.give_up_after,
            down_for: config.down_for,
            known: Mutex::new(Known {
                by_name: HashMap::new(),
                sweep_at: REMEMBERED_HOSTS,
            }),
        }
    }

    /// The host of a url; ports are told apart, as they are different servers.
    pub(super) fn of(&self, url: &Url) -> Arc<Host> {
        let name = format!(
            "{}:{}",
            url.host_str().unwrap_or_default(),
            url.port_or_known_default().unwrap_or_default()
        );
        let mut known = lock(&self.known);
        if let Some(host) = known.by_name.get(&name) {
            return Arc::clone(host);
        }
        if known.by_name.len() >= known.sweep_at {
            known.sweep();
        }
        let host = Arc::new(Host::new(self));
        known.by_name.insert(name, Arc::clone(&host));
        host
    }
}

impl Known {
    fn sweep(&mut self) {
        self.by_name
            .retain(|_, host| Arc::strong_count(host) > 1 || !host.has_no_past());
        if self.by_name.len() >= MOST_HOSTS {
            self.by_name.retain(|_, host| Arc::strong_count(host) > 1);
        }
        self.sweep_at = (self.by_name.len() * 2).max(REMEMBERED_HOSTS);
    }
}

/// One host.
#[derive(Debug)]
pub(super) struct Host {
    permits: Arc<Semaphore>,
    give_up_after: u32,
    down_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    paused_until: Option<Instant>,
    pace: Pace,
    health: Health,
}

impl Host {
    fn new(hosts: &Hosts) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(
                hosts.concurrency.clamp(1, Semaphore::MAX_PERMITS),
            )),
            give_up_after: hosts.give_up_after,
            down_for: hosts.down_for,
            state: Mutex::default(),
        }
    }

    /// Waits for a turn among the requests under way. It is an owned one, as a stream takes it along.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so this is never `None`.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Leaves the host alone for a while; a longer pause that is already agreed stays.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now().checked_add(wait.min(LONGEST_PAUSE));
        let mut state = lock(&self.state);
        state.paused_until = state.paused_until.max(until);
    }

    /// What is left of the pause.
    pub(super) fn pause_left(&self) -> Duration {
        lock(&self.state)
            .paused_until
            .map_or(Duration::ZERO, |until| {
                until.saturating_duration_since(Instant::now())
            })
    }

    /// How long to wait for the next moment at which a request may begin.
    pub(super) fn take_moment(&self, interval: Duration) -> Duration {
        lock(&self.state).pace.take(Instant::now(), interval)
    }

    /// Whether the host has stopped answering and is spared for now.
    pub(super) fn is_down(&self) -> bool {
        lock(&self.state).health.is_down(Instant::now())
    }

    /// Whether the host may be asked, as far as its health goes.
    pub(super) fn admits(&self) -> bool {
        lock(&self.state)
            .health
            .admits(Instant::now(), self.down_for)
    }

    /// The host answered.
    pub(super) fn answered(&self) {
        lock(&self.state).health.answered();
    }

    /// The host did not answer, or not to the end.
    pub(super) fn failed(&self) {
        lock(&self.state)
            .health
            .failed(Instant::now(), self.give_up_after, self.down_for);
    }

    fn has_no_past(&self) -> bool {
        self.pause_left().is_zero() && lock(&self.state).health.is_sound()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that died while it held a lock cannot have left these half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(number: usize) -> Url {
        Url::parse(&format!("http://{number}.example.org/")).expect("a url")
    }

    #[test]
    fn hosts_with_a_past_outlive_those_without() {
        let hosts = Hosts::new(&ClientConfig::default());
        hosts.of(&url(0)).pause(Duration::from_secs(60));
        hosts.of(&url(1)).failed();
        for number in 2..3 * REMEMBERED_HOSTS {
            hosts.of(&url(number));
        }
        assert!(lock(&hosts.known).by_name.len() <= REMEMBERED_HOSTS + 2);
        assert!(!hosts.of(&url(0)).pause_left().is_zero());
        assert!(!lock(&hosts.of(&url(1)).state).health.is_sound());
    }

    #[test]
    fn memory_for_dead_hosts_is_bounded() {
        let hosts = Hosts::new(&ClientConfig::default());
        for number in 0..MOST_HOSTS * 3 {
            hosts.of(&url(number)).failed();
        }
        assert!(lock(&hosts.known).by_name.len() <= MOST_HOSTS * 2);
    }
}
