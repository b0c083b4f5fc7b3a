//! The flickr source: when a photograph was posted, from YFCC100M's metadata or Flickr's REST interface.

mod metadata;
mod photo_id;
mod rest;
mod taken;

pub use photo_id::photo_id;

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

/// The interface's own server, the only one that gets a key unless the dataset names one.
const OWN_SERVER: &str = "https://api.flickr.com/services/rest/";

/// The table `flickr` under `[timestamps]`; every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FlickrConfig {
    /// The column of photo ids; without it the id is taken from the image's url.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<IdColumn>,
    /// Paths or globs of YFCC100M's metadata.
    pub metadata: Vec<String>,
    /// Whether the REST interface is asked for what no metadata has. Without this key it is asked only where
    /// no metadata is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// The address of the REST interface.
    pub base_url: String,
    /// The environment variable that holds the interface's key; `FLICKR_API_KEY` for Flickr's own server. Another
    /// server gets no key unless this key is given. The name begins with `FLICKR_` or `TICCLIP_`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// At most so many requests an hour; greater than 0.
    pub requests_per_hour: u32,
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

impl Default for FlickrConfig {
    fn default() -> Self {
        Self {
            id: None,
            metadata: Vec::new(),
            online: None,
            base_url: OWN_SERVER.to_owned(),
            api_key_env: None,
            requests_per_hour: 3600,
            allow_private: false,
            timeout_seconds: 20,
            concurrency: 4,
            per_host_concurrency: 4,
            contact: None,
        }
    }
}

/// Dates a photograph by its id.
#[derive(Clone, Debug)]
pub struct Flickr {
    config: FlickrConfig,
    base: Url,
    manners: Manners,
    key: Credential,
}

impl Flickr {
    /// A source with the given settings.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: FlickrConfig) -> Result<Self, ConfigError> {
        let settings = Settings {
            source_name: SourceName::Flickr,
            allow_private: config.allow_private,
            timeout_seconds: config.timeout_seconds,
            concurrency: config.concurrency,
            per_host_concurrency: config.per_host_concurrency,
            contact: config.contact.as_deref(),
        };
        let mut manners = settings.manners()?;
        let rate = settings.rate("requests-per-hour", config.requests_per_hour.into(), 3600.0)?;
        manners.requests_per_second = Some(rate);
        let base = settings.base_url(&config.base_url)?;
        let own_server = base.as_str() == OWN_SERVER;
        let key = Credential::find(
            &settings,
            ("api-key-env", config.api_key_env.as_deref()),
            (own_server, "FLICKR_API_KEY"),
            (
                "FLICKR_",
                "allowed are names that begin with FLICKR_ or TICCLIP_",
            ),
        )?;
        Ok(Self {
            config,
            base,
            manners,
            key,
        })
    }

    /// The same with a key that does not come from the environment.
    #[must_use]
    pub fn with_key(mut self, key: SecretText) -> Self {
        self.key.set(key);
        self
    }

    /// The photograph's id: from the column if the dataset names one, else from the url.
    fn id(&self, pair: &Pair<'_>) -> Result<Option<String>, SourceError> {
        let Some(IdColumn { column }) = &self.config.id else {
            return Ok(photo_id(pair.image));
        };
        let cell = pair
            .cells
            .cell(column)
            .ok_or_else(|| SourceError::NoColumn {
                column: column.clone(),
            })?;
        match cell.trim() {
            "" => Ok(None),
            id if photo_id::is_photo_id(id) => Ok(Some(id.to_owned())),
            _ => Err(SourceError::MalformedCell {
                column: column.clone(),
                value: capped(cell.to_owned()),
                allowed: "the number of a photograph",
            }),
        }
    }

    fn is_online(&self) -> bool {
        self.config
            .online
            .unwrap_or(self.config.metadata.is_empty())
    }
}

impl TimestampSource for Flickr {
    fn name(&self) -> SourceName {
        SourceName::Flickr
    }

    fn needs_column(&self) -> Option<&str> {
        self.config.id.as_ref().map(|id| id.column.as_str())
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if self.config.metadata.is_empty() {
            return self.not_found(pair);
        }
        let id = self.id(pair)?;
        Ok(id.map_or(Answer::Unknown, |id| Answer::LookUp(Key::of(&id))))
    }

    fn not_found(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        if !self.is_online() {
            return Ok(Answer::Unknown);
        }
        let id = self.id(pair)?;
        Ok(id.map_or(Answer::Unknown, |id| Answer::Ask(Question::about(id))))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        (!self.config.metadata.is_empty()).then_some(self as &dyn Archive)
    }

    fn server(&self) -> Option<&dyn Server> {
        self.is_online().then_some(self as &dyn Server)
    }
}

impl Archive for Flickr {
    fn files(&self) -> &[String] {
        &self.config.metadata
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        metadata::scan(file, sink)
    }
}

impl Server for Flickr {
    fn manners(&self) -> Manners {
        self.manners.clone()
    }

    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError> {
        let [question] = questions else {
            return Err(SourceError::unaskable(self.name(), questions));
        };
        let key = self.key.secret("Flickr's interface (an API key)")?;
        Ok(rest::request(&self.base, &question.about, key))
    }

    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>> {
        questions
            .iter()
            .map(|question| rest::read(&question.about, reply))
            .collect()
    }
}
