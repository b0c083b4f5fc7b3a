//! A resolver that knows only public addresses: what a name resolves to is checked where it is used.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::ClientConfig;
use super::address::{Forbidden, check_ip};
use super::once_cache::{Made, OnceCache};

/// How much memory remembered names take.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// How many names are looked up at once: more than this overwhelms small resolvers, and then names that
/// exist are not found.
const CONCURRENT_LOOKUPS: usize = 64;

/// No honest name has more addresses, and a connection needs one.
const MAX_ADDRESSES: usize = 32;

/// The name could not be looked up, which may be the name's fault or the resolver's.
#[derive(Clone, Debug, thiserror::Error)]
#[error("look the name up: {0}")]
pub(super) struct LookupFailed(Arc<str>);

type Found = Result<Arc<[SocketAddr]>, LookupFailed>;
type Lookup = dyn Fn(String) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>
    + Send
    + Sync;

/// The system's resolver with a memory and without the addresses that must not be reached. As connections are
/// made to the addresses that it returns and to no others, a name that changes between check and use gains
/// nothing.
#[derive(Clone)]
pub(super) struct PublicResolver {
    names: Arc<Names>,
    /// Whether every address passes.
    allow_private: bool,
}

struct Names {
    found: OnceCache<Found>,
    lookup: Box<Lookup>,
    lookups: AtomicU64,
    turns: Semaphore,
    ttl: Duration,
    missing_ttl: Duration,
}

impl fmt::Debug for PublicResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicResolver")
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

impl PublicResolver {
    pub(super) fn new(config: &ClientConfig) -> Self {
        let lookup = |name: String| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        };
        Self::with_lookup(config, Box::new(lookup))
    }

    fn with_lookup(config: &ClientConfig, lookup: Box<Lookup>) -> Self {
        Self {
            names: Arc::new(Names {
                found: OnceCache::new(CACHE_BYTES),
                lookup,
                lookups: AtomicU64::new(0),
                turns: Semaphore::new(CONCURRENT_LOOKUPS),
                ttl: config.name_ttl,
                missing_ttl: config.missing_name_ttl,
            }),
            allow_private: config.allow_private,
        }
    }

    /// How many names have been looked up so far.
    pub(super) fn lookups(&self) -> u64 {
        self.names.lookups.load(Ordering::Relaxed)
    }

    async fn addresses(
        &self,
        name: &str,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found = self.names.find(name).await?;
        let (public, refused) = split(found.iter().copied(), self.allow_private);
        match refused {
            // Said only when nothing is left, as a name may have addresses of both sorts.
            Some(refused) if public.is_empty() => Err(Forbidden {
                address: format!("{name} ({})", refused.address),
                what: refused.what,
            }
            .into()),
            _ => Ok(public),
        }
    }
}

impl Names {
    async fn find(&self, name: &str) -> Found {
        let name = name.to_ascii_lowercase();
        let made = self.found.get(&name, || async {
            // The semaphore is never closed.
            let _turn = self.turns.acquire().await;
            self.lookups.fetch_add(1, Ordering::Relaxed);
            let (value, ttl, bytes) = match (self.lookup)(name.clone()).await {
                Ok(mut found) => {
                    found.truncate(MAX_ADDRESSES);
                    let bytes = found.len() * size_of::<SocketAddr>();
                    (Ok(found.into()), self.ttl, bytes)
                }
                Err(error) => {
                    let error = LookupFailed(error.to_string().into());
                    let bytes = error.0.len();
                    (Err(error), self.missing_ttl, bytes)
                }
            };
            Ok::<_, LookupFailed>(Made { value, ttl, bytes })
        });
        made.await?
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn split(
    found: impl Iterator<Item = SocketAddr>,
    allow_private: bool,
) -> (Vec<SocketAddr>, Option<Forbidden>) {
    let mut refused = None;
    let public = found.filter(|address| match check_ip(address.ip()) {
        Err(error) if !allow_private => {
            refused = Some(error);
            false
        }
        _ => true,
    });
    (public.collect(), refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `public.test` has a public address, `private.test` a private one, others none.
    fn resolver(ttl: Duration) -> PublicResolver {
        let config = ClientConfig {
            name_ttl: ttl,
            missing_name_ttl: ttl,
            ..ClientConfig::default()
        };
        let lookup = |name: String| -> Pin<Box<dyn Future<Output = _> + Send>> {
            Box::pin(async move {
                tokio::task::yield_now().await;
                match name.as_str() {
                    "public.test" => Ok(vec![SocketAddr::from(([8, 8, 8, 8], 0))]),
                    "private.test" => Ok(vec![SocketAddr::from(([10, 0, 0, 1], 0))]),
                    _ => Err(std::io::Error::other("no such name")),
                }
            })
        };
        PublicResolver::with_lookup(&config, Box::new(lookup))
    }

    #[test]
    fn only_public_addresses_of_a_name_are_left() {
        let found = [
            SocketAddr::from(([10, 0, 0, 1], 0)),
            SocketAddr::from(([8, 8, 8, 8], 0)),
        ];
        assert_eq!(split(found.into_iter(), false).0, found[1..]);
        assert_eq!(split(found.into_iter(), true).0, found);
        assert!(split(found[..1].iter().copied(), false).1.is_some());
    }

    #[tokio::test]
    async fn one_lookup_serves_all_who_ask_for_a_name() {
        let resolver = resolver(Duration::from_secs(300));
        let ask = || resolver.addresses("public.test");
        let (a, b, c) = tokio::join!(ask(), ask(), resolver.addresses("PUBLIC.test"));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert!(ask().await.is_ok());
        assert_eq!(resolver.lookups(), 1);
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_remembered_for_a_while() {
        let resolver = resolver(Duration::from_millis(20));
        for _ in 0..3 {
            let error = resolver
                .addresses("missing.test")
                .await
                .expect_err("no name");
            assert!(error.is::<LookupFailed>() && error.to_string().ends_with("no such name"));
        }
        assert_eq!(resolver.lookups(), 1);
        tokio::time::sleep(Duration::from_millis(25)).await;
        assert!(resolver.addresses("missing.test").await.is_err());
        assert_eq!(resolver.lookups(), 2);
    }

    #[tokio::test]
    async fn a_remembered_address_is_checked_at_every_use() {
        let resolver = resolver(Duration::from_secs(300));
        for _ in 0..2 {
            let error = resolver
                .addresses("private.test")
                .await
                .expect_err("private");
            assert!(error.is::<Forbidden>(), "{error}");
        }
        assert_eq!(resolver.lookups(), 1);
    }
}
