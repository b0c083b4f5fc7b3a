//! The warc source: pages in WARC or WAT files that show the image, and captures of the image itself.

mod html;
pub mod json;
mod members;
mod records;

use std::io;
use std::path::Path;

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

use self::json::ImageLink;
use self::records::{Record, Records};
use super::column::Unit;
use super::evidence::capped;
use super::url_key::{Page, UrlKeys};
use super::{Answer, Archive, ArchiveError, Pair, Sink, SourceError, SourceName, TimestampSource};
use crate::claim::{Kind, Precision};
use crate::config::ConfigError;

/// The table `warc` under `[timestamps]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WarcConfig {
    /// Paths or globs of `.warc.wat.gz`, `.warc.gz`, `.warc.wat` and `.warc` files.
    pub files: Vec<String>,
}

/// Looks an image's url up in crawled pages.
#[derive(Clone, Debug)]
pub struct Warc {
    config: WarcConfig,
}

impl Warc {
    /// A source over the given files.
    ///
    /// # Errors
    /// No file is named.
    pub fn new(config: WarcConfig) -> Result<Self, ConfigError> {
        if config.files.is_empty() {
            return Err(ConfigError::Value {
                source_name: SourceName::Warc,
                key: "files",
                value: "[]".to_owned(),
                allowed: "allowed are paths or globs of .warc.wat.gz and .warc.gz files, at least one",
            });
        }
        Ok(Self { config })
    }
}

impl TimestampSource for Warc {
    fn name(&self) -> SourceName {
        SourceName::Warc
    }

    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError> {
        let key = UrlKeys::default().key(pair.image);
        Ok(key.map_or(Answer::Unknown, Answer::LookUp))
    }

    fn archive(&self) -> Option<&dyn Archive> {
        Some(self)
    }
}

impl Archive for Warc {
    fn files(&self) -> &[String] {
        &self.config.files
    }

    fn scan(&self, file: &Path, sink: &mut dyn Sink) -> Result<(), ArchiveError> {
        let named = |error: io::Error| match error.kind() {
            io::ErrorKind::InvalidData => ArchiveError::Format {
                path: file.to_owned(),
                message: error.to_string(),
            },
            _ => ArchiveError::Io {
                path: file.to_owned(),
                error,
            },
        };
        let mut records = Records::open(file).map_err(named)?;
        let name = file
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut scan = Scan {
            file: &name,
            keys: UrlKeys::default(),
            sink,
        };
        while let Some(record) = records.next().map_err(named)? {
            scan.record(record).map_err(|error| ArchiveError::Io {
                path: file.to_owned(),
                error,
            })?;
        }
        Ok(())
    }
}

/// Goes through the records of one file.
struct Scan<'a> {
    file: &'a str,
    keys: UrlKeys,
    sink: &'a mut dyn Sink,
}

/// The page or file that a record is about.
struct Captured<'a> {
    url: &'a str,
    at: DateTime<Utc>,
}

impl Scan<'_> {
    fn record(&mut self, record: Record<'_>) -> io::Result<()> {
        let field = |name| records::field(record.header, name);
        let kind = field("warc-type").unwrap_or("");
        if !matches!(kind, "metadata" | "response") {
            return Ok(());
        }
        let Some(url) = field("warc-target-uri").map(|url| url.trim_matches(['<', '>'])) else {
            return Ok(());
        };
        let Some(body) = record.body else {
            self.sink.skip(&format!(
                "{}: the record at decompressed byte {} is too long",
                self.file, record.offset
            ));
            return Ok(());
        };
        let utc = FixedOffset::east_opt(0);
        let date = field("warc-date")
            .zip(utc)
            .and_then(|(date, utc)| Unit::Iso8601.parse(date, utc));
        let Some((at, Precision::Second)) = date else {
            self.sink.skip(&format!(
                "{}: the record at decompressed byte {} has no WARC-Date",
                self.file, record.offset
            ));
            return Ok(());
        };
        let captured = Captured { url, at };
        match kind {
            "response" => self.response(&captured, body),
            // Other metadata is lines of text, in which there are no links.
            _ if field("content-type").is_some_and(|kind| kind.contains("json")) => {
                self.wat(&captured, body)
            }
            _ => Ok(()),
        }
    }

    fn wat(&mut self, page: &Captured<'_>, body: &[u8]) -> io::Result<()> {
        let base = Page::new(page.url);
        let mut result = Ok(());
        json::image_links(body, |link| {
            if result.is_ok() {
                result = self.link(page, &base, &link);
            }
        });
        result
    }

    fn link(
        &mut self,
        page: &Captured<'_>,
        base: &Page<'_>,
        link: &ImageLink<'_>,
    ) -> io::Result<()> {
        let Some(key) = self.keys.key_of_link(base, &link.url) else {
            return Ok(());
        };
        if !self.sink.wants(key) {
            return Ok(());
        }
        let alt = link
            .alt
            .as_deref()
            .map_or_else(String::new, |alt| format!(", alt: {alt}"));
        let evidence = capped(format!("image on {} in {}{alt}", page.url, self.file));
        self.sink
            .take(key, page.at, Precision::Second, Kind::Captured, &evidence)
    }

    /// A captured file, and if it is a page, its images.
    fn response(&mut self, file: &Captured<'_>, body: &[u8]) -> io::Result<()> {
        let Some(end) = memchr::memmem::find(body, b"\r\n\r\n") else {
            return Ok(());
        };
        let (header, content) = (&body[..end], &body[end + 4..]);
        let status = header
            .split(|&byte| byte == b' ')
            .nth(1)
            .map(<[u8]>::trim_ascii);
        if !header.starts_with(b"HTTP/") || !status.is_some_and(|status| status.starts_with(b"200"))
        {
            return Ok(());
        }
        if let Some(key) = self.keys.key(file.url).filter(|&key| self.sink.wants(key)) {
            let evidence = capped(format!("{} in {}", file.url, self.file));
            self.sink
                .take(key, file.at, Precision::Second, Kind::Captured, &evidence)?;
        }
        let is_page = records::field(header, "content-type").is_some_and(|kind| {
            kind.get(..9)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
        });
        if !is_page {
            return Ok(());
        }
        let base = Page::new(file.url);
        let mut result = Ok(());
        html::image_links(content, |link| {
            if result.is_ok() {
                result = self.link(file, &base, &link);
            }
        });
        result
    }
}
