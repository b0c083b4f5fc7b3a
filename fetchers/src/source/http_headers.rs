//! The http-headers source: what the image's server says about the file (`Last-Modified`).

use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::Settings;
use super::{
    Answer, Manners, Pair, Question, Reply, Request, Server, SourceError, SourceName,
    TimestampSource,
};
use crate::claim::{Claim, Kind, Precision};
use crate::config::ConfigError;
use crate::http_date;
use crate::rejection::{Reason, Rejection};

/// Two clocks of one server, read in one reply: a `Last-Modified` this close to `Date` means "now".
const GENERATED_WITHIN_SECONDS: i64 = 2;

/// The table `http-headers` under `[timestamps]`; every key has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// At most so many requests a second to one host; greater than 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<f64>,
    /// Whether robots.txt decides what may be asked.
    pub robots: bool,
    /// Who runs this: a mail address or page for the servers' owners, added to the User-Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

impl Default for HttpHeadersConfig {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout_seconds: 20,
            concurrency: 32,
            per_host_concurrency: 2,
            requests_per_second: None,
            robots: true,
            contact: None,
        }
    }
}

/// Asks for the headers of the image's url: first with `HEAD` (stage 0), then for one byte (stage 1).
#[derive(Clone, Debug)]
pub struct HttpHeaders {
    manners: Manners,
}

impl HttpHeaders {
    /// A source with the given settings.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: HttpHeadersConfig) -> Result<Self, ConfigError> {
        let settings = Settings {
            source_name: SourceName::HttpHeaders,
            allow_private: config.allow_private,
            timeout_seconds: config.timeout_seconds,
            concurrency: config.concurrency,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.as_deref(),
        };
        let requests_per_second = config
            .requests_per_second
            .map(|rate| settings.rate("requests-per-second", rate, 1.0))
            .transpose()?;
        Ok(Self {
            manners: Manners {
                requests_per_second,
                robots: config.robots,
                ..settings.manners()?
            },
        })
    }

    fn read_one(&self, question: &Question, reply: &Reply) -> Result<Answer, SourceError> {
        match reply.status {
            200..=299 => self.read_headers(reply),
            // The file is gone: that is an answer, and there is no date in it.
            404 | 410 => Ok(Answer::Unknown),
            403 | 405 | 501 if question.stage == 0 => Ok(Answer::Ask(question.next())),
            status => Err(SourceError::Refused {
                url: Box::new(reply.url.clone()),
                status,
            }),
        }
    }

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
        Ok(Claim {
            at,
            precision: Precision::Second,
            kind: Kind::Modified,
            source: self.name(),
            evidence,
        }
        .into())
    }
}

impl TimestampSource for HttpHeaders {
    fn name(&self) -> SourceName {
        SourceName::HttpHeaders
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        Ok(Answer::ask_about_image(pair))
    }

    fn server(&self) -> Option<&dyn Server> {
        Some(self)
    }
}

impl Server for HttpHeaders {
    fn manners(&self) -> Manners {
        self.manners.clone()
    }

    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError> {
        let [question] = questions else {
            return Err(SourceError::unaskable(self.name(), questions));
        };
        let url = Url::parse(&question.about)
            .map_err(|_| SourceError::unaskable(self.name(), questions))?;
        Ok(match question.stage {
            0 => Request::head(url),
            _ => Request::first_byte(url),
        })
    }

    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
        questions
            .iter()
            .map(|question| self.read_one(question, reply))
            .collect()
    }
}
