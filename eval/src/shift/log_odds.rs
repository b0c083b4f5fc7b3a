//! Words that set one step apart: weighted log-odds with an informative Dirichlet prior.
//!
//! Monroe, Colaresi & Quinn, "Fightin' Words" (Political Analysis 16, 2008). A term that y of n
//! captions have, with prior α of α₀, has log-odds ln((y + α) / (n + α₀ − y − α)); δ is the
//! difference of two groups of captions (eq. 16), its variance the sum of 1 / (y + α) and
//! 1 / (n + α₀ − y − α) over both (eq. 19; we keep the second terms, which the paper drops, as
//! half of all captions may have a term) and z = δ / √variance (eq. 22). The prior is informative
//! (eq. 23): α = α₀ · the term's share in both groups together.
//!
//! The paper counts words among words. We count captions among captions, once however often a
//! caption repeats the term; n and α₀ are captions, and the formulas are those of a Beta prior,
//! which is what one term's Dirichlet prior is.
//!
//! Where terms were dropped to bound memory, the step is counted from below and what it is
//! compared with from above: dropping cannot make a term rise.

use rayon::prelude::*;
use thiserror::Error;

use super::term_table::{Term, TermTable};

/// A weight of the prior, α₀, that leaves z alone in steps of ten thousand captions and pulls it
/// towards zero in steps of hundreds.
pub const PRIOR_CAPTIONS: f64 = 500.0;

/// How much likelier a term is in one group of captions than in another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LogOdds {
    /// Difference of log-odds δ, shrunk by the prior; a doubled rare term has ln 2 = 0.69.
    pub(super) delta: f64,
    /// Its variance.
    pub(super) variance: f64,
    /// δ in standard errors: standard normal where nothing changed and terms are not too rare.
    pub(super) z: f64,
}

/// A term in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The word or phrase.
    pub term: String,
    /// What the list is ordered by. Of m terms without any change, 0.023 · m pass z = 2 by chance.
    pub z: f64,
    /// Log-odds of the step against the others; in trends, of a step one unit of time later.
    pub log_odds: f64,
    /// Captions of every step that have it.
    pub counts: Vec<u64>,
    /// Their share of the step's captions.
    pub shares: Vec<f64>,
}

/// Why a step cannot be compared.
#[derive(Debug, Error, PartialEq)]
pub enum LogOddsError {
    /// A step that is not there.
    #[error("step {step} cannot be compared, there are {steps}, from 0")]
    NoSuchStep {
        /// The step.
        step: usize,
        /// Number of steps.
        steps: usize,
    },
    /// A step, or what it is compared with, without captions.
    #[error(
        "step {step} has {own} captions and what it is compared with has {others}, expected some of both"
    )]
    NoCaptions {
        /// The step.
        step: usize,
        /// Its captions.
        own: u64,
        /// Captions of the other steps.
        others: u64,
    },
    /// A prior that is no weight.
    #[error("the prior weighs {prior} captions, expected a positive number")]
    Prior {
        /// The weight.
        prior: f64,
    },
    /// A term that more captions have than there are, or without a count for every step.
    #[error("term {term:?} has counts {counts:?} of {captions:?} captions")]
    Counts {
        /// The term.
        term: String,
        /// Its counts.
        counts: Vec<u64>,
        /// Captions of every step.
        captions: Vec<u64>,
    },
}

/// Compares (captions with the term, all captions) of two groups; none if no caption or every
/// caption has the term, or a group is empty.
pub(super) fn log_odds(one: (u64, u64), other: (u64, u64), prior_captions: f64) -> Option<LogOdds> {
    let (with, all) = (one.0 + other.0, one.1 + other.1);
    if with == 0 || with == all || one.1 == 0 || other.1 == 0 {
        return None;
    }
    let prior = prior_captions * with as f64 / all as f64;
    let side = |(count, captions): (u64, u64)| {
        let having = count as f64 + prior;
        let lacking = (captions - count) as f64 + (prior_captions - prior);
        ((having / lacking).ln(), 1.0 / having + 1.0 / lacking)
    };
    let (own, others) = (side(one), side(other));
    let (delta, variance) = (own.0 - others.0, own.1 + others.1);
    Some(LogOdds {
        delta,
        variance,
        z: delta / variance.sqrt(),
    })
}

