//! Hub error: why a set could not be had, and whether asking again may help.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use ticclip_fetchers::client::ClientError;
use url::Url;

use super::AddressError;
use crate::artefact::ArtefactError;

/// Why a set could not be had.
#[derive(Debug, Error)]
pub enum HubError {
    /// The address is none, or a folder cannot be part of it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A token would go over the wire for all to read.
    #[error(
        "a token is sent by https alone, or with --allow-private to a server in one's own network"
    )]
    TokenInClear,
    /// The network client could not be set up.
    #[error("{message}")]
    Setup {
        /// What the client says.
        message: String,
    },
    /// The server has none of the folders that the task's data may be in.
    #[error("task `{task}`: the hub has its data at none of: {}", listed(tried))]
    Nowhere {
        /// The task.
        task: String,
        /// Every address asked, and the status that came back.
        tried: Vec<(Url, u16)>,
    },
    /// No reply, or none to the end.
    #[error("{url}: {message}")]
    NoReply {
        /// The file.
        url: Box<Url>,
        /// What the client says, without what signs a url.
        message: String,
        /// Whether asking again may help.
        passes: bool,
    },
    /// An answer other than the file.
    #[error("{url}: the server answered with status {status}{}", hint(*status))]
    Status {
        /// The file.
        url: Box<Url>,
        /// The status.
        status: u16,
    },
    /// The file was moved from https to where all can read and change it.
    #[error("{url}: the server redirects from https to http, which is not followed")]
    Downgrade {
        /// The file.
        url: Box<Url>,
    },
    /// A file that is larger than allowed.
    #[error("{url}: larger than {most} bytes{}", if *raisable { "; --largest-file allows more" } else { "" })]
    TooLarge {
        /// The file.
        url: Box<Url>,
        /// Bytes that are allowed.
        most: u64,
        /// Whether a flag decides that.
        raisable: bool,
    },
    /// A file of another length than was said.
    #[error("{url}: {came} bytes came where the server had announced {stated}")]
    Length {
        /// The file.
        url: Box<Url>,
        /// What was said.
        stated: u64,
        /// What came.
        came: u64,
    },
    /// What came is not what it should be.
    #[error("{}, from {url}: {message}", path.display())]
    Damaged {
        /// Where it was to be.
        path: PathBuf,
        /// The file.
        url: Box<Url>,
        /// What is wrong with it.
        message: String,
    },
    /// The folder for a set cannot be begun.
    #[error(transparent)]
    Artefact(#[from] ArtefactError),
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl HubError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(super) fn no_reply(url: &Url, error: &ClientError) -> Self {
        let url = Box::new(url.clone());
        let (message, passes) = match error {
            ClientError::Forbidden { forbidden, .. } => {
                (format!("{forbidden}; --allow-private permits it"), false)
            }
            ClientError::BadHeader { name, .. } => (
                format!("what the header `{name}` is to hold cannot stand in one"),
                false,
            ),
            error => (
                without_queries(&error.to_string()),
                error.lasting().is_none(),
            ),
        };
        Self::NoReply {
            url,
            message,
            passes,
        }
    }

    /// Whether the same call may have the set later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NoReply { passes: true, .. } | Self::Artefact(ArtefactError::Busy { .. })
        )
    }

    /// Whether it is this machine's fault, so that other sets cannot be had either.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Setup { .. } | Self::Io { .. } | Self::Artefact(ArtefactError::Io { .. })
        )
    }
}

fn listed(tried: &[(Url, u16)]) -> String {
    let one = |(url, status): &(Url, u16)| format!("{url} (status {status})");
    tried.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What a status means for whoever calls.
fn hint(status: u16) -> &'static str {
    match status {
        401 | 403 => "; if the set is not public, TICCLIP_HUB_TOKEN may hold a token for it",
        _ => "",
    }
}

/// A message without the queries of its urls: a redirect's query is often what gives access.
fn without_queries(message: &str) -> String {
    let words = message.split(' ').map(|word| match word.split_once('?') {
        Some((url, query)) if url.contains("://") => {
            let end = if query.ends_with(':') { ":" } else { "" };
            format!("{url}?…{end}")
        }
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_a_url_is_not_repeated() {
        assert_eq!(
            without_queries("https://cdn.test/a?Signature=s3cret: cut off, why? unknown"),
            "https://cdn.test/a?…: cut off, why? unknown"
        );
    }
}
