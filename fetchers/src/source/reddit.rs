//! The reddit source: when a post was made, from RedCaps' annotations or Reddit's own interface.

mod annotations;
mod info;
mod post;

use std::path::Path;

use serde::{Deserialize, Serialize};
use url::Url;

use super::ask::SecretText;
use super::evidence::capped;
use super::secret::Credential;
use super::settings::Settings;
use super::{
    Answer, Archive, ArchiveError, Key, Manners, Pair, Question, Reply, Request, Server, Sink,
    SourceError, SourceName, TimestampSource,
};
use crate::config::ConfigError;

pub use super::id_column::IdColumn;

/// The interface's own server, the only one that gets a token unless the dataset names one.
const OWN_SERVER: &str = "https://oauth.reddit.com/";

/// The table `reddit` under `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RedditConfig {
    /// The column of post ids, with or without `t3_`.
    pub id: IdColumn,
    /// Paths or globs of RedCaps' annotations.
    #[serde(default)]
    pub annotations: Vec<String>,
    /// Whether the interface is asked for what no annotation has. Without this key it is asked only where no
    /// annotations are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// The address of another server with the same interface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The environment variable that holds the token; `REDDIT_TOKEN` for Reddit's own server. Another server
    /// gets no token unless this key is given. The name begins with `REDDIT_` or `TICCLIP_`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// At most so many requests a minute; greater than 0.
    #[serde(default = "hundred")]
    pub requests_per_minute: u32,
    /// Whether a server on a private or local address may be asked.
    #[serde(default)]
    pub allow_private: bool,
    /// How long one try may take, from the connection to the last byte.
    #[serde(default = "twenty")]
    pub timeout_seconds: u64,
    /// How many requests are under way at once.
    #[serde(default = "two")]
    pub concurrency: usize,
    /// How many of them to one host.
    #[serde(default = "two")]
    pub per_host_concurrency: usize,
    /// Who runs this: a mail address or page for the server's owners, added to the User-Agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

const fn hundred() -> u32 {
    100
}

const fn twenty() -> u64 {
    20
}

const fn two() -> usize {
    2
}

/// Dates a post by its id.
#[derive(Clone, Debug)]
pub struct Reddit {
    config: RedditConfig,
    base: Url,
    manners: Manners,
    token: Credential,
}

impl Reddit {
    /// A source with the given settings.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: RedditConfig) -> Result<Self, ConfigError> {
        let settings = Settings {
            source_name: SourceName::Reddit,
            allow_private: config.allow_private,
            timeout_seconds: config.timeout_seconds,
            concurrency: config.concurrency,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.as_deref(),
        };
        let mut manners = settings.manners()?;
        let rate = settings.rate(
            "requests-per-minute",
            config.requests_per_minute.into(),
            60.0,
        )?;
        manners.requests_per_second = Some(rate);
        let base = settings.base_url(config.base_url.as_deref().unwrap_or(OWN_SERVER))?;
        let own_server = base.as_str() == OWN_SERVER;
        let token = Credential::find(
            &settings,
            ("token-env", config.token_env.as_deref()),
            (own_server, "REDDIT_TOKEN"),
            (
                "REDDIT_",
                "allowed are names that begin with REDDIT_ or TICCLIP_",
            ),
        )?;
        Ok(Self {
            config,
            base,
            manners,
            token,
        })
    }

    /// The same with a token that does not come from the environment.
    #[must_use]
    pub fn with_token(mut self, token: SecretText) -> Self {
        self.token.set(token);
        self
    }

    fn id<'a>(&self, pair: &Pair<'a>) -> Result<Option<&'a str>, SourceError> {
        let column = &self.config.id.column;
        let cell = pair
            .cells
            .cell(column)
            .ok_or_else(|| SourceError::NoColumn {
                column: column.clone(),
            })?;
        if cell.trim().is_empty() {
            return Ok(None);
        }
        let id = post::id(cell).ok_or_else(|| SourceError::MalformedCell {
            column: column.clone(),
            value: capped(cell.to_owned()),
            allowed: "a post's id in base 36, with or without t3_",
        })?;
        Ok(Some(id))
    }

    fn is_online(&self) -> bool {
        self.config
            .online
            .unwrap_or(self.config.annotations.is_empty())
    }
}

impl TimestampSource for Reddit {
    fn name(&self) -> SourceName {
        SourceName::Reddit
    }

    fn needs_column(&self) -> Option<&str> {
        Some(&self.config.id.column)
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if self.config.annotations.is_empty() {
            return self.not_found(pair);
        }
        let id = self.id(pair)?;
        Ok(id.map_or(Answer::Unknown, |id| Answer::LookUp(Key::of(id))))
    }

    fn not_found(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if !self.is_online() {
            return Ok(Answer::Unknown);
        }
        let id = self.id(pair)?;
        Ok(id.map_or(Answer::Unknown, |id| Answer::Ask(Question::about(id))))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        (!self.config.annotations.is_empty()).then_some(self as &dyn Archive)
    }

    fn server(&self) -> Option<&dyn Server> {
        self.is_online().then_some(self as &dyn Server)
    }
}

impl Archive for Reddit {
    fn files(&self) -> &[String] {
        &self.config.annotations
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        annotations::scan(file, sink)
    }
}

impl Server for Reddit {
    fn manners(&self) -> Manners {
        self.manners.clone()
    }

    fn batch(&self) -> usize {
        info::BATCH
    }

    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError> {
        if questions.is_empty() || questions.len() > info::BATCH {
            return Err(SourceError::unaskable(self.name(), questions));
        }
        let token = self.token.secret("Reddit's interface (an OAuth token)")?;
        Ok(info::request(&self.base, questions, token))
    }

    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
        info::read(questions, reply)
    }
}
