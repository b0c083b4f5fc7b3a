//! The CDX server of Common Crawl: one crawl after the other, oldest first, until one has the url.

use serde::Deserialize;
use url::Url;

use crate::claim::{Claim, Kind, Precision};
use crate::source::evidence::capped;
use crate::source::{Reply, Request, SourceError, SourceName, body, digits};

/// The list of all crawls is some 30 kB.
const MAX_LIST_BYTES: usize = 1 << 20;
/// One line is asked for.
const MAX_REPLY_BYTES: usize = 64 << 10;
/// No list of crawls is longer; there are about a hundred.
const MAX_CRAWLS: usize = 10_000;

/// The request for the list of crawls.
pub(super) fn list(base: &Url) -> Option<Request> {
    Some(Request::get(
        base.join("collinfo.json").ok()?,
        MAX_LIST_BYTES,
    ))
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// The crawls of the list, oldest first: their names sort by their dates.
pub(super) fn read_list(reply: &Reply) -> Result<Vec<String>, SourceError> {
    body::check_status(reply)?;
    let listed: Vec<Listed> = body::json(reply)?;
    let mut crawls: Vec<String> = listed.into_iter().map(|listed| listed.id).collect();
    if let Some(odd) = crawls.iter().find(|id| !is_crawl(id)) {
        return Err(body::bad(
            reply,
            format!("lists the crawl {odd:?}, which is no name of one"),
        ));
    }
    if crawls.is_empty() || crawls.len() > MAX_CRAWLS {
        return Err(body::bad(reply, format!("lists {} crawls", crawls.len())));
    }
    crawls.sort();
    crawls.dedup();
    Ok(crawls)
}

/// Whether a text can be the name of a crawl, such as `CC-MAIN-2019-18`.
pub(super) fn is_crawl(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The request for the first capture of a url in a crawl.
pub(super) fn request(base: &Url, crawl: &str, about: &str) -> Option<Request> {
    let mut url = base.join(&format!("{crawl}-index")).ok()?;
    url.query_pairs_mut()
        .append_pair("url", about)
        .append_pair("output", "json")
        .append_pair("filter", "=status:200")
        .append_pair("fl", "timestamp,url,status,digest,filename,offset")
        .append_pair("limit", "1");
    Some(Request::get(url, MAX_REPLY_BYTES))
}

#[derive(Deserialize)]
struct Capture {
    timestamp: Option<String>,
    status: Option<String>,
    url: Option<String>,
    filename: Option<String>,
    offset: Option<String>,
    message: Option<String>,
}

/// The earliest capture of a reply, which has one a line; `None` if the crawl has none.
pub(super) fn read(reply: &Reply, crawl: &str) -> Result<Option<Claim>, SourceError> {
    if reply.status == 404 {
        return Ok(None);
    }
    body::check_status(reply)?;
    body::check_whole(reply)?;
    let mut earliest: Option<Claim> = None;
    for line in reply.body.split(|&byte| byte == b'\n') {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let capture: Capture = serde_json::from_slice(line)
            .map_err(|error| body::bad(reply, format!("is not as promised: {error}")))?;
        let claim = claim(&capture, reply, crawl)?;
        earliest = match (earliest, claim) {
            (Some(first), Some(claim)) if claim.at < first.at => Some(claim),
            (first, claim) => first.or(claim),
        };
    }
    Ok(earliest)
}

fn claim(capture: &Capture, reply: &Reply, crawl: &str) -> Result<Option<Claim>, SourceError> {
    if capture.timestamp.is_none() && capture.message.is_some() {
        return Ok(None);
    }
    if capture
        .status
        .as_deref()
        .is_some_and(|status| status != "200")
    {
        return Ok(None);
    }
    let timestamp = capture.timestamp.as_deref().unwrap_or("");
    let at = digits::fourteen(timestamp).ok_or_else(|| {
        body::bad(
            reply,
            format!("has the timestamp `{timestamp}`, which is not 14 digits of a date"),
        )
    })?;
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let (url, file, offset) = (
        shown(&capture.url),
        shown(&capture.filename),
        shown(&capture.offset),
    );
    Ok(Some(Claim {
        at,
        precision: Precision::Second,
        kind: Kind::Captured,
        source: SourceName::CommonCrawl,
        evidence: capped(format!("{crawl}: {url} in {file} at {offset}")),
    }))
}
