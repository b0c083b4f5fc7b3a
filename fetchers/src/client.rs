//! The one network client: an honest name, time-outs, caps, polite retries, and no way into private networks.
//!
//! It does not read robots.txt. It uses no proxy, as a proxy would look names up itself, out of reach of the
//! address check.

mod address;
mod host;
mod resolver;
mod retry;

pub use address::{Forbidden, check_ip};

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderValue, LOCATION, RANGE, RETRY_AFTER};
use reqwest::redirect::Policy;
use url::Url;

use self::host::{Host, Hosts};
use self::resolver::{LookupFailed, PublicResolver};
use self::retry::Verdict;
use crate::rejection::Reason;
use crate::source::{Method, Reply, Request};

/// A chain of redirects longer than this is a circle or a trap.
const MAX_REDIRECTS: usize = 5;

/// How the client behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// Whether private, local and other special addresses may be asked.
    pub allow_private: bool,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long one try may take, from the connection to the last byte.
    pub timeout: Duration,
    /// How many requests to one host are under way at once.
    pub per_host_concurrency: usize,
    /// How often one request is tried.
    pub tries: u32,
    /// The wait before the second try; it doubles from try to try, and a random half of it is left out.
    pub first_wait: Duration,
    /// No wait is longer than this: a host that asks for more is left alone until the next run.
    pub longest_wait: Duration,
    /// Who runs this, added to the User-Agent.
    pub contact: Option<String>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
            per_host_concurrency: 2,
            tries: 4,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            contact: None,
        }
    }
}

/// Why a request got no reply that could be read.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The client could not be set up at all.
    #[error("set up the network client: {message}")]
    Setup {
        /// What the TLS or HTTP library says.
        message: String,
    },
    /// Neither http nor https.
    #[error("{url} is not an http or https url")]
    Scheme {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
    },
    /// The url leads into a private or special network.
    #[error("{url}: {forbidden}; allow-private = true would permit it")]
    Forbidden {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
        /// Which address, and what is special about it.
        forbidden: Forbidden,
    },
    /// More redirects than any honest server needs.
    #[error("{url} redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects {
        /// Where the chain began.
        url: Box<Url>,
    },
    /// A redirect without a place to go.
    #[error("{url} redirects to `{location}`, which is not a url")]
    BadRedirect {
        /// Who redirects.
        url: Box<Url>,
        /// What the header `Location` says.
        location: String,
    },
    /// Overloaded or rate-limited until the tries were used up, or for longer than a run can wait.
    #[error("{url} answered with status {status}: ask again later")]
    Busy {
        /// Who answered.
        url: Box<Url>,
        /// 429 or 5xx.
        status: u16,
    },
    /// The host asked for a pause that is longer than a run can wait.
    #[error("{url}: its host has asked to be left alone for {seconds} s")]
    Paused {
        /// What would have been asked.
        url: Box<Url>,
        /// What is left of the pause.
        seconds: u64,
    },
    /// No connection, a connection lost, or no answer in time.
    #[error("{url}: {message}")]
    Transport {
        /// Who was asked.
        url: Box<Url>,
        /// `timed-out`, `dns`, `connect` or `transport`.
        word: &'static str,
        /// What the HTTP library says.
        message: String,
    },
}

impl ClientError {
    /// Why asking again would not help; `None` if it may.
    pub const fn lasting(&self) -> Option<Reason> {
        match self {
            Self::Scheme { .. } | Self::Forbidden { .. } => Some(Reason::ForbiddenUrl),
            Self::TooManyRedirects { .. } => Some(Reason::TooManyRedirects),
            Self::BadRedirect { .. } => Some(Reason::Malformed),
            Self::Setup { .. }
            | Self::Busy { .. }
            | Self::Paused { .. }
            | Self::Transport { .. } => None,
        }
    }

    /// A kebab-case word for a table's column.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "setup",
            Self::Busy { .. } => "busy",
            Self::Paused { .. } => "paused",
            Self::Transport { word, .. } => word,
            Self::Scheme { .. } | Self::Forbidden { .. } => Reason::ForbiddenUrl.as_str(),
            Self::TooManyRedirects { .. } => Reason::TooManyRedirects.as_str(),
            Self::BadRedirect { .. } => Reason::Malformed.as_str(),
        }
    }
}

/// Makes requests. Cheap to share: connections and pauses are kept from one batch to the next.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    hosts: Hosts,
    config: ClientConfig,
}

