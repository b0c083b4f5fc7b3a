//! The one network client: an honest name, time-outs, caps, polite retries, and no way into private networks.
//!
//! What it minds, a file each: which addresses are public ([`check_ip`]), what a robots.txt allows, how many
//! requests a host gets at once and in a second, the quotas and pauses that hosts ask for, whether a host
//! still answers, how fast a body must come in, which names were looked up lately, and where a secret may go.
//!
//! It uses no proxy, as a proxy would look names up itself, out of reach of the address check.

mod address;
mod config;
mod error;
mod exchange;
mod guard;
mod health;
mod host;
mod once_cache;
mod pace;
mod percent;
mod permission;
mod quota;
mod resolver;
mod retry;
mod robots;
mod speed;
mod stream;

pub use address::{Forbidden, check_ip};
pub use config::ClientConfig;
pub use error::ClientError;
pub use stream::Stream;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use url::Url;

use self::error::chain;
use self::exchange::Exchange;
use self::guard::Guard;
use self::host::{Host, Hosts};
use self::permission::Permissions;
use self::resolver::PublicResolver;
use self::retry::Verdict;
use self::stream::{Arrival, Rest};
use crate::source::{Reply, Request};

/// A chain of redirects longer than this is a circle or a trap.
const MAX_REDIRECTS: usize = 5;

/// How large the headers of an HTTP/2 reply may be, in bytes. For HTTP/1 the library's own limits, 100 headers
/// and about 400 kB, are fine.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Makes requests. Share it by `Arc`: connections, pauses and what is known about hosts are kept from one
/// request to the next.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    resolver: PublicResolver,
    hosts: Hosts,
    permissions: Permissions,
    interval: Duration,
    config: ClientConfig,
}

impl Client {
    /// Sets up TLS, the address check and the pool of connections.
    ///
    /// # Errors
    /// The system has no root certificates, the contact cannot stand in a header, or the rate is senseless.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let interval = config
            .interval()
            .map_err(|message| ClientError::Setup { message })?;
        let resolver = PublicResolver::new(&config);
        Ok(Self {
            http: connections(&config, &resolver)?,
            resolver,
            hosts: Hosts::new(&config),
            permissions: Permissions::new(),
            interval,
            config,
        })
    }

    /// Makes one request: follows redirects, checks every hop, tries again what may pass. It may be dropped at
    /// any moment.
    ///
    /// Any status but 408, 425, 429 and 5xx is a [`Reply`]: what it means is for the source to say.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::lasting`] tells what a later run would meet again.
    pub async fn send(&self, request: &Request) -> Result<Reply, ClientError> {
        let arrival = self.follow(request, self.config.robots, false).await?;
        Ok(arrival.into_reply())
    }

    /// Makes one request as [`Client::send`] does and leaves the body to be read piece by piece, however long it is.
    /// The time-out of a try ends with the headers; then the minimum speed holds. What fails within the body is not
    /// tried again: whoever reads knows how to go on from there.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn open<'a>(&'a self, request: &'a Request) -> Result<Stream<'a>, ClientError> {
        let arrival = self.follow(request, self.config.robots, true).await?;
        Ok(Stream::new(self, request, arrival))
    }

    /// How many names have been looked up so far; the other connections used a remembered address.
    pub fn lookups(&self) -> u64 {
        self.resolver.lookups()
    }

    async fn follow(
        &self,
        request: &Request,
        obey_robots: bool,
        as_stream: bool,
    ) -> Result<Arrival, ClientError> {
        let guard = Guard::new(request);
        let (mut url, mut hops) = (request.url.clone(), Vec::new());
        loop {
            self.check(&url)?;
            let delay = if obey_robots {
                let fetch = |robots| self.fetch_robots(robots);
                self.permissions.ask(&url, &self.config, fetch).await?
            } else {
                Duration::ZERO
            };
            let exchange = self.exchange(request, &guard, &url, as_stream);
            let (reply, rest) = self.ask(exchange, delay).await?;
            let Some(location) = redirects_to(&reply) else {
                let mut head = reply;
                for reply in hops.iter_mut().chain([&mut head]) {
                    redact(&guard, reply);
                }
                return Ok(Arrival { head, hops, rest });
            };
            if hops.len() == MAX_REDIRECTS {
                return Err(ClientError::TooManyRedirects {
                    url: Box::new(request.url.clone()),
                });
            }
            let target = guard.target(&url, location)?;
            hops.push(Reply {
                body: Vec::new(),
                ..reply
            });
            url = target;
        }
    }

    /// A request like any other, but for the question whether it is allowed. Boxed, as it is made within one.
    fn fetch_robots(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, ClientError>> + Send + '_>> {
        Box::pin(async move { Ok(self.follow(&request, false, false).await?.into_reply()) })
    }

    /// One hop. Its permit is given back before the next hop: two hosts that redirect to each other would
    /// otherwise wait for each other.
    async fn ask(
        &self,
        exchange: Exchange<'_>,
        crawl_delay: Duration,
    ) -> Result<(Reply, Option<Rest>), ClientError> {
        let url = exchange.url;
        let host = self.hosts.of(url);
        let permit = host.permit().await;
        let mut tried = 1;
        loop {
            self.wait_for(&host, url, crawl_delay).await?;
            let (result, response) = match exchange.make().await {
                Ok((reply, response)) => (Ok(reply), response),
                Err(error) => (Err(error), None),
            };
            note(&host, &result);
            match retry::judge(&result, tried, &self.config) {
                Verdict::Done => {
                    let rest = response.map(|response| Rest {
                        response,
                        speed: exchange.speed(),
                        host,
                        _permit: permit,
                    });
                    return result.map(|reply| (reply, rest));
                }
                Verdict::Pause(wait) => {
                    tracing::debug!(%url, tried, wait_ms = wait.as_millis(), "host is busy");
                    host.pause(wait);
                    if wait > self.config.longest_wait || tried >= self.config.tries {
                        return Err(busy(result, url));
                    }
                }
                Verdict::Again(wait) => {
                    tracing::debug!(%url, tried, wait_ms = wait.as_millis(), "asking again");
                    tokio::time::sleep(wait).await;
                }
                Verdict::GiveUp => return Err(busy(result, url)),
            }
            tried += 1;
        }
    }

    fn exchange<'a>(
        &'a self,
        request: &'a Request,
        guard: &'a Guard<'a>,
        url: &'a Url,
        as_stream: bool,
    ) -> Exchange<'a> {
        Exchange {
            http: &self.http,
            config: &self.config,
            request,
            guard,
            url,
            as_stream,
        }
    }

    fn check(&self, url: &Url) -> Result<(), ClientError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ClientError::Scheme {
                url: Box::new(url.clone()),
            });
        }
        if self.config.allow_private {
            return Ok(());
        }
        // Names are checked by the resolver, at the moment at which they are looked up for the connection.
        address::check_literal(url).map_err(|forbidden| ClientError::Forbidden {
            url: Box::new(url.clone()),
            forbidden,
        })
    }

    /// Waits until the host may be asked: until its pause is over and the next moment of its pace is there.
    async fn wait_for(
        &self,
        host: &Host,
        url: &Url,
        crawl_delay: Duration,
    ) -> Result<(), ClientError> {
        let down = || ClientError::HostDown {
            url: Box::new(url.clone()),
        };
        let mut patience = self.config.longest_wait;
        loop {
            // At once: whoever waits for nothing should not wait long.
            if host.is_down() {
                return Err(down());
            }
            let pause = host.pause_left();
            // Others may have the pause prolonged while this one waits.
            patience = patience
                .checked_sub(pause)
                .ok_or_else(|| ClientError::Paused {
                    url: Box::new(url.clone()),
                    seconds: pause.as_secs(),
                })?;
            sleep(pause).await;
            sleep(host.take_moment(self.interval.max(crawl_delay))).await;
            if host.pause_left().is_zero() {
                break;
            }
        }
        // Last, as whoever is let through to a host that is down has to ask it.
        if host.admits() { Ok(()) } else { Err(down()) }
    }
}

