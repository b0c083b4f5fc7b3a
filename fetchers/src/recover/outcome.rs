//! An outcome: what became of a row, with every claim and every reason against one.

use serde::{Deserialize, Serialize};

use super::Rules;
use crate::claim::{Claim, Disagreement, choose, disagreement};
use crate::client::ClientError;
use crate::rejection::{Reason, Rejection};
use crate::source::{Answer, SourceError, SourceName};

/// What became of a row. Every row of the table has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    /// Every plausible claim, in the order of the sources.
    pub claims: Vec<Claim>,
    /// Every answer that does not count, and why, in the order of the sources.
    pub rejections: Vec<Rejection>,
    /// Every source that could not be asked this time, in the order of the sources.
    pub failures: Vec<Failure>,
    /// The claim that dates the pair.
    pub chosen: Option<Claim>,
    /// The result in one word.
    pub state: State,
    /// The widest contradiction to the chosen claim.
    pub disagreement: Option<Disagreement>,
}

/// The result of a row in one word, and its reason in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A claim was chosen.
    Dated,
    /// Every source was asked, and none knows a date.
    Unknown,
    /// There was something, and it does not count: asking again would not help.
    Rejected(Reason),
    /// A source could not be asked, for a reason that may pass: the next run should ask again.
    Failed(String),
}

impl State {
    /// `dated`, `unknown`, `rejected` or `failed`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Dated => "dated",
            Self::Unknown => "unknown",
            Self::Rejected(_) => "rejected",
            Self::Failed(_) => "failed",
        }
    }

    /// The reason as a kebab-case word.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Dated | Self::Unknown => None,
            Self::Rejected(reason) => Some(reason.as_str()),
            Self::Failed(word) => Some(word),
        }
    }
}

/// A source that could not be asked, for a reason that may pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Failure {
    /// Who could not be asked.
    pub source: SourceName,
    /// `timed-out`, `dns`, `connect`, `transport`, `busy` or `paused`.
    pub word: String,
    /// What happened, for people.
    pub message: String,
}

/// What the sources have said about a row so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    claims: Vec<Claim>,
    rejections: Vec<Rejection>,
    failures: Vec<Failure>,
}

impl Findings {
    /// Notes an answer that is not a question.
    pub(super) fn take(&mut self, source: SourceName, answer: Result<Answer, SourceError>) {
        match answer {
            Ok(Answer::Dated(claim)) => self.claims.push(claim),
            Ok(Answer::Rejected(rejection)) => self.rejections.push(rejection),
            Ok(Answer::Unknown) => {}
            // A source that still asks after all rounds goes in circles.
            Ok(Answer::Ask(request)) => {
                self.reject(source, Reason::RefusedByServer, request.url.to_string());
            }
            Err(error) => self.reject(source, error.reason(), error.to_string()),
        }
    }

    /// Notes a request that got no reply.
    pub(super) fn miss(&mut self, source: SourceName, error: &ClientError) {
        match error.lasting() {
            Some(reason) => self.reject(source, reason, error.to_string()),
            None => self.fail(Failure {
                source,
                word: error.word().to_owned(),
                message: error.to_string(),
            }),
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    pub(super) fn reject(&mut self, source: SourceName, reason: Reason, evidence: String) {
        self.rejections.push(Rejection {
            source,
            reason,
            evidence,
        });
    }

    /// Drops what is implausible and chooses among the rest.
    pub(super) fn settle(mut self, order: &[SourceName], rules: Rules) -> Outcome {
        let mut claims = Vec::new();
        for claim in std::mem::take(&mut self.claims) {
            match claim.check(rules.not_after) {
                Ok(()) => claims.push(claim),
                Err(reason) => self.reject(claim.source, reason, claim.evidence),
            }
        }
        let rank = |name: SourceName| order.iter().position(|&other| other == name);
        // Servers answer in any order; what is written does not depend on it.
        claims.sort_by_key(|claim| rank(claim.source));
        self.rejections
            .sort_by_key(|rejection| rank(rejection.source));
        self.failures.sort_by_key(|failure| rank(failure.source));
        let chosen = choose(&claims, order).cloned();
        let disagreement = chosen
            .as_ref()
            .and_then(|chosen| disagreement(chosen, &claims, rules.tolerance));
        let Self {
            rejections,
            failures,
            ..
        } = self;
        let state = match (&chosen, failures.first(), rejections.first()) {
            (Some(_), _, _) => State::Dated,
            (None, Some(failure), _) => State::Failed(failure.word.clone()),
            (None, None, Some(rejection)) => State::Rejected(rejection.reason),
            (None, None, None) => State::Unknown,
        };
        Outcome {
            claims,
            rejections,
            failures,
            chosen,
            state,
            disagreement,
        }
    }
}