impl Client {
    /// Sets up TLS, the address check and the pool of connections.
    ///
    /// # Errors
    /// The system has no root certificates, or the contact cannot stand in a header.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        // An error means that the program has installed a provider already, and then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(user_agent(config.contact.as_deref()))
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout)
            .redirect(Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .dns_resolver(Arc::new(PublicResolver {
                allow_private: config.allow_private,
            }))
            .build()
            .map_err(|error| ClientError::Setup {
                message: chain(&error),
            })?;
        Ok(Self {
            http,
            hosts: Hosts::new(config.per_host_concurrency),
            config,
        })
    }

    /// Makes one request: follows redirects, checks every hop, tries again what may pass.
    ///
    /// Any status but 429 and 5xx is a [`Reply`]: what it means is for the source to say.
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::lasting`] tells what a later run would meet again.
    pub async fn send(&self, request: &Request) -> Result<Reply, ClientError> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let reply = self.send_to(request, &url).await?;
            let location = reply.header(LOCATION.as_str());
            let Some(location) =
                location.filter(|_| matches!(reply.status, 301 | 302 | 303 | 307 | 308))
            else {
                return Ok(reply);
            };
            url = url.join(location).map_err(|_| ClientError::BadRedirect {
                url: Box::new(reply.url.clone()),
                location: location.to_owned(),
            })?;
        }
        Err(ClientError::TooManyRedirects {
            url: Box::new(request.url.clone()),
        })
    }

    /// One hop. Its permit is given back before the next hop: two hosts that redirect to each other would
    /// otherwise wait for each other.
    async fn send_to(&self, request: &Request, url: &Url) -> Result<Reply, ClientError> {
        self.check(url)?;
        let host = self.hosts.of(url);
        let _permit = host.permit().await;
        let mut tried = 1;
        loop {
            self.wait_for(&host, url).await?;
            let result = self.try_once(request, url).await;
            match retry::judge(&result, tried, &self.config) {
                Verdict::Done => return result.map(|(reply, _)| reply),
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

    async fn wait_for(&self, host: &Host, url: &Url) -> Result<(), ClientError> {
        let left = host.pause_left();
        if left > self.config.longest_wait {
            return Err(ClientError::Paused {
                url: Box::new(url.clone()),
                seconds: left.as_secs(),
            });
        }
        tokio::time::sleep(left).await;
        Ok(())
    }

    async fn try_once(
        &self,
        request: &Request,
        url: &Url,
    ) -> Result<(Reply, Option<String>), ClientError> {
        let method = match request.method {
            Method::Head => reqwest::Method::HEAD,
            Method::Get => reqwest::Method::GET,
        };
        let mut builder = self.http.request(method, url.clone());
        if request.first_byte_only {
            builder = builder.header(RANGE, HeaderValue::from_static("bytes=0-0"));
        }
        let mut response = builder
            .send()
            .await
            .map_err(|error| transport(url, &error))?;
        let headers = response.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let headers: Vec<_> = headers.collect();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let (mut body, mut cut) = (Vec::new(), false);
        while request.body_bytes > 0 && !cut {
            let Some(chunk) = response
                .chunk()
                .await
                .map_err(|error| transport(url, &error))?
            else {
                break;
            };
            let room = request.body_bytes - body.len();
            cut = chunk.len() > room;
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        let status = response.status().as_u16();
        Ok((
            Reply {
                url: url.clone(),
                status,
                headers,
                body,
                cut,
            },
            retry_after,
        ))
    }
}

/// What this program calls itself: its name, its version, and whom to write to.
fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    contact.map_or(format!("ticclip/{version}"), |contact| {
        format!("ticclip/{version} ({contact})")
    })
}

fn busy(result: Result<(Reply, Option<String>), ClientError>, url: &Url) -> ClientError {
    match result {
        Ok((reply, _)) => ClientError::Busy {
            url: Box::new(url.clone()),
            status: reply.status,
        },
        Err(error) => error,
    }
}

fn transport(url: &Url, error: &reqwest::Error) -> ClientError {
    let mut word = match error {
        _ if error.is_timeout() => "timed-out",
        _ if error.is_connect() => "connect",
        _ => "transport",
    };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<LookupFailed>() {
            word = "dns";
        }
        if let Some(forbidden) = inner.downcast_ref::<Forbidden>() {
            return ClientError::Forbidden {
                url: Box::new(url.clone()),
                forbidden: forbidden.clone(),
            };
        }
        cause = inner.source();
    }
    ClientError::Transport {
        url: Box::new(url.clone()),
        word,
        message: chain(error),
    }
}

/// The whole chain of causes: the outermost alone says only that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gives_its_name_and_a_contact() {
        assert!(user_agent(None).starts_with("ticclip/0."));
        assert!(user_agent(Some("mailto:a@example.org")).ends_with(" (mailto:a@example.org)"));
    }
}
