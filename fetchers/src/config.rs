//! The `[timestamps]` table of a dataset file: the sources to ask, in order, and their settings.

use serde::{Deserialize, Serialize};

use crate::claim::Rule;
use crate::source::column::ColumnConfig;
use crate::source::common_crawl::CommonCrawlConfig;
use crate::source::flickr::FlickrConfig;
use crate::source::http_headers::HttpHeadersConfig;
use crate::source::reddit::RedditConfig;
use crate::source::uid_lists::UidListsConfig;
use crate::source::warc::WarcConfig;
use crate::source::wayback::WaybackConfig;
use crate::source::{SourceName, TimestampSource, by_name};

/// Which sources date the pairs, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Timestamps {
    /// The sources tried; among exact claims the one that stands first wins.
    pub order: Vec<SourceName>,
    /// Which of several claims dates the pair.
    #[serde(default)]
    pub rule: Rule,
    /// Claims that are further apart than this disagree; the day by default covers local times without an offset.
    #[serde(default = "day")]
    pub tolerance_hours: u32,
    /// Needed by the source `column`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<ColumnConfig>,
    /// Needed by the source `uid-lists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid_lists: Option<UidListsConfig>,
    /// Settings of the source `flickr`, which works without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flickr: Option<FlickrConfig>,
    /// Needed by the source `reddit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reddit: Option<RedditConfig>,
    /// Settings of the source `common-crawl`, which works without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common_crawl: Option<CommonCrawlConfig>,
    /// Needed by the source `warc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warc: Option<WarcConfig>,
    /// Settings of the source `wayback`, which works without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wayback: Option<WaybackConfig>,
    /// Settings of the source `http-headers`, which works without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_headers: Option<HttpHeadersConfig>,
}

const fn day() -> u32 {
    24
}

/// Why a `[timestamps]` table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `order = []`.
    #[error("[timestamps] order names no source; allowed are {}", names())]
    NoSource,
    /// A source that is listed twice would make every claim twice.
    #[error("[timestamps] order names `{source_name}` twice")]
    Repeated {
        /// The source.
        source_name: SourceName,
    },
    /// The source cannot guess its settings.
    #[error(
        "[timestamps] order names `{source_name}`, which needs a table of its own, such as: {example}"
    )]
    NoTable {
        /// The source.
        source_name: SourceName,
        /// A line that would do.
        example: &'static str,
    },
    /// A value in a source's table that makes no sense.
    #[error("[timestamps] {source_name}.{key} = {value}: {allowed}")]
    Value {
        /// The source.
        source_name: SourceName,
        /// The key in its table.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
}

fn names() -> String {
    SourceName::ALL
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

impl Timestamps {
    /// Opens the sources in their order.
    ///
    /// # Errors
    /// The order is empty or repeats a source, or a source lacks its table or has a senseless one.
    pub fn sources(&self) -> Result<Vec<Box<dyn TimestampSource>>, ConfigError> {
        if self.order.is_empty() {
            return Err(ConfigError::NoSource);
        }
        for (at, &source_name) in self.order.iter().enumerate() {
            if self.order[..at].contains(&source_name) {
                return Err(ConfigError::Repeated { source_name });
            }
        }
        self.order.iter().map(|&name| by_name(name, self)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "the tests' own tables are known to parse"
    )]
    use super::*;

    fn problem(text: &str) -> String {
        match toml::from_str::<Timestamps>(text) {
            Ok(config) => config.sources().err().unwrap().to_string(),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn a_full_table_is_read_and_written_back() {
        let text = r#"
            order = ["column", "exif", "url-path", "http-headers"]
            column = { name = "released", unit = "iso-8601", kind = "posted" }
            http-headers = { allow-private = true, timeout-seconds = 5, concurrency = 8 }
        "#;
        let config: Timestamps = toml::from_str(text).unwrap();
        assert_eq!(config.sources().unwrap().len(), 4);
        assert_eq!(
            toml::from_str::<Timestamps>(&toml::to_string(&config).unwrap()).unwrap(),
            config
        );
    }

    #[test]
    fn a_listed_source_without_its_table_is_named() {
        assert!(
            problem(r#"order = ["url-path", "column"]"#)
                .contains("`column`, which needs a table of its own")
        );
    }

    #[test]
    fn empty_and_repeated_orders_are_refused() {
        assert!(problem("order = []").contains("column, uid-lists, flickr"));
        assert!(problem(r#"order = ["exif", "exif"]"#).contains("`exif` twice"));
    }

    #[test]
    fn misspelt_keys_are_reported_with_what_is_allowed() {
        assert!(problem(r#"order = ["flicker"]"#).contains("expected one of"));
        assert!(problem("order = [\"exif\"]\nhttp_headers = {}").contains("http-headers"));
        assert!(
            problem("order = [\"http-headers\"]\nhttp-headers = { timeout = 1 }")
                .contains("timeout-seconds")
        );
        let unit = "order = [\"column\"]\ncolumn = { name = \"a\", unit = \"seconds\", kind = \"posted\" }";
        assert!(problem(unit).contains("unix-seconds"));
    }
}