/// The pool of connections: HTTP/2 where the server offers it, keep-alive everywhere.
fn connections(
    config: &ClientConfig,
    resolver: &PublicResolver,
) -> Result<reqwest::Client, ClientError> {
    // An error means that the program has installed a provider already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(user_agent(config.contact.as_deref()))
        .connect_timeout(config.connect_timeout)
        .timeout(config.timeout)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .pool_max_idle_per_host(config.per_host_concurrency)
        .pool_idle_timeout(config.keep_alive)
        .http2_adaptive_window(true)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .dns_resolver(Arc::new(resolver.clone()))
        .build()
        .map_err(|error| ClientError::Setup {
            message: chain(&error),
        })
}

/// Lets the host's books know how a try went.
fn note(host: &Host, result: &Result<Reply, ClientError>) {
    match result {
        Ok(reply) => {
            host.answered();
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now_unix = now.unwrap_or_default().as_secs_f64();
            if let Some(pause) = quota::pause(reply, now_unix) {
                host.pause(pause);
            }
        }
        Err(ClientError::Transport { .. }) => host.failed(),
        Err(_) => {}
    }
}

/// Takes the secret out of a reply's headers.
fn redact(guard: &Guard<'_>, reply: &mut Reply) {
    for (_, value) in &mut reply.headers {
        *value = guard.redact(std::mem::take(value));
    }
}

fn redirects_to(reply: &Reply) -> Option<&str> {
    matches!(reply.status, 301 | 302 | 303 | 307 | 308)
        .then(|| reply.header(LOCATION.as_str()))
        .flatten()
}

/// Sleeps if there is something to sleep for: even no time at all takes the timer a millisecond.
async fn sleep(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// What this program calls itself: its name, its version, and whom to write to.
fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    contact.map_or(format!("ticclip/{version}"), |contact| {
        format!("ticclip/{version} ({contact})")
    })
}

fn busy(result: Result<Reply, ClientError>, url: &Url) -> ClientError {
    match result {
        Ok(reply) => ClientError::Busy {
            url: Box::new(url.clone()),
            status: reply.status,
        },
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn is_shared<T: Send + Sync>() {}
    const _: () = is_shared::<Client>();

    #[test]
    fn a_redirect_into_a_private_network_is_refused() {
        let client = Client::new(ClientConfig::default()).expect("a client");
        let request = Request::get(Url::parse("https://example.org/a").expect("a url"), 10);
        let hop = |location| {
            let target = Guard::new(&request).target(&request.url, location);
            client.check(&target?)
        };
        assert!(hop("https://example.net/b").is_ok());
        for location in [
            "http://127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "//[::1]/",
            "http://0x7f.1/",
            "http://10.1.2.3:8080/",
        ] {
            let error = hop(location).expect_err(location);
            assert!(matches!(error, ClientError::Forbidden { .. }), "{error}");
        }
        for location in ["file:///etc/passwd", "ftp://example.org/", "data:,x"] {
            let error = hop(location).expect_err(location);
            assert!(matches!(error, ClientError::Scheme { .. }), "{error}");
        }
    }

    #[test]
    fn the_client_gives_its_name_and_a_contact() {
        assert!(user_agent(None).starts_with("ticclip/0."));
        assert!(user_agent(Some("mailto:a@example.org")).ends_with(" (mailto:a@example.org)"));
    }
}
