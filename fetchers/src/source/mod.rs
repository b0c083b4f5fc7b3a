//! A timestamp source says what to look up or ask for a pair and how to read the reply; it does no IO.

mod archive;
mod ask;
mod body;
mod bounded;
pub mod column;
pub mod common_crawl;
mod digits;
mod evidence;
pub mod exif;
pub mod flickr;
pub mod http_headers;
mod id_column;
mod pair;
mod plain_url;
pub mod reddit;
mod secret;
mod server;
mod settings;
pub mod uid_lists;
pub mod url_key;
pub mod url_path;
pub mod warc;
pub mod wayback;

pub use archive::{Archive, ArchiveError, Key, Sink};
pub use ask::{Method, Reply, Request, Secret, SecretText};
pub use pair::{Cells, Pair};
pub use server::{Manners, Question, Server};

use url::Url;

use crate::claim::Claim;
use crate::config::{ConfigError, Timestamps};
use crate::rejection::{Reason, Rejection};

words! {
    /// The sources there are, by the names that a dataset's `order` uses.
    pub enum SourceName {
        /// A column of the dataset's own table.
        Column = "column",
        /// Lists of uids whose names say when the pairs were captured, as TiC-DataComp's are released.
        UidLists = "uid-lists",
        /// Flickr's own record of the photograph: YFCC100M's metadata, or its REST interface.
        Flickr = "flickr",
        /// Reddit's own record of the post: RedCaps' annotations, or its interface.
        Reddit = "reddit",
        /// When Common Crawl saw the image's url: its columnar index, or its CDX server.
        CommonCrawl = "common-crawl",
        /// Pages in WARC or WAT files that show the image.
        Warc = "warc",
        /// When the Wayback Machine first saw the image's url.
        Wayback = "wayback",
        /// What the camera wrote into the image.
        Exif = "exif",
        /// The headers with which the image's server answers.
        HttpHeaders = "http-headers",
        /// A date in the path of the image's url.
        UrlPath = "url-path",
    }
}

impl SourceName {
    /// Whether the source may date a pair itself (`created`, `posted`); the others only bound it.
    pub const fn may_be_exact(self) -> bool {
        match self {
            Self::Column | Self::Flickr | Self::Reddit | Self::Exif | Self::UrlPath => true,
            Self::UidLists | Self::CommonCrawl | Self::Warc | Self::Wayback | Self::HttpHeaders => {
                false
            }
        }
    }
}

/// What a source says about a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has a date, or several.
    Dated(Vec<Claim>),
    /// It knows no date: it was asked, and there is none.
    Unknown,
    /// It has something that looks like a date and is none.
    Rejected(Rejection),
    /// It has to look into its files first.
    LookUp(Key),
    /// It has to ask its server first.
    Ask(Question),
}

impl Answer {
    /// To ask a server about the pair's image by its url: without the fragment, which no server sees, so that rows that
    /// differ in it ask the same.
    fn ask_about_image(pair: &Pair<'_>) -> Self {
        pair.image_url().map_or(Self::Unknown, |mut url| {
            url.set_fragment(None);
            Self::Ask(Question::about(url))
        })
    }
}

impl From<Claim> for Answer {
    fn from(claim: Claim) -> Self {
        Self::Dated(vec![claim])
    }
}

/// One original source of timestamps.
pub trait TimestampSource: Send + Sync {
    /// The name under which a dataset lists it.
    fn name(&self) -> SourceName;

