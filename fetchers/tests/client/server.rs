//! A server that says exactly what a test wants it to say, byte for byte.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    /// Path and query.
    pub(crate) target: String,
    /// Everything up to the empty line.
    pub(crate) head: String,
}

/// What the server does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Sends the same piece again and again, with a wait after each, until nobody listens.
    Repeat(Vec<u8>, Duration),
    Close,
    /// Closes so that the other side gets an error.
    Reset,
}

pub(crate) struct Server {
    pub(crate) url: Url,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    busy: AtomicUsize,
    busiest: AtomicUsize,
}

impl Server {
    /// Answers every request with what `answer` says; it gets the request and how many came before it.
    pub(crate) async fn start(
        answer: impl Fn(&Seen, usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, answer) = (Arc::new(State::default()), Arc::new(answer));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (state, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                tokio::spawn(async move { serve(stream, &state, &*answer).await });
            }
        });
        let url = Url::parse(&format!("http://{address}/")).expect("a url");
        Self { url, state }
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).expect("a path")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().expect("unpoisoned").clone()
    }

    /// The paths asked for, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at once.
    pub(crate) fn busiest(&self) -> usize {
        self.state.busiest.load(Ordering::SeqCst)
    }
}

/// Reads requests and answers them until one of both sides has enough.
async fn serve(
    mut stream: TcpStream,
    state: &State,
    answer: &(dyn Fn(&Seen, usize) -> Vec<Step> + Send + Sync),
) -> Option<()> {
    let mut received = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        received.drain(..end + 4);
        let seen = Seen {
            at: Instant::now(),
            target: head.split(' ').nth(1).unwrap_or_default().to_owned(),
            head,
        };
        let before = {
            let mut all = state.seen.lock().expect("unpoisoned");
            all.push(seen.clone());
            all.len() - 1
        };
        let busy = state.busy.fetch_add(1, Ordering::SeqCst) + 1;
        state.busiest.fetch_max(busy, Ordering::SeqCst);
        let goes_on = play(&mut stream, answer(&seen, before)).await;
        state.busy.fetch_sub(1, Ordering::SeqCst);
        goes_on?;
    }
}

async fn play(stream: &mut TcpStream, steps: Vec<Step>) -> Option<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await.ok()?,
            Step::Wait(wait) => tokio::time::sleep(wait).await,
            Step::Repeat(bytes, wait) => loop {
                stream.write_all(&bytes).await.ok()?;
                tokio::time::sleep(wait).await;
            },
            Step::Close => return None,
            Step::Reset => {
                stream.set_zero_linger().ok()?;
                return None;
            }
        }
    }
    Some(())
}

/// A whole reply. `headers` are lines, each ended by `\n`.
pub(crate) fn reply(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<Step> {
    let length = format!("content-length: {}\n", body.as_ref().len());
    let mut bytes = head(status, &(length + headers));
    bytes.extend_from_slice(body.as_ref());
    vec![Step::Send(bytes)]
}

pub(crate) fn ok(body: impl AsRef<[u8]>) -> Vec<Step> {
    reply(200, "", body)
}

/// Status and headers alone.
pub(crate) fn head(status: u16, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Status\n{headers}\n")
        .replace('\n', "\r\n")
        .into_bytes()
}
