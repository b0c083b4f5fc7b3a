//! A client's error: why a request got no reply, and whether asking again may help.

use url::Url;

use super::MAX_REDIRECTS;
use super::address::Forbidden;
use super::guard::Guard;
use super::resolver::LookupFailed;
use crate::rejection::Reason;

/// Why a request got no reply that could be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The client could not be set up at all.
    #[error("set up the network client: {message}")]
    Setup {
        /// What the TLS or HTTP library says, or which setting is senseless.
        message: String,
    },
    /// A header that the request names, or its secret, cannot stand in a header.
    #[error(
        "{url}: header `{name}` is not allowed in HTTP: a name is a token, a value has no control characters"
    )]
    BadHeader {
        /// Who would have been asked.
        url: Box<Url>,
        /// The header's name; its value may be a secret.
        name: String,
    },
    /// Neither http nor https.
    #[error("{url} is not an http or https url")]
    Scheme {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
    },
    /// The url leads into a private or special network.
    #[error("{url}: {forbidden}; allow-private = true would permit it")]
    Forbidden {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
        /// Which address, and what is special about it.
        forbidden: Forbidden,
    },
    /// The host's robots.txt asks us not to.
    #[error("{url}: the robots.txt of its host refuses it")]
    RefusedByRobots {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
    },
    /// The host has a robots.txt and cannot tell what is in it.
    #[error("{url}: the robots.txt of its host answered with status {status}: ask again later")]
    RobotsUnreachable {
        /// The url, perhaps that of a redirect.
        url: Box<Url>,
        /// 5xx or 429.
        status: u16,
    },
    /// More redirects than any honest server needs.
    #[error("{url} redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects {
        /// Where the chain began.
        url: Box<Url>,
    },
    /// A redirect without a place to go.
    #[error("{url} redirects to `{location}`, which is not a url to follow")]
    BadRedirect {
        /// Who redirects.
        url: Box<Url>,
        /// What the header `Location` says, as far as it fits and is no secret.
        location: String,
    },
    /// Overloaded or rate-limited until the tries were used up, or for longer than a run can wait.
    #[error("{url} answered with status {status}: ask again later")]
    Busy {
        /// Who answered.
        url: Box<Url>,
        /// 408, 425, 429 or 5xx.
        status: u16,
    },
    /// The host asked for a pause that is longer than a run can wait.
    #[error("{url}: its host has asked to be left alone for {seconds} s")]
    Paused {
        /// What would have been asked.
        url: Box<Url>,
        /// What is left of the pause.
        seconds: u64,
    },
    /// The host did not answer so often in a row that it is not asked for now.
    #[error("{url}: its host has stopped answering and is not asked for now")]
    HostDown {
        /// What would have been asked.
        url: Box<Url>,
    },
    /// No connection, a connection lost, or no answer in time.
    #[error("{url}: {message}")]
    Transport {
        /// Who was asked.
        url: Box<Url>,
        /// `timed-out`, `too-slow`, `dns`, `connect` or `transport`.
        word: &'static str,
        /// What the HTTP library says.
        message: String,
    },
}

impl ClientError {
    /// Why asking again would not help; `None` if it may.
    pub const fn lasting(&self) -> Option<Reason> {
        match self {
            Self::Scheme { .. } | Self::Forbidden { .. } => Some(Reason::ForbiddenUrl),
            Self::RefusedByRobots { .. } => Some(Reason::RefusedByRobots),
            Self::TooManyRedirects { .. } => Some(Reason::TooManyRedirects),
            Self::BadRedirect { .. } => Some(Reason::Malformed),
            // A bad header comes from the settings or the environment, not from the row.
            Self::Setup { .. }
            | Self::BadHeader { .. }
            | Self::RobotsUnreachable { .. }
            | Self::Busy { .. }
            | Self::Paused { .. }
            | Self::HostDown { .. }
            | Self::Transport { .. } => None,
        }
    }

    /// A kebab-case word for a table's column.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Setup { .. } => "setup",
            Self::BadHeader { .. } => "bad-header",
            Self::RobotsUnreachable { .. } => "robots-unreachable",
            Self::Busy { .. } => "busy",
            Self::Paused { .. } => "paused",
            Self::HostDown { .. } => "host-down",
            Self::Transport { word, .. } => word,
            Self::Scheme { .. } | Self::Forbidden { .. } => Reason::ForbiddenUrl.as_str(),
            Self::RefusedByRobots { .. } => Reason::RefusedByRobots.as_str(),
            Self::TooManyRedirects { .. } => Reason::TooManyRedirects.as_str(),
            Self::BadRedirect { .. } => Reason::Malformed.as_str(),
        }
    }

    /// The same failure as that of another request, which waited for this one.
    pub(super) fn about(self, url: &Url) -> Self {
        let url = Box::new(url.clone());
        match self {
            Self::Paused { seconds, .. } => Self::Paused { url, seconds },
            Self::HostDown { .. } => Self::HostDown { url },
            Self::RobotsUnreachable { status, .. } => Self::RobotsUnreachable { url, status },
            Self::Transport { word, message, .. } => Self::Transport { url, word, message },
            other => other,
        }
    }

    /// What the HTTP library reports, without any secret that its message repeats.
    pub(super) fn transport(url: &Url, error: reqwest::Error, guard: &Guard<'_>) -> Self {
        // The library's url carries the secret if there is one.
        let error = error.without_url();
        let mut word = match &error {
            error if error.is_timeout() => "timed-out",
            error if error.is_connect() => "connect",
            _ => "transport",
        };
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(inner) = cause {
            if inner.is::<LookupFailed>() {
                word = "dns";
            }
            if let Some(forbidden) = inner.downcast_ref::<Forbidden>() {
                return Self::Forbidden {
                    url: Box::new(url.clone()),
                    forbidden: forbidden.clone(),
                };
            }
            cause = inner.source();
        }
        Self::Transport {
            url: Box::new(url.clone()),
            word,
            message: guard.redact(chain(&error)),
        }
    }
}

/// The whole chain of causes: the outermost alone says only that sending failed.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
