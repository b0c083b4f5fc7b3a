//! A permission: what an origin's robots.txt says about a url.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::once_cache::{Made, OnceCache};
use super::robots::{self, Robots};
use super::{ClientConfig, ClientError};
use crate::source::{Reply, Request};

/// The name by which a robots.txt addresses this program.
const PRODUCT_TOKEN: &str = "ticclip";

/// How long a robots.txt is good for (RFC 9309, 2.4). Few runs last longer.
const RULES_TTL: Duration = Duration::from_secs(86_400);

/// How much memory the rules of all origins take.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Every origin's rules, or why they are not known.
#[derive(Debug)]
pub(super) struct Permissions {
    by_origin: OnceCache<Result<Arc<Robots>, Arc<ClientError>>>,
}

impl Permissions {
    pub(super) fn new() -> Self {
        Self {
            by_origin: OnceCache::new(CACHE_BYTES),
        }
    }

    /// Whether the url may be asked for, and how long its host wants to wait between two requests. `fetch`
    /// asks for the robots.txt of a url's origin; of all that ask at the same time one does it.
    pub(super) async fn ask<F>(
        &self,
        url: &Url,
        config: &ClientConfig,
        fetch: impl FnOnce(Request) -> F,
    ) -> Result<Duration, ClientError>
    where
        F: Future<Output = Result<Reply, ClientError>>,
    {
        let request = request(url);
        // The file that grants permissions needs none.
        if request.url.path() == url.path() {
            return Ok(Duration::ZERO);
        }
        let key = request.url.to_string();
        let made = self
            .by_origin
            .get(&key, || async { judge(fetch(request).await, config) });
        let robots = made
            .await
            .map_err(|error| error.about(url))?
            .map_err(|error| error.as_ref().clone().about(url))?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if !robots.allows(path) {
            return Err(ClientError::RefusedByRobots {
                url: Box::new(url.clone()),
            });
        }
        let delay = robots.crawl_delay().unwrap_or_default();
        Ok(delay.min(config.longest_wait))
    }
}

/// The request for the robots.txt of a url's origin. It carries nothing of what the url's own request does.
fn request(url: &Url) -> Request {
    let mut robots = url.clone();
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    // These fail only for urls without a host, which are refused before.
    let _ = robots.set_username("");
    let _ = robots.set_password(None);
    Request::beginning(robots, robots::MAX_BYTES + 1)
}

type Judged = Result<Made<Result<Arc<Robots>, Arc<ClientError>>>, ClientError>;

/// What follows from the reply: a file that is not there allows everything, one that cannot be had nothing.
fn judge(reply: Result<Reply, ClientError>, config: &ClientConfig) -> Judged {
    let reply = match reply {
        Ok(reply) => reply,
        // The host is not asked at all just now, which says nothing about its robots.txt.
        Err(error @ (ClientError::Paused { .. } | ClientError::HostDown { .. })) => {
            return Err(error);
        }
        Err(ClientError::Busy { url, status }) => {
            return Ok(unreachable(url, status, RULES_TTL));
        }
        // A way that leads nowhere is no file (2.3.1.2), and a url that must not be asked will be refused.
        Err(error) if error.lasting().is_some() => return Ok(rules(Robots::default())),
        // The next request after that finds out whether the host is back.
        Err(error) => return Ok(refused(error, config.down_for)),
    };
    Ok(match reply.status {
        200..=299 => rules(Robots::parse(&reply.body, PRODUCT_TOKEN)),
        500.. => unreachable(Box::new(reply.url), reply.status, RULES_TTL),
        _ => rules(Robots::default()),
    })
}

fn rules(robots: Robots) -> Made<Result<Arc<Robots>, Arc<ClientError>>> {
    Made {
        bytes: robots.bytes(),
        value: Ok(Arc::new(robots)),
        ttl: RULES_TTL,
    }
}

fn unreachable(
    url: Box<Url>,
    status: u16,
    ttl: Duration,
) -> Made<Result<Arc<Robots>, Arc<ClientError>>> {
    refused(ClientError::RobotsUnreachable { url, status }, ttl)
}

fn refused(error: ClientError, ttl: Duration) -> Made<Result<Arc<Robots>, Arc<ClientError>>> {
    Made {
        value: Err(Arc::new(error)),
        ttl,
        bytes: size_of::<ClientError>(),
    }
}