/// Terms that are more frequent in `step` than in all steps before it, by z; at most `limit`.
///
/// # Errors
/// [`LogOddsError`] when there is no such step, none before it, or a group without captions.
pub fn rising(
    table: &TermTable,
    step: usize,
    prior_captions: f64,
    limit: usize,
) -> Result<Vec<Ranked>, LogOddsError> {
    ranked(table, step, 0..step, prior_captions, limit, |_| true)
}

/// Terms that are more frequent in `step` than in all other steps, by z; at most `limit`.
///
/// # Errors
/// As [`rising`].
pub fn characteristic(
    table: &TermTable,
    step: usize,
    prior_captions: f64,
    limit: usize,
) -> Result<Vec<Ranked>, LogOddsError> {
    let others = (0..table.captions.len()).filter(|other| *other != step);
    ranked(table, step, others, prior_captions, limit, |_| true)
}

/// Terms that no caption before `step` was seen to have and at least `at_least` of its own have,
/// by z against the steps before; at most `limit`.
///
/// # Errors
/// As [`rising`].
pub fn new_terms(
    table: &TermTable,
    step: usize,
    at_least: u64,
    prior_captions: f64,
    limit: usize,
) -> Result<Vec<Ranked>, LogOddsError> {
    let new = |term: &Term| {
        term.counts[step] >= at_least && term.counts[..step].iter().all(|count| *count == 0)
    };
    ranked(table, step, 0..step, prior_captions, limit, new)
}

fn ranked(
    table: &TermTable,
    step: usize,
    others: impl Iterator<Item = usize> + Clone + Sync,
    prior_captions: f64,
    limit: usize,
    chosen: impl Fn(&Term) -> bool + Sync,
) -> Result<Vec<Ranked>, LogOddsError> {
    let steps = table.captions.len();
    if step >= steps {
        return Err(LogOddsError::NoSuchStep { step, steps });
    }
    if !(prior_captions > 0.0 && prior_captions.is_finite()) {
        return Err(LogOddsError::Prior {
            prior: prior_captions,
        });
    }
    let own = table.captions[step];
    let rest: u64 = others.clone().map(|other| table.captions[other]).sum();
    if own == 0 || rest == 0 {
        return Err(LogOddsError::NoCaptions {
            step,
            own,
            others: rest,
        });
    }
    check(table)?;
    let compare = |term: &Term| {
        let most = |other: usize| {
            term.counts[other]
                .saturating_add(term.missed[other])
                .min(table.captions[other])
        };
        let with: u64 = others.clone().map(most).sum();
        log_odds((term.counts[step], own), (with, rest), prior_captions)
    };
    let scored = table
        .terms
        .par_iter()
        .enumerate()
        .filter(|(_, term)| chosen(term))
        .filter_map(|(at, term)| Some((at, compare(term)?)))
        .filter(|(_, odds)| odds.z > 0.0)
        .map(|(at, odds)| (at, odds.z, odds.delta))
        .collect();
    Ok(best(table, scored, limit))
}

/// The `limit` terms of the largest z, given (index, z, log-odds); equal ones by their text.
pub(super) fn best(
    table: &TermTable,
    mut scored: Vec<(usize, f64, f64)>,
    limit: usize,
) -> Vec<Ranked> {
    scored.par_sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.truncate(limit);
    let ranked = |(at, z, log_odds): (usize, f64, f64)| {
        let term = &table.terms[at];
        Ranked {
            term: term.text.clone(),
            z,
            log_odds,
            counts: term.counts.clone(),
            shares: table.shares(term),
        }
    };
    scored.into_iter().map(ranked).collect()
}

/// Every term has a count for every step, and no more than there are captions.
pub(super) fn check(table: &TermTable) -> Result<(), LogOddsError> {
    let steps = table.captions.len();
    let wrong = |term: &&Term| {
        term.counts.len() != steps
            || term.missed.len() != steps
            || term
                .counts
                .iter()
                .zip(&table.captions)
                .any(|(count, all)| count > all)
    };
    match table.terms.iter().find(wrong) {
        Some(term) => Err(LogOddsError::Counts {
            term: term.text.clone(),
            counts: term.counts.clone(),
            captions: table.captions.clone(),
        }),
        None => Ok(()),
    }
}
