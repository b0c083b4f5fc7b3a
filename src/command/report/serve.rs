//! Serving: the report over a run that goes on, made anew when its artefacts have changed.

use std::convert::Infallible;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{Failure, ReportArgs, Summary, page};
use crate::artefact::sha256_of;

/// Connections at once; a browser opens six.
const CONNECTIONS: usize = 32;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// Files deeper than this below a folder are no artefacts of a report.
const DEPTH: usize = 3;
/// Names of the files that a report is made of.
const FILES: [&str; 6] = [
    "scores.jsonl",
    "metrics.jsonl",
    "steps.json",
    "step.json",
    "comparison.json",
    "shift.json",
];

/// The page as it was last made.
struct Shelf {
    args: ReportArgs,
    page: Mutex<Option<(String, Bytes)>>,
}

/// Serves the report until the process is ended.
pub(super) fn serve(
    args: &ReportArgs,
    address: SocketAddr,
    json: bool,
) -> Result<Summary, Failure> {
    let shelf = Arc::new(Shelf {
        args: args.clone(),
        page: Mutex::new(None),
    });
    // What is wrong with the call is told now, not to a browser.
    shelf.page()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Failure::wrong_input(anyhow::anyhow!("--serve {address}: {error}")))?;
        let address = listener.local_addr().map_err(Failure::failed)?;
        announce(address, json);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return Err(Failure::failed(anyhow::anyhow!(
                    "no connection can be taken"
                )));
            };
            // A connection that is gone before it is taken is no reason to stop.
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let shelf = Arc::clone(&shelf);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(Arc::clone(&shelf), address, request));
                let served = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .serve_connection(TokioIo::new(stream), service);
                if let Err(error) = served.await {
                    tracing::debug!(%error, "a connection broke off");
                }
                drop(place);
            });
        }
    })
}

/// Says where, at once, as the call does not come back.
fn announce(address: SocketAddr, json: bool) {
    let url = format!("http://{address}/");
    let line = if json {
        json!({ "serving": url }).to_string()
    } else {
        format!("{url} shows the report as it grows; Ctrl-C ends it")
    };
    let mut stdout = std::io::stdout().lock();
    // Nobody may be listening; the page is there all the same.
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .ok();
    if !address.ip().is_loopback() {
        tracing::warn!("whoever reaches {address} sees the report");
    }
}

async fn answer(
    shelf: Arc<Shelf>,
    address: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, kind, body) = if !is_ours(&request, address.ip()) {
        (
            StatusCode::FORBIDDEN,
            TEXT,
            "this report is served to its own address alone\n".into(),
        )
    } else if request.method() != Method::GET {
        (
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET is answered\n".into(),
        )
    } else {
        match request.uri().path() {
            "/" => match made(shelf).await {
                Ok((_, page)) => (StatusCode::OK, HTML, page),
                Err(error) => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    TEXT,
                    format!("{error}\n").into(),
                ),
            },
            "/version" => match made(shelf).await {
                Ok((version, _)) => (StatusCode::OK, TEXT, version.into()),
                Err(error) => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    TEXT,
                    format!("{error}\n").into(),
                ),
            },
            _ => (
                StatusCode::NOT_FOUND,
                TEXT,
                "there is / and /version\n".into(),
            ),
        }
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

/// Whether a request names the address it came to: a page of elsewhere, whose name was made to lead here, does not.
fn is_ours(request: &Request<Incoming>, ip: IpAddr) -> bool {
    // Where all addresses are served, names of the machine are not known.
    if !ip.is_loopback() {
        return true;
    }
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    matches!(name, Some("localhost" | "127.0.0.1" | "[::1]"))
}

async fn made(shelf: Arc<Shelf>) -> Result<(String, Bytes), String> {
    let made = tokio::task::spawn_blocking(move || shelf.page());
    match made.await {
        Ok(Ok(page)) => Ok(page),
        Ok(Err(failure)) => Err(format!("{:#}", failure.error)),
        Err(error) => Err(error.to_string()),
    }
}

impl Shelf {
    /// The page of now, with its version; the last one where nothing has changed.
    fn page(&self) -> Result<(String, Bytes), Failure> {
        let mut last = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.version();
        if let Some((known, page)) = last.as_ref()
            && *known == version
        {
            return Ok((version, page.clone()));
        }
        let page = Bytes::from(page(&self.args, Some(&version))?);
        *last = Some((version.clone(), page.clone()));
        Ok((version, page))
    }

    /// A checksum of when the artefacts were written and how long they are.
    fn version(&self) -> String {
        let mut folders: Vec<&PathBuf> = vec![&self.args.data];
        folders.extend(&self.args.scores);
        folders.extend(&self.args.train);
        folders.extend(&self.args.compare);
        folders.extend(&self.args.shift);
        let mut states = Vec::new();
        for folder in folders {
            look(folder, DEPTH, &mut states);
        }
        states.sort();
        sha256_of(states.join("\n"))[..16].to_owned()
    }
}

/// Adds the state of every artefact below a folder.
fn look(folder: &Path, depth: usize, states: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else {
            continue;
        };
        if kind.is_dir() && depth > 0 {
            look(&path, depth - 1, states);
        } else if FILES.iter().any(|name| path.ends_with(name))
            && let Ok(meta) = entry.metadata()
        {
            let modified = meta.modified().ok();
            states.push(format!("{} {} {modified:?}", path.display(), meta.len()));
        }
    }
}
