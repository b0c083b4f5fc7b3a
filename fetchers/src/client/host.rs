//! A host: how many requests it gets at once, and how long it has asked to be left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

/// No run lasts so long that a longer pause would be told from this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(7 * 86_400);

/// Beyond so many hosts the idle ones are forgotten: a pool of pairs can name millions.
const REMEMBERED_HOSTS: usize = 4096;

/// All hosts asked lately.
#[derive(Debug)]
pub(super) struct Hosts {
    concurrency: usize,
    by_name: Mutex<HashMap<String, Arc<Host>>>,
}

impl Hosts {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            by_name: Mutex::default(),
        }
    }

    /// The host of a url; ports are told apart, as they are different servers.
    pub(super) fn of(&self, url: &Url) -> Arc<Host> {
        let name = format!(
            "{}:{}",
            url.host_str().unwrap_or_default(),
            url.port_or_known_default().unwrap_or_default()
        );
        // A thread that died while it held the lock cannot have left the map half changed.
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if by_name.len() >= REMEMBERED_HOSTS {
            by_name.retain(|_, host| Arc::strong_count(host) > 1 || !host.pause_left().is_zero());
        }
        Arc::clone(
            by_name
                .entry(name)
                .or_insert_with(|| Arc::new(Host::new(self.concurrency))),
        )
    }
}

/// One host.
#[derive(Debug)]
pub(super) struct Host {
    permits: Semaphore,
    paused_until: Mutex<Option<Instant>>,
}

impl Host {
    fn new(concurrency: usize) -> Self {
        Self {
            permits: Semaphore::new(concurrency.max(1)),
            paused_until: Mutex::default(),
        }
    }

    /// Waits for a turn.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so this is never `None`.
        self.permits.acquire().await.ok()
    }

    /// Leaves the host alone for a while; a longer pause that is already agreed stays.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now().checked_add(wait.min(LONGEST_PAUSE));
        let mut paused = self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *paused = (*paused).max(until);
    }

    /// What is left of the pause.
    pub(super) fn pause_left(&self) -> Duration {
        let paused = self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        paused.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }
}
