//! The wayback source: when the Wayback Machine first saw the image's url.

use serde::{Deserialize, Serialize};
use url::Url;

use super::body;
use super::digits;
use super::evidence::capped;
use super::settings::Settings;
use super::{
    Answer, Manners, Pair, Question, Reply, Request, Server, SourceError, SourceName,
    TimestampSource,
};
use crate::claim::{Claim, Kind, Precision};
use crate::config::ConfigError;

/// One row of three cells is asked for.
const MAX_REPLY_BYTES: usize = 64 << 10;

/// The table `wayback` under `[timestamps]`; every key has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WaybackConfig {
    /// The address of the CDX server.
    pub base_url: String,
    /// At most so many requests a second; greater than 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// Whether a server on a private or local address may be asked.
    pub allow_private: bool,
    /// How long one try may take, from the connection to the last byte.
    pub timeout_seconds: u64,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// How many of them to one host.
    pub per_host_concurrency: usize,
    /// Who runs this: a mail address or page for the server's owners, added to the User-Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Default for WaybackConfig {
    fn default() -> Self {
        Self {
            base_url: "https://web.archive.org/cdx/search/cdx".to_owned(),
            requests_per_second: None,
            allow_private: false,
            timeout_seconds: 60,
            concurrency: 1,
            per_host_concurrency: 1,
            contact: None,
        }
    }
}

/// Dates an image by the first capture of its url.
#[derive(Clone, Debug)]
pub struct Wayback {
    base: Url,
    manners: Manners,
}

impl Wayback {
    /// A source with the given settings.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: WaybackConfig) -> Result<Self, ConfigError> {
        let settings = Settings {
            source_name: SourceName::Wayback,
            allow_private: config.allow_private,
            timeout_seconds: config.timeout_seconds,
            concurrency: config.concurrency,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.as_deref(),
        };
        let mut manners = settings.manners()?;
        manners.requests_per_second = config
            .requests_per_second
            .map(|rate| settings.rate("requests-per-second", rate, 1.0))
            .transpose()?;
        let base = settings.base_url(&config.base_url)?;
        Ok(Self { base, manners })
    }
}

impl TimestampSource for Wayback {
    fn name(&self) -> SourceName {
        SourceName::Wayback
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        Ok(Answer::ask_about_image(pair))
    }

    fn server(&self) -> Option<&dyn Server> {
        Some(self)
    }
}

impl Server for Wayback {
    fn manners(&self) -> Manners {
        self.manners.clone()
    }

    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError> {
        let [question] = questions else {
            return Err(SourceError::unaskable(self.name(), questions));
        };
        let mut url = self.base.clone();
        url.query_pairs_mut()
            .append_pair("url", &question.about)
            .append_pair("output", "json")
            .append_pair("limit", "1")
            .append_pair("filter", "statuscode:200")
            .append_pair("fl", "timestamp,original,digest");
        Ok(Request::get(url, MAX_REPLY_BYTES))
    }

    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
        questions
            .iter()
            .map(|_| self.first_capture(reply))
            .collect()
    }
}

impl Wayback {
    /// The reply is a table: a row of names, then the earliest capture, or nothing at all.
    fn first_capture(&self, reply: &Reply) -> Result<Answer, SourceError> {
        body::check_status(reply)?;
        body::check_whole(reply)?;
        if reply.body.trim_ascii().is_empty() {
            return Ok(Answer::Unknown);
        }
        let table: Vec<Vec<Option<String>>> = body::json(reply)?;
        let [names, captures @ ..] = table.as_slice() else {
            return Ok(Answer::Unknown);
        };
        let Some(capture) = captures.first() else {
            return Ok(Answer::Unknown);
        };
        let cell = |name: &str| {
            let column = names
                .iter()
                .position(|cell| cell.as_deref() == Some(name))?;
            capture.get(column)?.as_deref()
        };
        let timestamp =
            cell("timestamp").ok_or_else(|| body::bad(reply, "has no column timestamp"))?;
        let at = digits::fourteen(timestamp).ok_or_else(|| {
            body::bad(
                reply,
                format!("has the timestamp `{timestamp}`, which is not 14 digits of a date"),
            )
        })?;
        let (original, digest) = (
            cell("original").unwrap_or("-"),
            cell("digest").unwrap_or("-"),
        );
        Ok(Claim {
            at,
            precision: Precision::Second,
            kind: Kind::Captured,
            source: self.name(),
            evidence: capped(format!(
                "capture {timestamp} of {original}, digest {digest}"
            )),
        }
        .into())
    }
}
