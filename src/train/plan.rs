//! The plan of a step: all that decides what its training does.

use std::path::Path;

use super::schedule::Rates;
use crate::artefact::sha256_of;

/// Checksums over what decides a step's weights, one each of recipe, data, start and course, so that a difference can
/// be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(String);

/// Characters of each checksum.
const LENGTH: usize = 16;
/// What the checksums are over.
const PARTS: [&str; 4] = ["recipe", "data", "start", "strategy or budget"];

impl Fingerprint {
    /// Of a recipe, of training data, of where a step starts, and of what it does.
    pub(super) fn new(recipe: &str, data: &str, start: &str, course: &str) -> Self {
        let short = |text: &str| sha256_of(text)[..LENGTH].to_owned();
        Self([recipe, data, start, course].map(short).join("-"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is not the same in a fingerprint that was kept: "recipe and data".
    pub(super) fn differs_in(&self, kept: &str) -> String {
        let pairs = self.0.split('-').zip(kept.split('-')).zip(PARTS);
        let differing: Vec<&str> = pairs
            .filter(|((now, then), _)| now != then)
            .map(|(_, part)| part)
            .collect();
        match differing.as_slice() {
            [] => "form of its record".to_owned(),
            parts => parts.join(" and "),
        }
    }
}

/// All that decides what a step's training does.
pub(super) struct StepPlan<'a> {
    /// Name of the time step.
    pub(super) name: &'a str,
    /// Names of the steps before it.
    pub(super) earlier: &'a [&'a str],
    /// Position in time, from 0.
    pub(super) index: usize,
    /// Whether it goes on from the step before.
    pub(super) continues: bool,
    /// Share of each step's pairs, up to this one.
    pub(super) shares: Vec<f64>,
    pub(super) rates: Rates,
    /// Decay of a running average of the weights.
    pub(super) average: Option<f64>,
    /// Evenly spaced checkpoints that are compared.
    pub(super) candidates: u64,
    pub(super) fingerprint: Fingerprint,
    /// Folder for the state while the step is unfinished.
    pub(super) scratch: &'a Path,
    /// The strategy's `metrics.jsonl`.
    pub(super) metrics: &'a Path,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named() {
        let kept = Fingerprint::new("r", "d", "s", "c");
        let differs = |recipe, data, start, course| {
            Fingerprint::new(recipe, data, start, course).differs_in(kept.as_str())
        };
        assert_eq!(differs("R", "d", "s", "c"), "recipe");
        assert_eq!(differs("r", "D", "S", "c"), "data and start");
        assert_eq!(differs("r", "d", "s", "C"), "strategy or budget");
        assert_eq!(kept, Fingerprint::new("r", "d", "s", "c"));
    }
}
