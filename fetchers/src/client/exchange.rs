//! One exchange: a request goes out, a reply comes in, within the limits of time, speed and size.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderValue, RANGE};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::guard::Guard;
use super::speed::Speed;
use super::{ClientConfig, ClientError};
use crate::source::{Method, Reply, Request};

/// How long a body that is read piece by piece may take in all: its speed is what limits it.
const LONGEST_STREAM: Duration = Duration::from_secs(7 * 86_400);

/// One hop of a request, about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange<'a> {
    pub(super) http: &'a reqwest::Client,
    pub(super) config: &'a ClientConfig,
    pub(super) request: &'a Request,
    pub(super) guard: &'a Guard<'a>,
    pub(super) url: &'a Url,
    /// Whether a body that is an answer is left for [`Exchange::chunk`] to read.
    pub(super) as_stream: bool,
}

impl Exchange<'_> {
    /// Makes the request once; answers what is left to be read, too. The reply's headers are as the server sent
    /// them: whoever passes them on has to take the secret out.
    pub(super) async fn make(&self) -> Result<(Reply, Option<Response>), ClientError> {
        let mut response = self.send().await?;
        let (status, headers) = (response.status().as_u16(), texts(response.headers()));
        let later = self.as_stream && response.status().is_success();
        let (body, cut) = if later {
            (Vec::new(), false)
        } else {
            self.read(&mut response).await?
        };
        let reply = Reply {
            url: self.url.clone(),
            hops: Vec::new(),
            status,
            headers,
            body,
            cut,
        };
        Ok((reply, later.then_some(response)))
    }

    async fn send(&self) -> Result<Response, ClientError> {
        let method = match self.request.method {
            Method::Head => reqwest::Method::HEAD,
            Method::Get => reqwest::Method::GET,
        };
        let mut headers = self.guard.headers(self.request, self.url)?;
        if self.request.first_byte_only {
            headers.insert(RANGE, HeaderValue::from_static("bytes=0-0"));
        }
        let mut builder = self
            .http
            .request(method, self.guard.outgoing(self.url))
            .headers(headers);
        if self.as_stream {
            builder = builder.timeout(LONGEST_STREAM);
        }
        let limit = self.config.first_byte_timeout;
        match timeout(limit, builder.send()).await {
            Ok(sent) => sent.map_err(|error| self.transport(error)),
            Err(_) => Err(self.failed("timed-out", format!("no reply within {limit:?}"))),
        }
    }

    /// The body as far as the request wants it, and whether it is longer.
    async fn read(&self, response: &mut Response) -> Result<(Vec<u8>, bool), ClientError> {
        let most = self.request.body_bytes;
        let (mut body, mut cut) = (Vec::new(), false);
        if most == 0 {
            return Ok((body, cut));
        }
        // The length of a compressed body is not known, so that it is never refused here.
        let announced = response.content_length();
        if self.request.whole_only && announced.is_some_and(|bytes| bytes > most as u64) {
            return Ok((body, true));
        }
        let mut speed = self.speed();
        while !cut {
            let Some(chunk) = self.chunk(response, speed.as_mut()).await? else {
                break;
            };
            let room = most - body.len();
            cut = chunk.len() > room;
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok((body, cut))
    }

    /// Begins to measure how fast a body comes in.
    pub(super) fn speed(&self) -> Option<Speed> {
        let (grace, least) = (self.config.speed_grace, self.config.min_bytes_per_second);
        Speed::new(Instant::now(), least, grace)
    }

    /// The next piece of the body, if it comes in fast enough.
    pub(super) async fn chunk(
        &self,
        response: &mut Response,
        speed: Option<&mut Speed>,
    ) -> Result<Option<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>>, ClientError>
    {
        let Some(speed) = speed else {
            return response
                .chunk()
                .await
                .map_err(|error| self.transport(error));
        };
        loop {
            // Nothing is lost when the waiting is broken off: a piece is given out whole or not at all.
            if let Ok(chunk) = timeout_at(speed.end(), response.chunk()).await {
                let chunk = chunk.map_err(|error| self.transport(error))?;
                speed.add(chunk.as_ref().map_or(0, |chunk| chunk.len()));
                return Ok(chunk);
            }
            if !speed.next_span(Instant::now()) {
                let least = self.config.min_bytes_per_second;
                let message = format!("the body comes in at less than {least} bytes a second");
                return Err(self.failed("too-slow", message));
            }
        }
    }

    fn transport(&self, error: reqwest::Error) -> ClientError {
        ClientError::transport(self.url, error, self.guard)
    }

    fn failed(&self, word: &'static str, message: String) -> ClientError {
        ClientError::Transport {
            url: Box::new(self.url.clone()),
            word,
            message,
        }
    }
}

/// Headers as far as they are text.
fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| {
        std::str::from_utf8(value.as_bytes())
            .ok()
            .map(str::to_owned)
    };
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)))
        .collect()
}
