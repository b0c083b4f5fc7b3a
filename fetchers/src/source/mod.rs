//! A timestamp source says what to ask for a pair and how to read the reply; it does no IO.

mod ask;
pub mod column;
pub mod exif;
pub mod http_headers;
mod pair;
pub mod url_path;

pub use ask::{Method, Reply, Request};
pub use pair::Pair;

use url::Url;

use crate::claim::Claim;
use crate::config::{ConfigError, Timestamps};
use crate::rejection::{Reason, Rejection};

words! {
    /// The sources there are, by the names that a dataset's `order` uses.
    pub enum SourceName {
        /// A column of the dataset's own table.
        Column = "column",
        /// A date in the path of the image's url.
        UrlPath = "url-path",
        /// What the camera wrote into the image.
        Exif = "exif",
        /// The headers with which the image's server answers.
        HttpHeaders = "http-headers",
    }
}

/// What a source says about a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has a date.
    Dated(Claim),
    /// It knows no date: it was asked, and there is none.
    Unknown,
    /// It has something that looks like a date and is none.
    Rejected(Rejection),
    /// It has to ask a server first.
    Ask(Request),
}

/// One original source of timestamps.
pub trait TimestampSource: Send + Sync {
    /// The name under which a dataset lists it.
    fn name(&self) -> SourceName;

    /// What the pair itself tells, or what to ask for it.
    ///
    /// # Errors
    /// The pair holds something that should be a date but cannot be read.
    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError>;

    /// What the reply to [`Answer::Ask`] tells. Offline sources never ask and keep the default.
    ///
    /// # Errors
    /// The server refused, or its reply cannot be read.
    fn read(&self, _request: &Request, _reply: &Reply) -> Result<Answer, SourceError> {
        Ok(Answer::Unknown)
    }

    /// Whether [`Pair::image_bytes`] is looked at: nobody opens image files for nothing.
    fn reads_images(&self) -> bool {
        false
    }

    /// The column of the table without which the source cannot work.
    fn needs_column(&self) -> Option<&str> {
        None
    }
}

/// Why a source gave no answer. None of these passes by waiting; what may pass is the client's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The table lacks the column that the dataset names.
    #[error("column `{column}` is not in the table")]
    NoColumn {
        /// The column's name.
        column: String,
    },
    /// A cell is neither empty nor in the unit that the dataset gives.
    #[error("column `{column}`: `{value}` is not {allowed}")]
    MalformedCell {
        /// The column's name.
        column: String,
        /// The cell as it stands in the table.
        value: String,
        /// What would be right.
        allowed: &'static str,
    },
    /// A header is there but holds no date.
    #[error("header {header} of {url}: `{value}` is not an HTTP date")]
    MalformedHeader {
        /// The header's name in lower case.
        header: &'static str,
        /// The header's value.
        value: String,
        /// Whose header it is.
        url: Box<Url>,
    },
    /// The EXIF block or one of its dates cannot be read.
    #[error("EXIF of {image}: {message}")]
    MalformedExif {
        /// The image's path or url.
        image: String,
        /// What is wrong with it.
        message: String,
    },
    /// A 4xx that a later run would see again.
    #[error("{url} answered with status {status}")]
    Refused {
        /// Who answered.
        url: Box<Url>,
        /// The HTTP status.
        status: u16,
    },
}

impl SourceError {
    /// The word under which the row is listed.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NoColumn { .. } => Reason::MissingColumn,
            Self::MalformedCell { .. }
            | Self::MalformedHeader { .. }
            | Self::MalformedExif { .. } => Reason::Malformed,
            Self::Refused { .. } => Reason::RefusedByServer,
        }
    }
}

/// Opens a source by its name in `order`.
///
/// # Errors
/// The source needs a table of its own under `[timestamps]` and has none.
pub fn by_name(
    name: SourceName,
    config: &Timestamps,
) -> Result<Box<dyn TimestampSource>, ConfigError> {
    Ok(match name {
        SourceName::Column => {
            let column = config.column.clone().ok_or(ConfigError::NoTable {
                source_name: name,
                example: r#"column = { name = "released", unit = "iso-8601", kind = "posted" }"#,
            })?;
            Box::new(column::Column::new(column))
        }
        SourceName::UrlPath => Box::new(url_path::UrlPath),
        SourceName::Exif => Box::new(exif::Exif),
        SourceName::HttpHeaders => Box::new(http_headers::HttpHeaders),
    })
}
