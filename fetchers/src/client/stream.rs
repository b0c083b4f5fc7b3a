//! A stream: a reply whose body is read piece by piece, however long it is.

use std::sync::Arc;

use reqwest::Response;
use tokio::sync::OwnedSemaphorePermit;

use super::guard::Guard;
use super::host::Host;
use super::speed::Speed;
use super::{Client, ClientError};
use crate::source::{Reply, Request};

/// What came of a request at the end of its redirects.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) head: Reply,
    /// The replies that redirected, in order.
    pub(super) hops: Vec<Reply>,
    pub(super) rest: Option<Rest>,
}

/// A body that is still to come.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) response: Response,
    pub(super) speed: Option<Speed>,
    pub(super) host: Arc<Host>,
    /// The host's turn, which lasts as long as the body.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl Arrival {
    /// The reply, which knows where it came from.
    pub(super) fn into_reply(self) -> Reply {
        Reply {
            hops: self.hops.into_iter().map(|reply| reply.url).collect(),
            ..self.head
        }
    }
}

/// A reply whose body is still to be read. It takes one of its host's turns until it is read or dropped.
#[derive(Debug)]
pub struct Stream<'a> {
    client: &'a Client,
    request: &'a Request,
    arrival: Arrival,
}

impl<'a> Stream<'a> {
    pub(super) fn new(client: &'a Client, request: &'a Request, arrival: Arrival) -> Self {
        Self {
            client,
            request,
            arrival,
        }
    }

    /// Status and headers. Of a reply that is no success the body is here as well, as far as the request wants it.
    pub fn head(&self) -> &Reply {
        &self.arrival.head
    }

    /// Status and headers of every reply that redirected, in order.
    pub fn hops(&self) -> &[Reply] {
        &self.arrival.hops
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// [`ClientError::Transport`] when the connection breaks or the body comes in too slowly. There are no more pieces
    /// then.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, ClientError> {
        let Some(rest) = &mut self.arrival.rest else {
            return Ok(None);
        };
        let guard = Guard::new(self.request);
        let url = &self.arrival.head.url;
        let exchange = self.client.exchange(self.request, &guard, url, true);
        let piece = exchange
            .chunk(&mut rest.response, rest.speed.as_mut())
            .await;
        if piece.is_err() {
            rest.host.failed();
        }
        if !matches!(piece, Ok(Some(_))) {
            self.arrival.rest = None;
        }
        piece
    }
}
