//! The server side of a source: how its questions become requests, and how its replies are read.

use std::time::Duration;

use super::{Answer, Reply, Request, SourceError};

/// What one row wants to know of a server. Equal questions are asked once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// What it is about: an id or a url. It must name the question among all of its source's, without secrets.
    pub about: String,
    /// How often the source has asked on about the same thing; what that means is the source's own affair.
    pub stage: u32,
}

impl Question {
    /// The first question about something.
    pub fn about(about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            stage: 0,
        }
    }

    /// The next question about the same thing.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            about: self.about.clone(),
            stage: self.stage + 1,
        }
    }
}

/// How a server is to be treated.
#[derive(Clone, Debug, PartialEq)]
pub struct Manners {
    /// Whether private and local addresses may be asked.
    pub allow_private: bool,
    /// How long one try may take, from the connection to the last byte.
    pub timeout: Duration,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// How many of them to one host.
    pub per_host_concurrency: usize,
    /// At most so many requests a second to one host, on average; `None` is no limit.
    pub requests_per_second: Option<f64>,
    /// Whether robots.txt decides what may be asked. An interface with terms of its own is not a page for robots.
    pub robots: bool,
    /// Who runs this, added to the User-Agent.
    pub contact: Option<String>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            allow_private: false,
            timeout: Duration::from_secs(20),
            concurrency: 32,
            per_host_concurrency: 2,
            requests_per_second: None,
            robots: true,
            contact: None,
        }
    }
}

/// A source's server. It builds requests and reads replies; somebody else makes the requests.
pub trait Server: Send + Sync {
    /// How the server is to be treated.
    fn manners(&self) -> Manners;

    /// How many questions of one stage go into one request.
    fn batch(&self) -> usize {
        1
    }

    /// A request to be made once, before all others; its reply goes to [`Server::learn`].
    fn preamble(&self) -> Option<Request> {
        None
    }

    /// Takes what the reply to [`Server::preamble`] says.
    ///
    /// # Errors
    /// The reply cannot be read: no question can be asked then.
    fn learn(&self, _reply: &Reply) -> Result<(), SourceError> {
        Ok(())
    }

    /// The request for the questions, which are of one stage and at most [`Server::batch`].
    ///
    /// # Errors
    /// One of them cannot be asked, as it is not what the server knows.
    fn request(&self, questions: &[&Question]) -> Result<Request, SourceError>;

    /// What the reply says to each question, in their order. [`Answer::Ask`] asks on.
    fn read(&self, questions: &[&Question], reply: &Reply) -> Vec<Result<Answer, SourceError>>;
}
