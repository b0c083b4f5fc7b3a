//! The online part of a recovery: puts the sources' questions to the client, many at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::RecoverError;
use super::outcome::Findings;
use crate::client::{Client, ClientConfig, ClientError};
use crate::source::http_headers::HttpHeadersConfig;
use crate::source::{Answer, Reply, Request, TimestampSource};

/// How often a source may ask on after a reply: once for the servers that refuse `HEAD`, and one to spare.
const MAX_ROUNDS: usize = 3;

/// A question of one source about one row.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) row_index: usize,
    pub(super) source_index: usize,
    pub(super) request: Request,
}

impl From<&HttpHeadersConfig> for ClientConfig {
    fn from(config: &HttpHeadersConfig) -> Self {
        let timeout = Duration::from_secs(config.timeout_seconds);
        let usual = Self::default();
        Self {
            allow_private: config.allow_private,
            connect_timeout: usual.connect_timeout.min(timeout),
            timeout,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.clone(),
            ..usual
        }
    }
}

/// A client and the runtime that it lives in.
pub(super) struct Online {
    runtime: Runtime,
    client: Arc<Client>,
    concurrency: usize,
}

impl Online {
    pub(super) fn new(client: ClientConfig, concurrency: usize) -> Result<Self, RecoverError> {
        // One thread is enough: it only waits for servers.
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(RecoverError::Runtime)?;
        let client = Arc::new(Client::new(client)?);
        Ok(Self {
            runtime,
            client,
            concurrency: concurrency.max(1),
        })
    }

    /// Asks until no source asks on, and notes every answer in its row's findings.
    pub(super) fn ask(
        &self,
        sources: &[Box<dyn TimestampSource>],
        asked: Vec<Asked>,
        findings: &mut [Findings],
    ) {
        let mut open = asked;
        for round in 1..=MAX_ROUNDS {
            if open.is_empty() {
                return;
            }
            let mut by_request: BTreeMap<Request, Vec<Asked>> = BTreeMap::new();
            for asked in std::mem::take(&mut open) {
                by_request
                    .entry(asked.request.clone())
                    .or_default()
                    .push(asked);
            }
            let requests = by_request.keys().cloned().collect();
            for (request, reply) in self.runtime.block_on(self.send_all(requests)) {
                for mut asked in by_request.remove(&request).unwrap_or_default() {
                    let (source, findings) =
                        (&sources[asked.source_index], &mut findings[asked.row_index]);
                    match reply.as_ref().map(|reply| source.read(&request, reply)) {
                        Ok(Ok(Answer::Ask(next))) if round < MAX_ROUNDS => {
                            asked.request = next;
                            open.push(asked);
                        }
                        Ok(answer) => findings.take(source.name(), answer),
                        Err(error) => findings.miss(source.name(), error),
                    }
                }
            }
        }
    }

    async fn send_all(&self, requests: Vec<Request>) -> Vec<(Request, Result<Reply, ClientError>)> {
        let permits = Arc::new(Semaphore::new(self.concurrency));
        let mut tasks = JoinSet::new();
        for request in requests {
            let (client, permits) = (Arc::clone(&self.client), Arc::clone(&permits));
            tasks.spawn(async move {
                // Never closed, hence never an error.
                let _permit = permits.acquire_owned().await;
                let reply = client.send(&request).await;
                (request, reply)
            });
        }
        tasks.join_all().await
    }
}
