//! A rejection: a date that was found, or asked for in vain, and why it is never used.

use serde::{Deserialize, Serialize};

use crate::source::SourceName;

words! {
    /// Why a source's answer is not used. Asking again would not change it.
    pub enum Reason {
        /// Older than the web.
        Before1990 = "before-1990",
        /// Later than the run, or than the given limit.
        InTheFuture = "in-the-future",
        /// 1970-01-01: a zero, not a date.
        UnixEpoch = "unix-epoch",
        /// 2000-01-01T00:00:00 in EXIF: a camera whose clock was never set.
        CameraDefault = "camera-default",
        /// `0000:00:00 00:00:00` in EXIF.
        ExifYearZero = "exif-year-zero",
        /// `Last-Modified` equals `Date`: the page was made for the one who asked.
        GeneratedPage = "generated-page",
        /// The cell, header or EXIF field is there but is not a date.
        Malformed = "malformed",
        /// The table has no such column.
        MissingColumn = "missing-column",
        /// The server answered with an error that is not about to pass.
        RefusedByServer = "refused-by-server",
        /// A server's reply is not what its interface promises.
        BadReply = "bad-reply",
        /// The server wants a key or token that the environment does not hold.
        NoSecret = "no-secret",
        /// robots.txt does not let this program ask.
        RefusedByRobots = "refused-by-robots",
        /// The post was removed by its author, a moderator or the site: what is gone is not to be dated.
        RemovedPost = "removed-post",
        /// The url leads to an address that is not on the public internet, or is not http or https.
        ForbiddenUrl = "forbidden-url",
        /// The image's file is not there or cannot be read.
        UnreadableImage = "unreadable-image",
        /// The url redirects in circles or without end.
        TooManyRedirects = "too-many-redirects",
    }
}

/// What a source said or could not say, and why it does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rejection {
    /// Whose answer it was.
    pub source: SourceName,
    /// Why it does not count.
    pub reason: Reason,
    /// The cell, header, url or message that shows it.
    pub evidence: String,
}
