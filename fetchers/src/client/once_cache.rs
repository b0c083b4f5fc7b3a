//! A cache whose values are made once, however many ask for them at the same time, and grow old.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

/// A value and its last moment; `None` is never.
#[derive(Debug)]
struct Kept<V> {
    value: V,
    until: Option<Instant>,
}

#[derive(Debug)]
struct Slots<V> {
    by_key: HashMap<String, Arc<OnceCell<Kept<V>>>>,
    bytes: usize,
}

/// What a key without a value takes, in bytes beside its name.
const SLOT_BYTES: usize = 128;

/// Values by name. When they have taken more than the capacity all are forgotten, which costs one more
/// question each and needs no book-keeping.
#[derive(Debug)]
pub(super) struct OnceCache<V> {
    slots: Mutex<Slots<V>>,
    capacity_bytes: usize,
}

/// A new value, how long it is good for, and roughly how much memory it takes.
#[derive(Debug)]
pub(super) struct Made<V> {
    pub(super) value: V,
    pub(super) ttl: Duration,
    pub(super) bytes: usize,
}

impl<V: Clone> OnceCache<V> {
    pub(super) fn new(capacity_bytes: usize) -> Self {
        let slots = Slots {
            by_key: HashMap::new(),
            bytes: 0,
        };
        Self {
            slots: Mutex::new(slots),
            capacity_bytes,
        }
    }

    /// The value of a key. If it has to be made, one of those who ask makes it and the others wait; when that
    /// one is dropped or meets an error, the next one takes over.
    pub(super) async fn get<E, F>(&self, key: &str, make: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<Made<V>, E>>,
    {
        let cell = self.cell(key);
        let made = cell.get_or_try_init(|| async {
            let Made { value, ttl, bytes } = make().await?;
            self.grow(&mut self.lock(), bytes);
            let until = Instant::now().checked_add(ttl);
            Ok(Kept { value, until })
        });
        made.await.map(|kept| kept.value.clone())
    }

    /// The cell of a key, a new one if the old value has had its time.
    fn cell(&self, key: &str) -> Arc<OnceCell<Kept<V>>> {
        let mut slots = self.lock();
        let is_old = |kept: &Kept<V>| kept.until.is_some_and(|until| until <= Instant::now());
        match slots.by_key.get(key) {
            Some(cell) if !cell.get().is_some_and(is_old) => Arc::clone(cell),
            _ => {
                self.grow(&mut slots, SLOT_BYTES + key.len());
                let cell = Arc::new(OnceCell::new());
                slots.by_key.insert(key.to_owned(), Arc::clone(&cell));
                cell
            }
        }
    }

    fn grow(&self, slots: &mut Slots<V>, bytes: usize) {
        slots.bytes = slots.bytes.saturating_add(bytes);
        if slots.bytes > self.capacity_bytes {
            slots.by_key.clear();
            slots.bytes = bytes;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots<V>> {
        // A thread that died while it held the lock cannot have left the map half changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn made(value: usize, ttl: Duration) -> Result<Made<usize>, &'static str> {
        Ok(Made {
            value,
            ttl,
            bytes: 1,
        })
    }

    #[tokio::test]
    async fn those_who_ask_together_share_one_answer() {
        let (cache, makes) = (OnceCache::new(2000), AtomicUsize::new(0));
        let ask = || {
            cache.get("a", || async {
                tokio::task::yield_now().await;
                made(makes.fetch_add(1, Ordering::Relaxed), HOUR)
            })
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (Ok(0), Ok(0), Ok(0)));
        assert_eq!(ask().await, Ok(0));
    }

    #[tokio::test]
    async fn old_values_and_errors_are_asked_for_again() {
        let cache = OnceCache::new(2000);
        assert_eq!(
            cache.get("a", || async { made(1, Duration::ZERO) }).await,
            Ok(1)
        );
        assert_eq!(cache.get("a", || async { made(2, HOUR) }).await, Ok(2));
        assert_eq!(cache.get("b", || async { Err("no") }).await, Err("no"));
        assert_eq!(cache.get("b", || async { made(3, HOUR) }).await, Ok(3));
    }

    #[tokio::test]
    async fn another_takes_over_from_one_who_is_dropped() {
        let cache = OnceCache::new(2000);
        let stuck = cache.get("a", || async {
            std::future::pending::<()>().await;
            made(1, HOUR)
        });
        let waited = tokio::time::timeout(Duration::from_millis(5), stuck).await;
        assert!(waited.is_err());
        assert_eq!(cache.get("a", || async { made(2, HOUR) }).await, Ok(2));
    }

    #[tokio::test]
    async fn the_cache_stays_within_its_capacity() {
        let cache = OnceCache::new(2000);
        for value in 0..1000 {
            let key = value.to_string();
            assert_eq!(
                cache.get(&key, || async { made(value, HOUR) }).await,
                Ok(value)
            );
            assert!(cache.lock().by_key.len() <= 2000 / SLOT_BYTES);
        }
    }
}
