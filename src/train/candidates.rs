//! Candidates: checkpoints of a step that are compared on its held-out pairs; the next step goes on from the best.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::TrainError;
use crate::artefact::write_json;
use crate::model::checkpoint::{read_named, write_tensors};
use crate::model::{Clip, parameters, with_parameters};

/// The list of them, in a step's state.
pub(super) const LIST: &str = "candidates.json";
const BEST: &str = "candidate.safetensors";

/// One that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Candidate {
    /// Updates before it.
    pub(super) update: u64,
    /// Mean recall@1 on the step's held-out pairs.
    pub(super) recall: f64,
}

/// Those looked at so far; the weights of the best are kept in the folder.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Candidates {
    pub(super) seen: Vec<Candidate>,
}

impl Candidates {
    /// Those that were kept in `folder` up to `update`: a run that was killed may have looked further.
    pub(super) fn resume(folder: &Path, update: u64) -> Self {
        let text = std::fs::read_to_string(folder.join(LIST)).unwrap_or_default();
        let mut seen: Vec<Candidate> = serde_json::from_str(&text).unwrap_or_default();
        seen.retain(|candidate| candidate.update <= update);
        Self { seen }
    }

    /// Whether a checkpoint is to be looked at after `update` of `updates`, when `count` are.
    pub(super) fn due(update: u64, updates: u64, count: u64) -> bool {
        (1..count).any(|at| update == at * updates / count && update > 0 && update < updates)
    }

    /// Of equals the later is the better: it has seen more.
    fn is_best(&self, recall: f64) -> bool {
        self.seen.iter().all(|other| other.recall <= recall)
    }

    /// Takes a checkpoint in, and keeps its weights if it is the best so far. They are in place before the list says
    /// so: whatever a kill leaves, going on comes to the same.
    pub(super) fn add(
        &mut self,
        candidate: Candidate,
        model: &Clip,
        folder: &Path,
    ) -> Result<(), TrainError> {
        if self.is_best(candidate.recall) {
            let partial = folder.join("candidate.partial");
            write_tensors(&parameters(model), &partial)?;
            let path = folder.join(BEST);
            std::fs::rename(&partial, &path).map_err(TrainError::io(&path))?;
        }
        self.seen.push(candidate);
        Ok(write_json(&folder.join(LIST), &self.seen)?)
    }

    /// The best one's weights, unless that is the last checkpoint, which has this recall.
    pub(super) fn better_than(
        &self,
        last: f64,
        like: &Clip,
        folder: &Path,
    ) -> Result<Option<Clip>, TrainError> {
        if self.is_best(last) {
            return Ok(None);
        }
        let named = read_named(&folder.join(BEST))?;
        Ok(Some(with_parameters(like.clone(), named)))
    }

    /// Writes the list beside the finished step.
    pub(super) fn write(&self, folder: &Path) -> Result<(), TrainError> {
        Ok(write_json(&folder.join("state").join(LIST), &self.seen)?)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::train::Recipe;

    fn model(seed: u64) -> Clip {
        let mut config = Recipe::find("debug").expect("it ships").model;
        config.text_cfg.vocab_size = 64;
        Clip::new(&config, seed, &Device::flex())
    }

    fn candidate(update: u64, recall: f64) -> Candidate {
        Candidate { update, recall }
    }

    #[test]
    fn checkpoints_are_evenly_spaced_and_the_last_is_no_special_one() {
        let due: Vec<u64> = (1..=100)
            .filter(|update| Candidates::due(*update, 100, 4))
            .collect();
        assert_eq!(due, [25, 50, 75]);
        assert!((1..=100).all(|update| !Candidates::due(update, 100, 1)));
        let due: Vec<u64> = (1..=2)
            .filter(|update| Candidates::due(*update, 2, 4))
            .collect();
        assert_eq!(due, [1]);
    }

    #[test]
    fn the_best_is_kept_and_of_equals_the_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let mut candidates = Candidates::default();
        for (update, recall) in [(1, 0.2), (2, 0.5), (3, 0.5), (4, 0.1)] {
            candidates
                .add(candidate(update, recall), &model(update), folder)
                .expect("a disk");
        }
        let best = candidates
            .better_than(0.4, &model(9), folder)
            .expect("readable");
        assert_eq!(parameters(&best.expect("the third")), parameters(&model(3)));
        let last = candidates
            .better_than(0.5, &model(9), folder)
            .expect("readable");
        assert!(last.is_none(), "the last is as good, and has seen more");
    }

    #[test]
    fn what_a_killed_run_saw_later_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        let mut candidates = Candidates::default();
        for (update, recall) in [(10, 0.2), (20, 0.9)] {
            candidates
                .add(candidate(update, recall), &model(update), folder)
                .expect("a disk");
        }
        let resumed = Candidates::resume(folder, 15);
        assert_eq!(resumed.seen, [candidate(10, 0.2)]);
        assert_eq!(Candidates::resume(folder, 20), candidates);
    }
}