    /// What the pair itself tells, or what to look up or ask for it.
    ///
    /// # Errors
    /// The pair holds something that should be a date but cannot be read.
    fn date(&self, pair: &Pair<'_>) -> Result<Answer, SourceError>;

    /// What to do when [`Answer::LookUp`] found nothing in the files: nothing, or ask a server after all.
    fn not_found(&self, _pair: &Pair<'_>) -> Result<Answer, SourceError> {
        Ok(Answer::Unknown)
    }

    /// The files that answer [`Answer::LookUp`], if the source has such.
    fn archive(&self) -> Option<&dyn Archive> {
        None
    }

    /// The server that answers [`Answer::Ask`], if the source has one.
    fn server(&self) -> Option<&dyn Server> {
        None
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

/// Why a source gave no answer.
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
    /// The reply is not what the server's interface promises: an error page, or cut off. It may pass.
    #[error("{url}: the reply {message}")]
    BadReply {
        /// Who answered, without secrets.
        url: Box<Url>,
        /// What is wrong with it, as in "is not JSON: ...".
        message: String,
    },
    /// The server wants to know who asks, and the environment does not say it. It may pass.
    #[error(
        "environment variable {variable} is not set, or empty; {source_name} needs it for {needed_for}"
    )]
    NoSecret {
        /// The source.
        source_name: SourceName,
        /// The variable's name.
        variable: String,
        /// What the secret is and whom it is for.
        needed_for: &'static str,
    },
    /// A question that the source did not ask in this form.
    #[error("{source_name} cannot be asked about {about}")]
    Unaskable {
        /// The source.
        source_name: SourceName,
        /// What the question, or the first of several, is about.
        about: String,
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
    ///
    /// Where the error [may pass](Self::may_pass), the row counts as failed under the same word.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::NoColumn { .. } => Reason::MissingColumn,
            Self::MalformedCell { .. }
            | Self::MalformedHeader { .. }
            | Self::MalformedExif { .. } => Reason::Malformed,
            Self::BadReply { .. } => Reason::BadReply,
            Self::NoSecret { .. } => Reason::NoSecret,
            Self::Unaskable { .. } | Self::Refused { .. } => Reason::RefusedByServer,
        }
    }

    /// Whether asking again another time may help.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::BadReply { .. } | Self::NoSecret { .. })
    }

    fn unaskable(source_name: SourceName, questions: &[&Question]) -> Self {
        let about = questions
            .first()
            .map_or("nothing", |question| &question.about);
        Self::Unaskable {
            source_name,
            about: about.to_owned(),
        }
    }
}

/// Opens a source by its name in `order`.
///
/// # Errors
/// The source needs a table of its own under `[timestamps]` and has none, or a value in it makes no sense.
pub fn by_name(
    name: SourceName,
    config: &Timestamps,
) -> Result<Box<dyn TimestampSource>, ConfigError> {
    let needs = |example| ConfigError::NoTable {
        source_name: name,
        example,
    };
    Ok(match name {
        SourceName::Column => Box::new(column::Column::new(config.column.clone().ok_or(
            needs(r#"column = { name = "released", unit = "iso-8601", kind = "posted" }"#),
        )?)?),
        SourceName::UidLists => Box::new(uid_lists::UidLists::new(
            config
                .uid_lists
                .clone()
                .ok_or(needs(r#"uid-lists = { files = ["yearly/*.npy"] }"#))?,
        )?),
        SourceName::Flickr => Box::new(flickr::Flickr::new(
            config.flickr.clone().unwrap_or_default(),
        )?),
        SourceName::Reddit => Box::new(reddit::Reddit::new(
            config
                .reddit
                .clone()
                .ok_or(needs(r#"reddit = { id = { column = "image_id" } }"#))?,
        )?),
        SourceName::CommonCrawl => Box::new(common_crawl::CommonCrawl::new(
            config.common_crawl.clone().unwrap_or_default(),
        )?),
        SourceName::Warc => Box::new(warc::Warc::new(
            config
                .warc
                .clone()
                .ok_or(needs(r#"warc = { files = ["*.warc.wat.gz"] }"#))?,
        )?),
        SourceName::Wayback => Box::new(wayback::Wayback::new(
            config.wayback.clone().unwrap_or_default(),
        )?),
        SourceName::Exif => Box::new(exif::Exif),
        SourceName::HttpHeaders => Box::new(http_headers::HttpHeaders::new(
            config.http_headers.clone().unwrap_or_default(),
        )?),
        SourceName::UrlPath => Box::new(url_path::UrlPath),
    })
}
