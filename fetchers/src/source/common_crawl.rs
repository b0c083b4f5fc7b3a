//! The common-crawl source: when Common Crawl saw the image's url, from its columnar index or its CDX server.

mod cdx;
mod index;

use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::Settings;
use super::url_key::UrlKeys;
use super::{
    Answer, Archive, ArchiveError, Manners, Pair, Question, Reply, Request, Server, Sink,
    SourceError, SourceName, TimestampSource,
};
use crate::config::ConfigError;

/// The table `common-crawl` under `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CommonCrawlConfig {
    /// Paths or globs of the columnar index's Parquet files.
    pub index: Vec<String>,
    /// Whether the CDX server is asked for what no index has. It is one server for everybody: for small numbers.
    pub cdx: bool,
    /// The crawls to ask for, oldest first; without it all that the server lists.
    pub crawls: Vec<String>,
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

impl Default for CommonCrawlConfig {
    fn default() -> Self {
        Self {
            index: Vec::new(),
            cdx: false,
            crawls: Vec::new(),
            base_url: "https://index.commoncrawl.org/".to_owned(),
            requests_per_second: None,
            allow_private: false,
            timeout_seconds: 60,
            concurrency: 1,
            per_host_concurrency: 1,
            contact: None,
        }
    }
}

/// Dates an image by the captures of its url.
#[derive(Debug)]
pub struct CommonCrawl {
    config: CommonCrawlConfig,
    base: Url,
    manners: Manners,
    /// The crawls to ask for, oldest first; set by the settings or by the server's list.
    crawls: OnceLock<Vec<String>>,
}

impl CommonCrawl {
    /// A source with the given settings.
    ///
    /// # Errors
    /// A setting makes no sense, or there is neither an index nor a server to ask.
    pub fn new(config: CommonCrawlConfig) -> Result<Self, ConfigError> {
        let settings = Settings {
            source_name: SourceName::CommonCrawl,
            allow_private: config.allow_private,
            timeout_seconds: config.timeout_seconds,
            concurrency: config.concurrency,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.as_deref(),
        };
        if config.index.is_empty() && !config.cdx {
            let allowed =
                "allowed are paths or globs of index files, or none together with cdx = true";
            return Err(settings.refuse("index", "[]", allowed));
        }
        if let Some(odd) = config.crawls.iter().find(|name| !cdx::is_crawl(name)) {
            return Err(settings.refuse(
                "crawls",
                format!("{odd:?}"),
                "allowed are names such as CC-MAIN-2019-18",
            ));
        }
        let mut manners = settings.manners()?;
        manners.requests_per_second = config
            .requests_per_second
            .map(|rate| settings.rate("requests-per-second", rate, 1.0))
            .transpose()?;
        let mut base = settings.base_url(&config.base_url)?;
        // Names of crawls are added to the address, not put in the place of its last part.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let crawls = OnceLock::new();
        if !config.crawls.is_empty() {
            crawls.get_or_init(|| config.crawls.clone());
        }
        Ok(Self {
            config,
            base,
            manners,
            crawls,
        })
    }

    fn crawl(&self, question: &Question) -> Option<&str> {
        let stage = usize::try_from(question.stage).ok()?;
        self.crawls.get()?.get(stage).map(String::as_str)
    }

    fn read_one(&self, question: &Question, reply: &Reply) -> Result<Answer, SourceError> {
        let crawl = self
            .crawl(question)
            .ok_or_else(|| SourceError::unaskable(self.name(), &[question]))?;
        if let Some(claim) = cdx::read(reply, crawl)? {
            return Ok(claim.into());
        }
        let next = question.next();
        Ok(match self.crawl(&next) {
            Some(_) => Answer::Ask(next),
            None => Answer::Unknown,
        })
    }
}

impl TimestampSource for CommonCrawl {
    fn name(&self) -> SourceName {
        SourceName::CommonCrawl
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if self.config.index.is_empty() {
            return self.not_found(pair);
        }
        let key = UrlKeys::default().key(pair.image);
        Ok(key.map_or(Answer::Unknown, Answer::LookUp))
    }

    fn not_found(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if !self.config.cdx {
            return Ok(Answer::Unknown);
        }
        Ok(pair.image_url().map_or(Answer::Unknown, |mut url| {
            url.set_fragment(None);
            Answer::Ask(Question::about(url))
        }))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        (!self.config.index.is_empty()).then_some(self as &dyn Archive)
    }

    fn server(&self) -> Option<&dyn Server> {
        self.config.cdx.then_some(self as &dyn Server)
    }
}

impl Archive for CommonCrawl {
    fn files(&self) -> &[String] {
        &self.config.index
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        index::scan(file, sink)
    }
}

impl Server for CommonCrawl {
    fn manners(&self) -> Manners {
        self.manners.clone()
    }

    fn preamble(&self) -> Option<Request> {
        match self.crawls.get() {
            Some(_) => None,
            None => cdx::list(&self.base),
        }
    }

    fn learn(&self, reply: &Reply) -> Result<(), SourceError> {
        let crawls = cdx::read_list(reply)?;
        self.crawls.get_or_init(|| crawls);
        Ok(())
    }

    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError> {
        let request = match questions {
            [question] => self
                .crawl(question)
                .and_then(|crawl| cdx::request(&self.base, crawl, &question.about)),
            _ => None,
        };
        request.ok_or_else(|| SourceError::unaskable(self.name(), questions))
    }

    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
        questions
            .iter()
            .map(|question| self.read_one(question, reply))
            .collect()
    }
}
