//! Connection: a hub and what may be asked of it, by the one network client.

use std::time::Duration;

use ticclip_fetchers::client::{Client, ClientConfig, Stream};
use ticclip_fetchers::source::{Request, Secret, SecretText};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{Address, HubError};
use crate::artefact::ArtefactError;

/// Tars that come in at once; more hardly help, and a hub is not one's own.
pub(super) const CONNECTIONS: usize = 4;
/// Bytes of the longest list of classes or prompts; ImageNet's have under 100 kB.
const TEXT_BYTES: usize = 16 << 20;
/// A body that comes in more slowly is cut off, and resumed.
const LEAST_BYTES_PER_SECOND: u64 = 1024;
/// Hubs that count requests ask for waits of up to five minutes.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How a hub is asked.
#[derive(Debug)]
pub struct HubConfig {
    /// Where it is.
    pub address: Address,
    /// What shows the hub who asks; no other server gets it.
    pub token: Option<SecretText>,
    /// Whether it, and what it redirects to, may be in a private network.
    pub allow_private: bool,
    /// No tar may be larger.
    pub largest_bytes: u64,
    /// How often a request is made again that failed for a reason that may pass.
    pub retries: u32,
    /// How long a server may be silent.
    pub silence: Duration,
}

/// A hub.
#[derive(Debug)]
pub struct Hub {
    pub(super) config: HubConfig,
    client: Client,
    runtime: Runtime,
}

impl Hub {
    /// Sets up the network client; nothing is asked yet.
    ///
    /// # Errors
    /// [`HubError`] when that fails, or the token could be read on its way.
    pub fn open(config: HubConfig) -> Result<Self, HubError> {
        if config.token.is_some() && config.address.is_in_clear() && !config.allow_private {
            return Err(HubError::TokenInClear);
        }
        let client = Client::new(ClientConfig {
            allow_private: config.allow_private,
            // The user names files of a server that is there to be asked for them; that is no crawling.
            robots: false,
            connect_timeout: config.silence,
            first_byte_timeout: config.silence,
            timeout: config.silence * 4,
            min_bytes_per_second: LEAST_BYTES_PER_SECOND,
            speed_grace: config.silence,
            per_host_concurrency: CONNECTIONS,
            tries: config.retries + 1,
            longest_wait: LONGEST_WAIT,
            // Whether the hub is down is known when all connections have given up.
            give_up_after: (config.retries + 1).saturating_mul(CONNECTIONS as u32),
            ..ClientConfig::default()
        });
        let client = client.map_err(|error| HubError::Setup {
            message: error.to_string(),
        })?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.map_err(ArtefactError::io("network runtime".as_ref()))?;
        Ok(Self {
            config,
            client,
            runtime,
        })
    }

    /// A text of the hub, or the status that says that there is none.
    pub(super) fn text(&self, url: &Url) -> Result<Result<String, u16>, HubError> {
        let request = self.request(url, TEXT_BYTES);
        let reply = self.runtime.block_on(self.client.send(&request));
        let reply = reply.map_err(|error| HubError::no_reply(url, &error))?;
        refuse_downgrade(url, reply.hops.iter().chain([&reply.url]))?;
        match reply.status {
            200 if reply.cut => Err(HubError::TooLarge {
                url: Box::new(url.clone()),
                most: TEXT_BYTES as u64,
                raisable: false,
            }),
            200 => match String::from_utf8(reply.body) {
                Ok(text) => Ok(Ok(text)),
                Err(_) => Err(HubError::NoReply {
                    url: Box::new(url.clone()),
                    message: "it is not UTF-8".to_owned(),
                    passes: false,
                }),
            },
            // Hubs hide what one may not see, and ask for a token where there is nothing.
            status @ (401 | 403 | 404 | 410) => Ok(Err(status)),
            status => Err(HubError::Status {
                url: Box::new(url.clone()),
                status,
            }),
        }
    }

    /// A request for a file of the hub.
    pub(super) fn request(&self, url: &Url, body_bytes: usize) -> Request {
        let mut request = Request::get(url.clone(), body_bytes);
        request.secret = self.config.token.clone().map(Secret::Bearer);
        request
    }

    /// The reply to a request, whose body is to be read.
    pub(super) fn stream<'a>(&'a self, request: &'a Request) -> Result<Stream<'a>, HubError> {
        let opened = self.runtime.block_on(self.client.open(request));
        let stream = opened.map_err(|error| HubError::no_reply(&request.url, &error))?;
        let hops = stream.hops().iter().chain([stream.head()]);
        refuse_downgrade(&request.url, hops.map(|reply| &reply.url))?;
        Ok(stream)
    }

    /// The next piece of a body.
    pub(super) fn piece(
        &self,
        url: &Url,
        stream: &mut Stream<'_>,
    ) -> Result<Option<impl AsRef<[u8]> + use<>>, HubError> {
        let piece = self.runtime.block_on(stream.next());
        piece.map_err(|error| HubError::no_reply(url, &error))
    }
}

/// Who asks by https means to get what that server has.
fn refuse_downgrade<'a>(
    asked: &Url,
    mut urls: impl Iterator<Item = &'a Url>,
) -> Result<(), HubError> {
    if asked.scheme() == "https" && urls.any(|url| url.scheme() != "https") {
        let url = Box::new(asked.clone());
        return Err(HubError::Downgrade { url });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_out_of_https_is_not_followed() {
        let url = |text| Url::parse(text).expect("a url");
        let asked = url("https://hub.test/a");
        let store = [url("https://store.test/a"), url("http://store.test/a")];
        assert!(refuse_downgrade(&asked, [&asked, &store[0]].into_iter()).is_ok());
        assert!(refuse_downgrade(&asked, [&asked, &store[1]].into_iter()).is_err());
        assert!(refuse_downgrade(&store[1], [&store[1]].into_iter()).is_ok());
    }
}
