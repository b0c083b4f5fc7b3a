//! An outcome: what became of a row, with every claim and every reason against one.

use serde::{Deserialize, Serialize};

use super::Rules;
use crate::claim::{Claim, Disagreement, choose, disagreement, might_win};
use crate::rejection::{Reason, Rejection};
use crate::source::{Answer, SourceError, SourceName};

/// What became of a row. Every row of the table has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outcome {
    /// Every plausible claim, in the order of the sources.
    pub claims: Vec<Claim>,
    /// Every claim that is a default or a mistake, and why it does not count, in the order of the sources.
    pub refused: Vec<(Claim, Reason)>,
    /// Every other answer that does not count, and why, in the order of the sources.
    pub rejections: Vec<Rejection>,
    /// Every source that could not be asked this time, in the order of the sources.
    pub failures: Vec<Failure>,
    /// Which of [`Outcome::claims`] dates the pair.
    pub chosen: Option<usize>,
    /// The result in one word.
    pub state: State,
    /// The widest contradiction to the chosen claim.
    pub disagreement: Option<Disagreement>,
}

impl Outcome {
    /// The claim that dates the pair.
    pub fn chosen(&self) -> Option<&Claim> {
        self.claims.get(self.chosen?)
    }

    /// What was found instead of a date, for people: the first answer that does not count, or why nobody could be asked.
    pub fn detail(&self) -> &str {
        let failure = self.failures.first().map(|failure| &failure.message);
        let refused = self.refused.first().map(|(claim, _)| &claim.evidence);
        let rejected = self.rejections.first().map(|rejection| &rejection.evidence);
        failure.or(refused).or(rejected).map_or("", String::as_str)
    }
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
    /// Notes an answer that is final.
    pub(super) fn take(&mut self, source: SourceName, answer: Result<Answer, SourceError>) {
        match answer {
            Ok(Answer::Dated(claims)) => self.claims.extend(claims),
            Ok(Answer::Rejected(rejection)) => self.rejections.push(rejection),
            Ok(Answer::Unknown | Answer::LookUp(_)) => {}
            // A source that still asks after all rounds goes in circles.
            Ok(Answer::Ask(question)) => {
                self.reject(source, Reason::RefusedByServer, question.about);
            }
            Err(error) if error.may_pass() => self.fail(Failure {
                source,
                word: error.reason().as_str().to_owned(),
                message: error.to_string(),
            }),
            Err(error) => self.reject(source, error.reason(), error.to_string()),
        }
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    pub(super) fn reject(&mut self, source: SourceName, reason: Reason, evidence: String) {
        self.rejections.push(Rejection {
            source,
            reason,
            evidence,
        });
    }

    /// Sets aside what is implausible and chooses among the rest.
    pub(super) fn settle(mut self, order: &[SourceName], rules: Rules) -> Outcome {
        let rank = |name: SourceName| order.iter().position(|&other| other == name);
        // Servers answer in any order; what is written does not depend on it.
        self.claims
            .sort_by_key(|claim| (rank(claim.source), claim.kind));
        self.rejections
            .sort_by_key(|rejection| rank(rejection.source));
        self.failures.sort_by_key(|failure| rank(failure.source));
        let mut refused = Vec::new();
        let mut claims = self.claims;
        if claims
            .iter()
            .any(|claim| claim.check(rules.not_after).is_err())
        {
            let all = std::mem::take(&mut claims);
            for claim in all {
                match claim.check(rules.not_after) {
                    Ok(()) => claims.push(claim),
                    Err(reason) => refused.push((claim, reason)),
                }
            }
        }
        let chosen = choose(&claims, order, rules.rule);
        // A date that another answer could replace is none yet: what is written must not depend on which server was
        // down today.
        let waits_for = self.failures.iter().find(|failure| {
            chosen
                .is_none_or(|chosen| might_win(failure.source, &claims[chosen], order, rules.rule))
        });
        let chosen = chosen.filter(|_| waits_for.is_none());
        let disagreement =
            chosen.and_then(|chosen| disagreement(&claims[chosen], &claims, rules.tolerance));
        let reasons = refused
            .iter()
            .map(|(claim, reason)| (rank(claim.source), *reason))
            .chain(
                self.rejections
                    .iter()
                    .map(|rejection| (rank(rejection.source), rejection.reason)),
            );
        let state = match (chosen, waits_for) {
            (Some(_), _) => State::Dated,
            (None, Some(failure)) => State::Failed(failure.word.clone()),
            (None, None) => reasons
                .min_by_key(|&(rank, _)| rank)
                .map_or(State::Unknown, |(_, reason)| State::Rejected(reason)),
        };
        Outcome {
            claims,
            refused,
            rejections: self.rejections,
            failures: self.failures,
            chosen,
            state,
            disagreement,
        }
    }
}
