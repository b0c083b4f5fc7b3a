//! The answers that servers have given about a batch of rows, kept in a journal so that no question is asked twice.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::journal::{Journal, JournalError};
use crate::rejection::Rejection;
use crate::source::{Answer, SourceError, SourceName};

/// The journal of answers cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// The disk refuses.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An answer has no form in JSON.
    #[error("note an answer of {source_name} about {about}: {message}")]
    Json {
        /// The source.
        source_name: SourceName,
        /// What was asked about.
        about: String,
        /// What the serializer says.
        message: String,
    },
}

/// What a server said in the end. That it did not answer is not kept: it may another time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Final {
    Dated(Vec<Claim>),
    Unknown,
    Rejected(Rejection),
}

#[derive(Serialize, Deserialize)]
struct Entry {
    source: SourceName,
    about: String,
    answer: Final,
}

/// The answers of one batch.
#[derive(Debug)]
pub struct Answers {
    journal: Option<Journal>,
    known: HashMap<(SourceName, String), Final>,
}

impl Answers {
    /// Answers that are not kept.
    pub fn forgotten() -> Self {
        Self {
            journal: None,
            known: HashMap::new(),
        }
    }

    /// The answers kept at `path`, where new ones are added.
    ///
    /// # Errors
    /// The disk refuses. Records that cannot be understood are passed over: their questions are asked again.
    pub fn open(path: &Path) -> Result<Self, AnswersError> {
        let mut known = HashMap::new();
        let journal = Journal::open(path, |_, record| {
            if let Ok(entry) = serde_json::from_slice::<Entry>(record) {
                known.insert((entry.source, entry.about), entry.answer);
            }
        })?;
        Ok(Self {
            journal: Some(journal),
            known,
        })
    }

    /// The answer to a question, if it was given; it is not kept in memory after that.
    pub(super) fn take(&mut self, source: SourceName, about: &str) -> Option<Answer> {
        if self.known.is_empty() {
            return None;
        }
        let answer = self.known.remove(&(source, about.to_owned()))?;
        Some(match answer {
            Final::Dated(claims) => Answer::Dated(claims),
            Final::Unknown => Answer::Unknown,
            Final::Rejected(rejection) => Answer::Rejected(rejection),
        })
    }

    /// Keeps a final answer. One that may be another next time is not kept.
    pub(super) fn keep(
        &mut self,
        source: SourceName,
        about: &str,
        answer: &Result<Answer, SourceError>,
    ) -> Result<(), AnswersError> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let answer = match answer {
            Ok(Answer::Dated(claims)) => Final::Dated(claims.clone()),
            Ok(Answer::Unknown) => Final::Unknown,
            Ok(Answer::Rejected(rejection)) => Final::Rejected(rejection.clone()),
            Err(error) if !error.may_pass() => Final::Rejected(Rejection {
                source,
                reason: error.reason(),
                evidence: error.to_string(),
            }),
            Ok(Answer::LookUp(_) | Answer::Ask(_)) | Err(_) => return Ok(()),
        };
        let entry = Entry {
            source,
            about: about.to_owned(),
            answer,
        };
        let record = serde_json::to_vec(&entry).map_err(|error| AnswersError::Json {
            source_name: source,
            about: about.to_owned(),
            message: error.to_string(),
        })?;
        journal.append(&record)?;
        Ok(())
    }
}
