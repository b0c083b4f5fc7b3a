//! The http-headers source: what the image's server says about the file (`Last-Modified`).

use serde::{Deserialize, Serialize};

use super::{Answer, Pair, Reply, Request, SourceError, SourceName, TimestampSource};
use crate::claim::{Claim, Kind, Precision};
use crate::http_date;
use crate::rejection::{Reason, Rejection};
use crate::source::Method;

/// Two clocks of one server, read in one reply: a `Last-Modified` this close to `Date` means "now".
const GENERATED_WITHIN_SECONDS: i64 = 2;

/// The table `http-headers` under `[timestamps]`; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct HttpHeadersConfig {
    /// Whether servers on private and local addresses may be asked.
    pub allow_private: bool,
    /// How long one try may take, from the connection to the last byte.
    pub timeout_seconds: u64,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// How many of them to one host.
    pub per_host_concurrency: usize,
    /// Who runs this: a mail address or page for the servers' owners, added to the User-Agent.
    pub contact: Option<String>,
}

impl Default for HttpHeadersConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout_seconds: 20,
            concurrency: 32,
            per_host_concurrency: 2,
            contact: None,
        }
    }
}

/// Asks for the headers of the image's url.
#[derive(Clone, Copy, Debug)]
pub struct HttpHeaders;

impl TimestampSource for HttpHeaders {
    fn name(&self) -> SourceName {
        SourceName::HttpHeaders
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        Ok(pair.image_url().map_or(Answer::Unknown, |mut url| {
            // Rows that differ in the fragment ask the same of the server.
            url.set_fragment(None);
            Answer::Ask(Request::head(url))
        }))
    }

    fn read(&self, request: &Request, reply: &Reply) -> Result<Answer, SourceError> {
        match reply.status {
            200..=299 => self.read_headers(reply),
            // The file is gone: that is an answer, and there is no date in it.
            404 | 410 => Ok(Answer::Unknown),
            403 | 405 | 501 if request.method == Method::Head => {
                Ok(Answer::Ask(Request::first_byte(request.url.clone())))
            }
            status => Err(SourceError::Refused {
                url: Box::new(reply.url.clone()),
                status,
            }),
        }
    }
}

impl HttpHeaders {
    fn read_headers(&self, reply: &Reply) -> Result<Answer, SourceError> {
        let Some(value) = reply.header("last-modified") else {
            return Ok(Answer::Unknown);
        };
        let at = http_date::parse(value).ok_or_else(|| SourceError::MalformedHeader {
            header: "last-modified",
            value: value.to_owned(),
            url: Box::new(reply.url.clone()),
        })?;
        let evidence = format!("last-modified: {value} of {}", reply.url);
        // A broken `Date` proves nothing about `Last-Modified`, so it only fails to reject it.
        let served = reply.header("date").and_then(http_date::parse);
        if served
            .is_some_and(|served| (served - at).num_seconds().abs() <= GENERATED_WITHIN_SECONDS)
        {
            return Ok(Answer::Rejected(Rejection {
                source: self.name(),
                reason: Reason::GeneratedPage,
                evidence,
            }));
        }
        let (precision, kind) = (Precision::Second, Kind::Modified);
        Ok(Answer::Dated(Claim {
            at,
            precision,
            kind,
            source: self.name(),
            evidence,
        }))
    }
}
